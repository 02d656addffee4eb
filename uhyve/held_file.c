/* Finds what a handle of a guest stands for. */
#include "held_file.h"

#include <errno.h>

int held_file_take(struct vm *vm, int64_t handle, enum held_file_use use, struct held_file *taken)
{
  *taken = (struct held_file){.fd = -1};
  if (handle >= 0 && handle < FILES_FIRST)
  {
    taken->fd = vm->streams.fds[handle];
    if (taken->fd < 0)
      return -EBADF;
    return use == HELD_FILE_LOOK || S_ISREG(vm->streams.modes[handle]) ? 0 : -ESPIPE;
  }
  taken->file = files_take(&vm->files, handle);
  if (taken->file == NULL)
    return -EBADF;
  taken->fd = taken->file->fd;
  taken->read_only = taken->file->read_only;
  return 0;
}

void held_file_give_back(struct vm *vm, struct held_file *taken)
{
  if (taken->file != NULL)
    files_give_back(&vm->files, taken->file);
}

/* What a handle of a guest stands for: one of its open files, or a standard stream. */
#ifndef UHYVE_HELD_FILE_H
#define UHYVE_HELD_FILE_H

#include "vm.h"

enum held_file_use
{
  HELD_FILE_LOOK, /* any standard stream will do */
  HELD_FILE_DATA, /* a standard stream must be a regular file, else -ESPIPE */
};

struct held_file
{
  int fd;
  bool read_only;
  struct file *file; /* null: a standard stream */
};

/* Returns 0 or a negative errno: -EBADF for a handle that is not open. */
int held_file_take(struct vm *vm, int64_t handle, enum held_file_use use, struct held_file *taken);
void held_file_give_back(struct vm *vm, struct held_file *taken);

#endif

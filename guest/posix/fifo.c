/* Named pipes are made. */
#include <errno.h>

#include "fs/pipe.h"
#include "fs/walk.h"
#include "fs/working_folder.h"
#include "posix/held.h"
#include "posix/path_call.h"
#include "posix/sys.h"

static int mkfifo_once(struct walk *walk, mode_t mode)
{
  struct stat status;
  int error = walk->mount->file_system->stat(walk, &status);
  if (error != -ENOENT)
    return error == 0 ? -EEXIST : error;
  if (walk->last != WALK_LAST_NAME || walk->wants_folder)
    return -ENOENT;
  if (!walk->mount->is_read_only && walk->mount->file_system->mkfifo == NULL)
    return -EPERM;
  return PATH_CREATE(walk, mkfifo, mode, fifo_open);
}

static int mkfifo_held(int folder, const char *path, mode_t mode)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, 0);
  if (error == 0)
    WALK(&walk, error, mkfifo_once(&walk, mode & 07777 & ~file_mask()));
  return error;
}

int sys_mkfifoat(int folder, const char *path, mode_t mode)
{
  int result = 0;
  HELD(result, mkfifo_held(folder, path, mode));
  return result;
}

/* The working folder, absolute paths, the mask of modes. */
#include "fs/working_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs/mounts.h"
#include "fs/program_memory.h"
#include "fs/walk.h"
#include "posix/held.h"
#include "posix/sys.h"

/* To a folder that may be searched, without links. */
static int resolve_folder(struct walk *walk)
{
  struct stat status;
  int error = walk_resolve(walk);
  if (error != 0)
    return error;
  const struct file_system *file_system = walk->mount->file_system;
  error = file_system->stat(walk, &status);
  if (error == 0 && !S_ISDIR(status.st_mode))
    error = -ENOTDIR;
  if (error == 0 && file_system->access != NULL)
    error = file_system->access(walk, X_OK);
  return error;
}

static int chdir_held(int folder, const char *path, unsigned int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, WALK_FOLLOW | flags);
  if (error == 0)
    error = resolve_folder(&walk);
  if (error == 0)
    working_folder_set(walk.path);
  return error;
}

int sys_chdir(const char *path)
{
  int result = 0;
  HELD(result, chdir_held(AT_FDCWD, path, 0));
  return result;
}

int sys_fchdir(int fd)
{
  int result = 0;
  HELD(result, chdir_held(fd == AT_FDCWD ? -1 : fd, "", WALK_MAY_EMPTY));
  return result;
}

static long getcwd_held(char *buffer, size_t len_bytes)
{
  struct walk walk;
  struct stat status;
  int error = walk_begin(&walk, AT_FDCWD, "", WALK_FOLLOW | WALK_MAY_EMPTY);
  if (error == 0)
    WALK(&walk, error, walk.mount->file_system->stat(&walk, &status));
  if (error != 0)
    return error == -ENOTDIR ? -ENOENT : error;
  size_t size = strlen(walk.path) + 1;
  if (size > len_bytes)
    return -ERANGE;
  error = program_put(buffer, walk.path, size);
  return error != 0 ? error : (long) size;
}

long sys_getcwd(char *buffer, size_t len_bytes)
{
  long result = 0;
  HELD(result, getcwd_held(buffer, len_bytes));
  return result;
}

static int realpath_held(const char *path, char *buffer)
{
  struct walk walk;
  struct stat status;
  int error = walk_begin(&walk, AT_FDCWD, path, WALK_FOLLOW);
  if (error == 0)
    error = walk_resolve(&walk);
  if (error == 0)
    error = walk.mount->file_system->stat(&walk, &status);
  return error != 0 ? error : program_put(buffer, walk.path, strlen(walk.path) + 1);
}

int sys_realpath(const char *path, char *buffer)
{
  int result = 0;
  HELD(result, realpath_held(path, buffer));
  return result;
}

mode_t sys_umask(mode_t mask)
{
  return file_mask_set(mask);
}

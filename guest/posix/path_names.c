/* Names of files: made, taken away, changed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/mounts.h"
#include "fs/program_memory.h"
#include "fs/walk.h"
#include "fs/working_folder.h"
#include "posix/held.h"
#include "posix/path_call.h"
#include "posix/sys.h"

int path_no_change(struct walk *walk, bool creates)
{
  struct stat status;
  int error = walk->mount->file_system->stat(walk, &status);
  if (error == 0)
    return creates ? -EEXIST : -EROFS;
  return error == -ENOENT && creates ? -EROFS : error;
}

/* A name that ends in '.' or '..' is none to make, take away or change: `error`, if there is such a
 * folder. 0: it does not. */
static int check_dots(struct walk *walk, int error)
{
  struct stat status;
  if (walk->last == WALK_LAST_NAME)
    return 0;
  int missing = walk->mount->file_system->stat(walk, &status);
  if (missing != 0)
    return missing;
  return S_ISDIR(status.st_mode) ? error : -ENOTDIR;
}

/* ---- mkdir, symlink ---- */

/* Whether the name can be one that is not there yet. */
static int check_new(struct walk *walk)
{
  int error = check_dots(walk, -EEXIST);
  return error == 0 && *walk->name == '\0' ? -EEXIST : error;
}

static int mkdir_once(struct walk *walk, mode_t mode)
{
  int error = check_new(walk);
  return error != 0 ? error : PATH_CREATE(walk, mkdir, mode);
}

static int mkdir_held(int folder, const char *path, mode_t mode)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, 0);
  if (error == 0)
    WALK(&walk, error, mkdir_once(&walk, mode & 07777 & ~file_mask()));
  return error;
}

int sys_mkdirat(int folder, const char *path, mode_t mode)
{
  int result = 0;
  HELD(result, mkdir_held(folder, path, mode));
  return result;
}

static int symlink_once(struct walk *walk, const char *target)
{
  int error = check_new(walk);
  return error != 0 ? error : PATH_CREATE(walk, symlink, target);
}

static int symlink_held(const char *target, int folder, const char *path)
{
  struct walk walk;
  char copy[FS_PATH_BYTES];
  long len = program_string(copy, sizeof(copy), target);
  if (len <= 0)
    return len == 0 ? -ENOENT : (int) len;
  int error = walk_begin(&walk, folder, path, 0);
  if (error == 0)
    WALK(&walk, error, symlink_once(&walk, copy));
  return error;
}

int sys_symlinkat(const char *target, int folder, const char *path)
{
  int result = 0;
  HELD(result, symlink_held(target, folder, path));
  return result;
}

static long readlink_held(int folder, const char *path, char *buffer, size_t len_bytes)
{
  struct walk walk;
  long result = walk_begin(&walk, folder, path, WALK_LOOK);
  size_t accessible =
      program_memory(buffer, len_bytes < FS_PATH_BYTES ? len_bytes : FS_PATH_BYTES, ADDRESS_WRITE);
  if (result != 0)
    return result;
  do
  {
    result = walk_settle(&walk);
    if (result != 0)
      break;
    const struct file_system *file_system = walk.mount->file_system;
    struct stat status;
    if (file_system->readlink == NULL || *walk.name == '\0' || walk.wants_folder)
    {
      result = file_system->stat(&walk, &status);
      result = result == 0 ? -EINVAL : result;
    }
    else
      result = accessible > 0 ? file_system->readlink(&walk, buffer, accessible) : -EFAULT;
  } while (result == WALK_AGAIN);
  return result;
}

ssize_t sys_readlinkat(int folder, const char *path, char *buffer, size_t len_bytes)
{
  long result = 0;
  if (len_bytes == 0 || len_bytes > INT32_MAX)
    return -EINVAL;
  HELD(result, readlink_held(folder, path, buffer, len_bytes));
  return result;
}

/* ---- unlink, rmdir ---- */

static int rmdir_once(struct walk *walk)
{
  int error = check_dots(walk, walk->last == WALK_LAST_DOT ? -EINVAL : -ENOTEMPTY);
  if (error != 0)
    return walk->path[1] == '\0' ? -EBUSY : error;
  if (*walk->name == '\0')
    return -EBUSY;
  return PATH_CHANGE(walk, rmdir);
}

static int unlink_once(struct walk *walk)
{
  struct stat status;
  int error = check_dots(walk, -EISDIR);
  if (error != 0)
    return error;
  if (*walk->name != '\0')
    return PATH_CHANGE(walk, unlink);
  error = walk->mount->file_system->stat(walk, &status);
  return error != 0 ? error : S_ISDIR(status.st_mode) ? -EISDIR : -EBUSY;
}

static int unlink_held(int folder, const char *path, int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, 0);
  if (error == 0)
    WALK(&walk, error, (flags & AT_REMOVEDIR) != 0 ? rmdir_once(&walk) : unlink_once(&walk));
  if (error == 0 && (flags & AT_REMOVEDIR) != 0)
    folder_paths_removed(walk.path);
  return error;
}

int sys_unlinkat(int folder, const char *path, int flags)
{
  int result = 0;
  if ((flags & ~AT_REMOVEDIR) != 0)
    return -EINVAL;
  HELD(result, unlink_held(folder, path, flags));
  return result;
}

int sys_unlink(const char *path)
{
  return sys_unlinkat(AT_FDCWD, path, 0);
}

/* ---- rename, link ---- */

#define NO_REPLACE 1u
#define EXCHANGE   2u

static int settle_both(struct walk *from, struct walk *to)
{
  int error = walk_settle(from);
  if (error == 0)
    error = walk_settle(to);
  if (error == 0 && from->mount != to->mount)
    error = -EXDEV;
  return error;
}

/* Whether the folder that a name would be in is there. Uses the walk up. */
static int check_folder_of(struct walk *walk)
{
  struct stat status;
  char *end = strrchr(walk->path, '/');
  int error;
  if (end == NULL || end == walk->path)
    return 0;
  *end = '\0';
  walk->plain_bytes = 0;
  walk->last = WALK_LAST_NAME;
  walk->wants_folder = false;
  walk->follows = true;
  WALK(walk, error, walk->mount->file_system->stat(walk, &status));
  return error == 0 && !S_ISDIR(status.st_mode) ? -ENOTDIR : error;
}

static int rename_once(struct walk *from, struct walk *to, unsigned int flags)
{
  int error = settle_both(from, to);
  if (error == -EXDEV)
  {
    /* A folder that is not there is told first. */
    int missing = check_folder_of(from);
    if (missing == 0)
      missing = check_folder_of(to);
    return missing != 0 ? missing : error;
  }
  if (error == 0)
    error = check_dots(from, -EBUSY);
  if (error == 0)
    error = check_dots(to, -EBUSY);
  if (error != 0)
    return error;
  if (mounts_below(from->path) || mounts_below(to->path))
    return -EBUSY;
  return PATH_CHANGE(from, rename, to, flags);
}

static int rename_held(int from_folder, const char *from, int to_folder, const char *to,
                       unsigned int flags)
{
  struct walk source;
  struct walk target;
  int error = walk_begin(&source, from_folder, from, 0);
  if (error == 0)
    error = walk_begin(&target, to_folder, to, 0);
  if (error != 0)
    return error;
  do
    error = rename_once(&source, &target, flags);
  while (error == WALK_AGAIN);
  if (error == 0)
    folder_paths_renamed(source.path, target.path, (flags & EXCHANGE) != 0);
  return error;
}

int sys_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                  unsigned int flags)
{
  int result = 0;
  if ((flags & ~(NO_REPLACE | EXCHANGE)) != 0 || flags == (NO_REPLACE | EXCHANGE))
    return -EINVAL;
  HELD(result, rename_held(from_folder, from, to_folder, to, flags));
  return result;
}

static int link_once(struct walk *from, struct walk *to)
{
  int error = settle_both(from, to);
  struct stat status;
  if (error == -EXDEV)
  {
    /* What is not there is told first. */
    int missing = from->mount->file_system->stat(from, &status);
    return missing != 0 ? missing : error;
  }
  if (error == 0)
    error = check_new(to);
  if (error != 0)
    return error;
  return PATH_MAY_CHANGE(to, link) ? to->mount->file_system->link(from, to)
                                   : path_no_change(to, true);
}

static int link_held(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  struct walk source;
  struct walk target;
  unsigned int follow = (flags & AT_SYMLINK_FOLLOW) != 0 ? WALK_FOLLOW : 0;
  int error = walk_begin(&source, from_folder, from, follow);
  if (error == 0)
    error = walk_begin(&target, to_folder, to, 0);
  if (error != 0)
    return error;
  do
    error = link_once(&source, &target);
  while (error == WALK_AGAIN);
  return error;
}

int sys_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  int result = 0;
  if ((flags & ~AT_SYMLINK_FOLLOW) != 0)
    return -EINVAL;
  HELD(result, link_held(from_folder, from, to_folder, to, flags));
  return result;
}

/* What files are, by name: stat, access, chmod and their like. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/program_memory.h"
#include "fs/walk.h"
#include "posix/held.h"
#include "posix/path_call.h"
#include "posix/sys.h"
#include "start_info.h"

static unsigned int follow_unless(int flags)
{
  return WALK_LOOK | ((flags & AT_SYMLINK_NOFOLLOW) == 0 ? WALK_FOLLOW : 0) |
         ((flags & AT_EMPTY_PATH) != 0 ? WALK_MAY_EMPTY : 0);
}

static bool is_empty(const char *path, int flags)
{
  return (flags & AT_EMPTY_PATH) != 0 && program_may(path, 1, ADDRESS_READ) && path[0] == '\0';
}

static int stat_held(int folder, const char *path, struct stat *status, int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, follow_unless(flags));
  if (error == 0)
    WALK(&walk, error, walk.mount->file_system->stat(&walk, status));
  return error;
}

int sys_fstatat(int folder, const char *path, struct stat *status, int flags)
{
  int result = 0;
  struct stat found;
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) != 0)
    return -EINVAL;
  if (folder != AT_FDCWD && is_empty(path, flags))
    return sys_fstat(folder, status);
  HELD(result, stat_held(folder, path, &found, flags));
  return result == 0 ? program_put(status, &found, sizeof(found)) : result;
}

int sys_stat(const char *path, struct stat *status)
{
  return sys_fstatat(AT_FDCWD, path, status, 0);
}

/* By the bits, where the file system does not say. */
static int access_by_stat(struct walk *walk, int mode)
{
  struct stat status;
  int error = walk->mount->file_system->stat(walk, &status);
  if (error != 0 || mode == F_OK)
    return error;
  mode_t bits = status.st_mode;
  if (start_info->user == 0)
    return (mode & X_OK) == 0 || S_ISDIR(bits) || (bits & 0111) != 0 ? 0 : -EACCES;
  if (status.st_uid == start_info->user)
    bits >>= 6;
  else if (status.st_gid == start_info->group)
    bits >>= 3;
  return ((int) bits & mode) == mode ? 0 : -EACCES;
}

static int access_once(struct walk *walk, int mode)
{
  const struct file_system *file_system = walk->mount->file_system;
  int error = file_system->access != NULL && mode != F_OK ? file_system->access(walk, mode)
                                                          : access_by_stat(walk, mode);
  if (error == 0 && (mode & W_OK) != 0 && walk->mount->is_read_only)
    return -EROFS;
  return error;
}

static int access_held(int folder, const char *path, int mode, int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, follow_unless(flags));
  if (error == 0)
    WALK(&walk, error, access_once(&walk, mode));
  return error;
}

int sys_faccessat(int folder, const char *path, int mode, int flags)
{
  int result = 0;
  if ((mode & ~(R_OK | W_OK | X_OK)) != 0 ||
      (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
    return -EINVAL;
  HELD(result, access_held(folder, path, mode, flags));
  return result;
}

static int chmod_held(int folder, const char *path, mode_t mode, int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, follow_unless(flags));
  if (error == 0)
    WALK(&walk, error, PATH_CHANGE(&walk, set_mode, mode));
  return error;
}

int sys_fchmodat(int folder, const char *path, mode_t mode, int flags)
{
  int result = 0;
  if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0)
    return -EINVAL;
  HELD(result, chmod_held(folder, path, mode & 07777, flags));
  return result;
}

static int chown_held(int folder, const char *path, uid_t user, gid_t group, int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, follow_unless(flags));
  if (error == 0)
    WALK(&walk, error, PATH_CHANGE(&walk, set_owner, user, group));
  return error;
}

int sys_fchownat(int folder, const char *path, uid_t user, gid_t group, int flags)
{
  int result = 0;
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
    return -EINVAL;
  if (folder != AT_FDCWD && is_empty(path, flags))
    return sys_fchown(folder, user, group);
  HELD(result, chown_held(folder, path, user, group, flags));
  return result;
}

static int utimens_held(int folder, const char *path, const struct timespec times[2], int flags)
{
  struct walk walk;
  int error = walk_begin(&walk, folder, path, follow_unless(flags));
  if (error == 0)
    WALK(&walk, error, PATH_CHANGE(&walk, set_times, times));
  return error;
}

static bool is_time(const struct timespec *time)
{
  return (time->tv_nsec >= 0 && time->tv_nsec < 1000000000) || time->tv_nsec == UTIME_NOW ||
         time->tv_nsec == UTIME_OMIT;
}

/* Without a path: of the open file. */
int sys_utimensat(int folder, const char *path, const struct timespec times[2], int flags)
{
  int result = 0;
  struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
    return -EINVAL;
  if (times != NULL && !program_may(times, sizeof(now), ADDRESS_READ))
    return -EFAULT;
  if (times == NULL)
    times = now;
  if (!is_time(&times[0]) || !is_time(&times[1]))
    return -EINVAL;
  if (path == NULL && folder == AT_FDCWD)
    return -EFAULT;
  if (path == NULL || (folder != AT_FDCWD && is_empty(path, flags)))
    HELD_FILE(result, folder, file_set_times(file, times));
  else
    HELD(result, utimens_held(folder, path, times, flags));
  return result;
}

static int truncate_held(const char *path, off_t len_bytes)
{
  struct walk walk;
  int error = walk_begin(&walk, AT_FDCWD, path, WALK_FOLLOW | WALK_LOOK);
  if (error == 0)
    WALK(&walk, error, PATH_CHANGE(&walk, truncate, len_bytes));
  return error;
}

int sys_truncate(const char *path, off_t len_bytes)
{
  int result = 0;
  if (len_bytes < 0)
    return -EINVAL;
  HELD(result, truncate_held(path, len_bytes));
  return result;
}

static int space_once(struct walk *walk, struct statvfs *space)
{
  if (walk->mount->file_system->space == NULL)
    return -ENOSYS;
  int error = walk->mount->file_system->space(walk, space);
  if (error == 0 && walk->mount->is_read_only)
    space->f_flag |= ST_RDONLY;
  return error;
}

static int statvfs_held(const char *path, struct statvfs *space)
{
  struct walk walk;
  int error = walk_begin(&walk, AT_FDCWD, path, WALK_FOLLOW | WALK_LOOK);
  if (error == 0)
    WALK(&walk, error, space_once(&walk, space));
  return error;
}

int sys_statvfs(const char *path, struct statvfs *space)
{
  int result = 0;
  struct statvfs found;
  memset(&found, 0, sizeof(found));
  HELD(result, statvfs_held(path, &found));
  return result == 0 ? program_put(space, &found, sizeof(found)) : result;
}

/* Opens files of a mapping: first with O_PATH, which touches nothing; what has turned out to be a
 * file or a folder is then opened through that descriptor, so that nothing can take its place. */
#include "file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file_status.h"
#include "hypercalls/hypercalls.h"
#include "path_resolve.h"

#define FLAGS_KNOWN                                                                        \
  (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_SYNC | O_DIRECTORY | O_NOFOLLOW | \
   O_NOATIME | O_DIRECT | O_TMPFILE)
#define FLAGS_ALWAYS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
#define MAX_LINKS    40

static bool changes(int flags)
{
  return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
}

static bool has_trailing_slash(const char *path)
{
  size_t len = strlen(path);
  return len > 0 && path[len - 1] == '/';
}

int file_find(const struct mapping *mapping, const char *path, int flags)
{
  if (mapping->folder)
    return path_open(mapping->fd, path, O_PATH | flags, 0);
  if (*path != '\0' || (flags & O_DIRECTORY) != 0)
    return -ENOTDIR;
  int fd = fcntl(mapping->fd, F_DUPFD_CLOEXEC, 0);
  return fd >= 0 ? fd : -errno;
}

static int check_kind(const struct mapping *mapping, mode_t mode, int flags)
{
  bool folder = S_ISDIR(mode);
  if (S_ISLNK(mode))
    return -ELOOP;
  if (!folder && !S_ISREG(mode))
    return -ENXIO;
  if (folder && ((flags & O_CREAT) != 0 || (flags & O_ACCMODE) != O_RDONLY))
    return -EISDIR;
  return mapping->read_only && changes(flags) ? -EROFS : 0;
}

/* Through /proc one could write to the monitor's own memory, where that is mapped. */
static bool is_of_proc(int fd)
{
  struct statfs system;
  return fstatfs(fd, &system) != 0 || system.f_type == PROC_SUPER_MAGIC;
}

/* Takes path_fd over. */
static int open_found(const struct mapping *mapping, int path_fd, int flags, struct stat *status)
{
  int fd = -1;
  int error = fstat(path_fd, status) == 0 ? check_kind(mapping, status->st_mode, flags) : -errno;
  if (error == 0 && changes(flags) && is_of_proc(path_fd))
    error = -EACCES;
  if (error == 0)
  {
    char text[PATH_OF_FD_BYTES];
    fd = open(path_of_fd(text, path_fd), (flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW)) | FLAGS_ALWAYS);
    if (fd < 0)
      error = -errno;
  }
  close(path_fd);
  return error != 0 ? error : fd;
}

/* Takes fd over, which may be an error. */
static int add_status(int fd, struct stat *status)
{
  if (fd < 0 || fstat(fd, status) == 0)
    return fd;
  int error = -errno;
  close(fd);
  return error;
}

static int open_path_only(const struct mapping *mapping, const char *path, int flags,
                          struct stat *status)
{
  return add_status(file_find(mapping, path, flags & (O_DIRECTORY | O_NOFOLLOW)), status);
}

/* Puts where the symbolic link at the end of a path leads in its place. If it is none any more the
 * path stays: whoever changed it gets to see that at the next try. */
static int follow_link(int root_fd, char path[static HC_MAX_PATH_BYTES + 1])
{
  struct path_place place;
  int error = path_find_place(root_fd, path, &place);
  if (error != 0)
    return error;
  char target[HC_MAX_PATH_BYTES + 1];
  ssize_t bytes = readlinkat(place.folder_fd, place.name, target, sizeof(target));
  size_t folder_bytes = (size_t) (place.name - path);
  path_leave_place(&place);
  if (bytes <= 0)
    return 0;
  if (target[0] == '/')
    folder_bytes = 0;
  if (folder_bytes + (size_t) bytes > HC_MAX_PATH_BYTES)
    return -ENAMETOOLONG;
  memcpy(path + folder_bytes, target, (size_t) bytes);
  path[folder_bytes + (size_t) bytes] = '\0';
  return 0;
}

/* Whether a file may be made there: 0 or a negative errno. */
static int check_create(const struct mapping *mapping, const char *path)
{
  struct path_place place;
  int error = path_find_place(mapping->fd, path, &place);
  if (error != 0)
    return error;
  path_leave_place(&place);
  return has_trailing_slash(path) ? -EISDIR : mapping->read_only ? -EROFS : 0;
}

static int open_or_create(const struct mapping *mapping, const char *name, int flags, mode_t mode,
                          struct stat *status)
{
  char path[HC_MAX_PATH_BYTES + 1];
  strcpy(path, name);
  for (int links = 0; links <= MAX_LINKS; links++)
  {
    /* With O_EXCL a symbolic link is there, wherever it leads. */
    int fd = file_find(mapping, path, (flags & (O_NOFOLLOW | O_EXCL)) != 0 ? O_NOFOLLOW : 0);
    if (fd >= 0 && (flags & O_EXCL) != 0)
    {
      close(fd);
      return -EEXIST;
    }
    if (fd >= 0)
      return open_found(mapping, fd, flags, status);
    if (fd != -ENOENT && !(fd == -ENOTDIR && has_trailing_slash(path)))
      return fd;
    int error = check_create(mapping, path);
    if (error != 0)
      return error;
    /* A new file is a regular one. */
    fd = path_open(mapping->fd, path, flags | O_EXCL | FLAGS_ALWAYS, mode);
    if (fd >= 0)
      return add_status(fd, status);
    if (fd != -EEXIST || (flags & O_EXCL) != 0)
      return fd;
    /* A symbolic link to nowhere, or somebody was quicker. */
    error = follow_link(mapping->fd, path);
    if (error != 0)
      return error;
  }
  return -ELOOP;
}

static int open_unnamed(const struct mapping *mapping, const char *path, int flags, mode_t mode,
                        struct stat *status)
{
  if (!mapping->folder)
    return -ENOTDIR;
  if (mapping->read_only)
    return -EROFS;
  return add_status(path_open(mapping->fd, path, flags | FLAGS_ALWAYS, mode), status);
}

int file_open(const struct mapping *mapping, const char *path, int flags, mode_t mode,
              struct stat *status)
{
  mode = FILE_MODE_OF_NEW(mode);
  if ((flags & O_PATH) != 0)
    return open_path_only(mapping, path, flags, status);
  flags &= FLAGS_KNOWN;
  if ((flags & O_TMPFILE) == O_TMPFILE)
    return open_unnamed(mapping, path, flags & ~O_CREAT, mode, status);
  if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0)
    return -EINVAL;
  int fd;
  if ((flags & O_CREAT) != 0)
    fd = open_or_create(mapping, path, flags, mode, status);
  else
  {
    fd = file_find(mapping, path, flags & (O_NOFOLLOW | O_DIRECTORY));
    if (fd >= 0)
      fd = open_found(mapping, fd, flags, status);
  }
  return (flags & O_TRUNC) != 0 ? add_status(fd, status) : fd;
}

/* A file without a name, and the process that gives it one.
 *
 * A half-written core file is never seen, and none where nothing has crashed: the file has no name
 * (O_TMPFILE) until it is complete. The process waits at a socket for the word to name it; when the
 * monitor has ended without that, however it did, the process ends too, and the file is gone. */
#include "core_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

/* As Linux's own: memory may hold what is not for everybody. */
#define CORE_MODE 0600

/* The only descriptors of the process. */
enum
{
  KEEPER_SOCKET,
  KEEPER_FILE,
  KEEPER_FOLDER,
  KEEPER_DESCRIPTORS
};

/* ---- The process ---- */

static int link_file(const char *name)
{
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", KEEPER_FILE);
  return linkat(AT_FDCWD, path, KEEPER_FOLDER, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

/* A link cannot take the place of a file: the new one gets another name first. */
static int replace_file(const char *name)
{
  char other[64];
  snprintf(other, sizeof(other), ".uhyve-core-%d", getpid());
  int error = link_file(other);
  if (error != 0)
    return error;
  if (renameat(KEEPER_FOLDER, other, KEEPER_FOLDER, name) == 0)
    return 0;
  error = -errno;
  unlinkat(KEEPER_FOLDER, other, 0);
  return error;
}

static _Noreturn void keep(int descriptors[KEEPER_DESCRIPTORS], const char *name)
{
  child_keep_only(0, descriptors, KEEPER_DESCRIPTORS);
  char word;
  if (read(KEEPER_SOCKET, &word, 1) == 1)
  {
    int32_t error = link_file(name);
    if (error == -EEXIST)
      error = replace_file(name);
    ssize_t sent = write(KEEPER_SOCKET, &error, sizeof(error));
    (void) sent;
  }
  _exit(EXIT_SUCCESS);
}

/* ---- The monitor ---- */

__attribute__((format(printf, 3, 4))) static int fail(char *message, int error, const char *format,
                                                      ...)
{
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, 256, format, arguments);
  va_end(arguments);
  return error;
}

static int fail_for(char *message, int error, const char *path)
{
  return fail(message, error, "cannot make the core file '%.150s': %s", path, strerror(-error));
}

/* Opens the folder that the path names a file of. Returns a descriptor or a negative errno. */
static int open_folder(const char *path, const char *name)
{
  char folder[PATH_MAX];
  size_t len_bytes = (size_t) (name - path);
  if (len_bytes >= sizeof(folder))
    return -ENAMETOOLONG;
  memcpy(folder, path, len_bytes);
  folder[len_bytes] = '\0';
  int fd = open(len_bytes == 0 ? "." : folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 ? fd : -errno;
}

/* What has the name now can be replaced by a file. */
static int check_name(int folder, const char *name)
{
  struct stat status;
  if (*name == '\0')
    return -EISDIR;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? 0 : -errno;
  if (S_ISDIR(status.st_mode))
    return -EISDIR;
  return S_ISREG(status.st_mode) || S_ISLNK(status.st_mode) ? 0 : -EEXIST;
}

static int start_keeper(struct core_file *core, int folder, const char *name)
{
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return -errno;
  pid_t child = child_fork();
  if (child == 0)
  {
    int descriptors[KEEPER_DESCRIPTORS] = {ends[1], core->fd, folder};
    keep(descriptors, name);
  }
  int error = child < 0 ? -errno : 0;
  close(ends[1]);
  if (error != 0)
    close(ends[0]);
  core->keeper = ends[0];
  core->keeper_pid = child;
  return error;
}

int core_file_open(struct core_file *core, const char *path, char message[static 256])
{
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  *core = (struct core_file){.path = path, .fd = -1};
  int folder = open_folder(path, name);
  if (folder < 0)
    return fail_for(message, folder, path);
  int error = check_name(folder, name);
  if (error == 0)
  {
    core->fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, CORE_MODE);
    error = core->fd >= 0 ? 0 : -errno;
    /* What kernels say that do not know the flag, or file systems. */
    if (error == -EOPNOTSUPP || error == -EISDIR)
    {
      close(folder);
      return fail(message, error,
                  "cannot make the core file '%.120s': its file system has no files without a "
                  "name (O_TMPFILE)",
                  path);
    }
  }
  if (error == 0)
    error = start_keeper(core, folder, name);
  close(folder);
  if (error == 0)
    return 0;
  if (core->fd >= 0)
    close(core->fd);
  return fail_for(message, error, path);
}

int core_file_keep(struct core_file *core)
{
  int32_t error;
  const char word = 1;
  if (write(core->keeper, &word, 1) != 1 ||
      read(core->keeper, &error, sizeof(error)) != sizeof(error))
    return -ESRCH;
  return error;
}

void core_file_close(struct core_file *core)
{
  if (core->path == NULL)
    return;
  close(core->fd);
  close(core->keeper);
  while (waitpid(core->keeper_pid, NULL, 0) < 0 && errno == EINTR)
    ;
  core->path = NULL;
}

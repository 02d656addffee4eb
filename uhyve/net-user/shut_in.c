/* Gives up what is not needed to carry frames: of files, all but the list of name servers, which
 * libslirp reads again when it changes; of privileges, all; of system calls, all but a list. */
#include "shut_in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net_user_filter.h"
#include "uhyve/sandbox/descriptors.h"
#include "uhyve/sandbox/landlock.h"
#include "uhyve/sandbox/load_filter.h"
#include "uhyve/sandbox/privileges.h"

#define NAME_SERVERS "/etc/resolv.conf"

/* libslirp has no bounds of its own: each connection takes a descriptor and 256 KiB. */
#define MOST_DESCRIPTORS 4096
#define MOST_MEMORY      (UINT64_C(3) << 29)

static void limit(__rlimit_resource_t resource, rlim_t most)
{
  struct rlimit now;
  if (getrlimit(resource, &now) == 0 && now.rlim_max < most)
    most = now.rlim_max;
  const struct rlimit then = {.rlim_cur = most, .rlim_max = most};
  setrlimit(resource, &then);
}

const char *shut_in_begin(int first_kept_fd, int second_kept_fd)
{
  int kept[] = {first_kept_fd, second_kept_fd};
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && nothing >= 0; fd++)
  {
    if (nothing != fd && dup2(nothing, fd) < 0)
      return "cannot let go of its standard streams";
  }
  /* Where there is no close_range() the monitor's own have gone at exec. */
  int error = descriptors_close_others(kept, 2);
  if (nothing < 0 || (error != 0 && error != -ENOSYS && error != -EPERM))
    return "cannot let go of what it has inherited";
  if (chdir("/") != 0)
    return "cannot leave its folder";
  limit(RLIMIT_NOFILE, MOST_DESCRIPTORS);
  limit(RLIMIT_DATA, MOST_MEMORY);
  limit(RLIMIT_CORE, 0);
  return NULL;
}

static bool is_lacking(int error)
{
  return error == -ENOSYS || error == -EINVAL || error == -ENOTSUP || error == -EPERM;
}

static int allow(const struct landlock *landlock, const char *path, bool folder)
{
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0)
    return 0; /* what is not there is not read */
  int error = landlock_allow(landlock, fd, folder, true);
  close(fd);
  return error;
}

/* The file is a link to that of a service often, which puts a new one in its place at times: in a
 * folder of the service's own, which is allowed then. One in /etc is followed as it is now. */
static int allow_name_servers(const struct landlock *landlock)
{
  char path[PATH_MAX];
  if (realpath(NAME_SERVERS, path) == NULL)
    return 0;
  int error = allow(landlock, path, false);
  char *slash = strrchr(path, '/');
  *slash = '\0';
  if (error == 0 && strncmp(path, "/run/", 5) == 0)
    error = allow(landlock, path, true);
  return error;
}

static int restrict_files(void)
{
  struct landlock landlock;
  int error = landlock_begin_without_network(&landlock);
  if (error == 0)
    error = allow_name_servers(&landlock);
  if (error == 0)
    error = landlock_enforce(&landlock);
  landlock_end(&landlock);
  return error;
}

static int drop_privileges(void)
{
  int error = privileges_forbid_new();
  return error == 0 ? privileges_drop(false, false) : error;
}

static int restrict_calls(void)
{
  return load_filter(&net_user_filter);
}

const char *shut_in_finish(enum isolation isolation)
{
  static const struct
  {
    int (*enter)(void);
    const char *lacks;
  } barriers[] = {
      {drop_privileges, "cannot give up its privileges"},
      {restrict_files, "has no Landlock (Linux 5.19, switched on at boot) on this host"},
      {restrict_calls, "has no seccomp filters on this host"},
  };
  if (isolation == ISOLATION_NONE)
    return NULL;
  for (size_t i = 0; i < sizeof(barriers) / sizeof(barriers[0]); i++)
  {
    int error = barriers[i].enter();
    if (error != 0 && (!is_lacking(error) || isolation == ISOLATION_STRICT))
      return barriers[i].lacks;
  }
  return NULL;
}

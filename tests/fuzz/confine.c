/* A mount namespace in which all is read-only but one folder. */
#define _GNU_SOURCE 1
#include "tests/fuzz/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "tests/fuzz/fuzz.h"

#define STATUS_NOT_CONFINED 3 /* as tests/fuzz/CMakeLists.txt has it */

static _Noreturn void give_up(const char *what)
{
  dprintf(2, "this fuzzer acts on files, and cannot be confined: %s: %s\n", what, strerror(errno));
  _exit(STATUS_NOT_CONFINED);
}

static void write_text(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0)
    give_up(path);
  close(fd);
}

/* Who is not root is, in a user namespace. */
static void enter_namespace(void)
{
  char map[64];
  uid_t user = getuid();
  gid_t group = getgid();
  if (unshare(CLONE_NEWNS) == 0)
    return;
  if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
    give_up("unshare");
  write_text("/proc/self/setgroups", "deny");
  snprintf(map, sizeof(map), "%u %u 1", user, user);
  write_text("/proc/self/uid_map", map);
  snprintf(map, sizeof(map), "%u %u 1", group, group);
  write_text("/proc/self/gid_map", map);
}

static void check_read_only(const char *path)
{
  struct statvfs space;
  CHECK(statvfs(path, &space) == 0);
  CHECK((space.f_flag & ST_RDONLY) != 0 && (space.f_flag & ST_NODEV) != 0);
}

const char *confine(void)
{
  static char folder[PATH_MAX];
  const char *scratch = getenv("FUZZ_SCRATCH");
  errno = ENOENT;
  if (scratch == NULL || realpath(scratch, folder) == NULL)
    give_up("FUZZ_SCRATCH has to name a folder that it may use");
  enter_namespace();
  struct mount_attr closed = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID};
  struct mount_attr open_again = {.attr_clr = MOUNT_ATTR_RDONLY};
  struct mount_attr device = {.attr_clr = MOUNT_ATTR_NODEV};
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount(folder, folder, NULL, MS_BIND, NULL) != 0 ||
      mount("/dev/null", "/dev/null", NULL, MS_BIND, NULL) != 0)
    give_up("mount");
  if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &closed, sizeof(closed)) != 0 ||
      mount_setattr(AT_FDCWD, folder, 0, &open_again, sizeof(open_again)) != 0 ||
      mount_setattr(AT_FDCWD, "/dev/null", 0, &device, sizeof(device)) != 0)
    give_up("mount_setattr");
  check_read_only("/");
  check_read_only("/dev");
  check_read_only("/proc");
  return folder;
}

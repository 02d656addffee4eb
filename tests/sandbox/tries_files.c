/* Tries to get at files beside those of mappings. The monitor's own checks are gone round: what is
 * left is the kernel's. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "tries.h"

#define TEXT(string) ((long) (string))
#define HERE         AT_FDCWD

static int result_of(int result)
{
  return result < 0 ? errno : WORKS;
}

/* By way of the list of this process's descriptors, which the monitor uses itself. */
static int open_by_descriptor_list(void)
{
  int folder = open("outside", O_PATH | O_DIRECTORY | O_CLOEXEC);
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d/file", folder);
  return folder < 0 ? errno : result_of(open(path, O_RDONLY | O_CLOEXEC));
}

static int open_by_descriptor(void)
{
  int found = open("outside/file", O_PATH | O_CLOEXEC);
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
  return found < 0 ? errno : result_of(open(path, O_RDONLY | O_CLOEXEC));
}

static int list_inside(void)
{
  char entries[4096];
  int folder = open("inside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return folder < 0 ? errno : result_of((int) syscall(SYS_getdents64, folder, entries, 4096));
}

static int write_inside(void)
{
  int fd = open("inside/file", O_WRONLY | O_TRUNC | O_CLOEXEC);
  return fd < 0 ? errno : result_of((int) write(fd, "more", 4));
}

static int bind_inside(void)
{
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "inside/socket"};
  return result_of(bind(fd, (const struct sockaddr *) &to, sizeof(to)));
}

/* Nothing there is opened, to read, write or list it. */
#define OUTSIDE_IS_SHUT                                                                          \
  {"outside", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_RDONLY}},                       \
      {"the system's", EACCES, SYS_openat, {HERE, TEXT("/etc/passwd"), O_RDONLY}},               \
      {"up from the mapping", EACCES, SYS_openat, {MAPPING, TEXT("../outside/file"), O_RDONLY}}, \
      {"a link out of it", EACCES, SYS_openat, {MAPPING, TEXT("way_out"), O_RDONLY}},            \
      {"a list of descriptors", EACCES, .act = open_by_descriptor_list},                         \
      {"a descriptor of a path", EACCES, .act = open_by_descriptor},                             \
      {"memory", EACCES, SYS_openat, {HERE, TEXT("/proc/self/mem"), O_RDWR}},                    \
      {"status", EACCES, SYS_openat, {HERE, TEXT("/proc/self/status"), O_RDONLY}},               \
      {"folder", EACCES, SYS_openat, {HERE, TEXT("outside"), O_RDONLY | O_DIRECTORY}},           \
      {"device", EACCES, SYS_openat, {HERE, TEXT("/dev/null"), O_WRONLY}},                       \
      {"write", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_WRONLY}},                     \
      {"append", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_WRONLY | O_APPEND}},         \
      {"cut", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_WRONLY | O_TRUNC}},             \
      {"make", EACCES, SYS_openat, {HERE, TEXT("outside/new"), O_WRONLY | O_CREAT, 0600}},       \
  {                                                                                              \
    "make one without a name", EACCES, SYS_openat,                                               \
    {                                                                                            \
      HERE, TEXT("outside"), O_RDWR | O_TMPFILE                                                  \
    }                                                                                            \
  }

static const struct try reading[] = {
    OUTSIDE_IS_SHUT,
    {"inside", WORKS, SYS_openat, {HERE, TEXT("inside/file"), O_RDONLY}},
    {"from the mapping", WORKS, SYS_openat, {MAPPING, TEXT("file"), O_RDONLY}},
    {"list", WORKS, .act = list_inside},
    {"write inside", EACCES, SYS_openat, {MAPPING, TEXT("file"), O_RDWR}},
    {"append inside", EACCES, SYS_openat, {MAPPING, TEXT("file"), O_WRONLY | O_APPEND}},
    {"cut inside", EACCES, SYS_openat, {MAPPING, TEXT("file"), O_RDONLY | O_TRUNC}, .landlock = 3},
    {"make inside", EACCES, SYS_openat, {MAPPING, TEXT("new"), O_RDONLY | O_CREAT, 0600}},
    {"open", KILLED, SYS_open, {TEXT("inside/file"), O_RDONLY}},
    {"unlinkat", KILLED, SYS_unlinkat, {MAPPING, TEXT("file"), 0}},
    {"renameat2", KILLED, SYS_renameat2, {MAPPING, TEXT("file"), MAPPING, TEXT("new"), 0}},
    {"mkdirat", KILLED, SYS_mkdirat, {MAPPING, TEXT("new"), 0700}},
    {"mknodat", KILLED, SYS_mknodat, {MAPPING, TEXT("new"), S_IFREG | 0600, 0}},
    {"linkat", KILLED, SYS_linkat, {MAPPING, TEXT("file"), MAPPING, TEXT("new"), 0}},
    {"symlinkat", KILLED, SYS_symlinkat, {TEXT("file"), MAPPING, TEXT("new")}},
    {"chmod", KILLED, SYS_chmod, {TEXT("inside/file"), 0777}},
    {"fchmodat", KILLED, SYS_fchmodat, {MAPPING, TEXT("file"), 0777}},
    {"fchownat", KILLED, SYS_fchownat, {MAPPING, TEXT("file"), -1, -1, 0}},
    {"utimensat", KILLED, SYS_utimensat, {MAPPING, TEXT("file"), 0, 0}},
    {"truncate", KILLED, SYS_truncate, {TEXT("inside/file"), 0}},
    {"newfstatat", KILLED, SYS_newfstatat, {HERE, TEXT("outside/file"), SCRATCH, 0}},
    {"execveat", KILLED, SYS_execveat, {MAPPING, TEXT("file"), 0, 0, 0}},
    {"socket", KILLED, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    /* Not covered: whether something is there. */
    {"is it there", WORKS, SYS_faccessat2, {HERE, TEXT("outside/file"), F_OK, 0}},
    {"its path", WORKS, SYS_openat, {HERE, TEXT("outside/file"), O_PATH}},
};

static const struct try changing[] = {
    OUTSIDE_IS_SHUT,
    {"write inside", WORKS, .act = write_inside},
    {"make inside", WORKS, SYS_openat, {MAPPING, TEXT("new"), O_RDWR | O_CREAT, 0600}},
    {"make a folder inside", WORKS, SYS_mkdirat, {MAPPING, TEXT("new"), 0700}},
    {"remove inside", WORKS, SYS_unlinkat, {MAPPING, TEXT("file"), 0}},
    {"remove a folder inside", WORKS, SYS_unlinkat, {MAPPING, TEXT("folder"), AT_REMOVEDIR}},
    {"rename inside", WORKS, SYS_renameat2, {MAPPING, TEXT("file"), MAPPING, TEXT("new"), 0}},
    {"rename to a folder inside",
     WORKS,
     SYS_renameat2,
     {MAPPING, TEXT("file"), MAPPING, TEXT("folder/new"), 0}},
    {"link inside", WORKS, SYS_linkat, {MAPPING, TEXT("file"), MAPPING, TEXT("folder/new"), 0}},
    {"symbolic link inside", WORKS, SYS_symlinkat, {TEXT("file"), MAPPING, TEXT("new")}},
    {"make a folder outside", EACCES, SYS_mkdirat, {HERE, TEXT("outside/new"), 0700}},
    {"up from the mapping, a folder", EACCES, SYS_mkdirat, {MAPPING, TEXT("../outside/new"), 0700}},
    {"remove outside", EACCES, SYS_unlinkat, {HERE, TEXT("outside/file"), 0}},
    {"remove a folder outside",
     EACCES,
     SYS_unlinkat,
     {MAPPING, TEXT("../outside/folder"), AT_REMOVEDIR}},
    {"symbolic link outside", EACCES, SYS_symlinkat, {TEXT("file"), HERE, TEXT("outside/new")}},
    {"rename outside",
     EACCES,
     SYS_renameat2,
     {HERE, TEXT("outside/file"), HERE, TEXT("outside/new"), 0}},
    {"rename out", EACCES, SYS_renameat2, {MAPPING, TEXT("file"), HERE, TEXT("outside/new"), 0}},
    {"rename in", EACCES, SYS_renameat2, {HERE, TEXT("outside/file"), MAPPING, TEXT("new"), 0}},
    {"link out", EACCES, SYS_linkat, {MAPPING, TEXT("file"), HERE, TEXT("outside/new"), 0}},
    {"link in", EXDEV, SYS_linkat, {HERE, TEXT("outside/file"), MAPPING, TEXT("new"), 0}},
    {"mknodat", KILLED, SYS_mknodat, {MAPPING, TEXT("new"), S_IFIFO | 0600, 0}},
    {"socket", KILLED, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"truncate inside", WORKS, SYS_truncate, {TEXT("inside/file"), 0}},
    {"truncate", EACCES, SYS_truncate, {TEXT("outside/file"), 0}, .landlock = 3},
    {"fchmodat", KILLED, SYS_fchmodat, {MAPPING, TEXT("file"), 0777}},
    {"setxattr", KILLED, SYS_setxattr, {TEXT("inside/file"), TEXT("user.a"), TEXT(""), 0, 0}},
    {"execveat", KILLED, SYS_execveat, {MAPPING, TEXT("file"), 0, 0, 0}},
    /* Not covered, for Landlock has no rights for it: mode, owner and times of what is the user's.
     */
    {"mode outside", WORKS, SYS_chmod, {TEXT("outside/file"), 0755}},
    {"owner outside", WORKS, SYS_fchownat, {HERE, TEXT("outside/file"), -1, -1, 0}},
    {"times outside",
     WORKS,
     SYS_utimensat,
     {HERE, TEXT("outside/file"), TEXT(((const struct timespec[2]){{1, 0}, {1, 0}})), 0}},
};

const struct tries tries_of_files[] = {
    {"reading",
     {"--volume", "inside:/data:ro"},
     .list = reading,
     .count = sizeof(reading) / sizeof(reading[0]),
     .not_isolated = true},
    {"changing",
     {"--volume", "inside:/data"},
     .list = changing,
     .count = sizeof(changing) / sizeof(changing[0]),
     .not_isolated = true},
    /* By Landlock alone: special files, programs. */
    {"landlock_files",
     {"--volume", "inside:/data"},
     TRIES({"FIFO", EACCES, SYS_mknodat, {MAPPING, TEXT("new"), S_IFIFO | 0600, 0}},
           {"socket", EACCES, .act = bind_inside},
           {"truncate", EACCES, SYS_truncate, {TEXT("outside/file"), 0}, .landlock = 3}),
     .no_filter = true,
     .not_isolated = true},
    {"landlock_devices",
     {"--volume", "inside:/data"},
     TRIES({"character device", EACCES, SYS_mknodat, {MAPPING, TEXT("new"), S_IFCHR | 0600, 0x103}},
           {"block device", EACCES, SYS_mknodat, {MAPPING, TEXT("new"), S_IFBLK | 0600, 0x700}}),
     .by_root = true,
     .no_filter = true,
     .not_isolated = true},
    {"landlock_programs",
     {"--volume", "/bin:/data:ro"},
     TRIES({"execve", EACCES, SYS_execve, {TEXT("/bin/true"), 0, 0}}),
     .no_filter = true},
    /* One file, not the folder that it is in. */
    {"one_file",
     {"--volume", "inside/file:/data/file"},
     TRIES({"read", WORKS, SYS_openat, {HERE, TEXT("inside/file"), O_RDONLY}},
           {"write", WORKS, SYS_openat, {HERE, TEXT("inside/file"), O_WRONLY}},
           {"neighbour", EACCES, SYS_openat, {HERE, TEXT("inside/way_out"), O_RDONLY}},
           {"folder", EACCES, SYS_openat, {HERE, TEXT("inside"), O_RDONLY | O_DIRECTORY}},
           {"make", EACCES, SYS_openat, {HERE, TEXT("inside/new"), O_WRONLY | O_CREAT, 0600}},
           {"remove", EACCES, SYS_unlinkat, {HERE, TEXT("inside/file"), 0}}),
     .not_isolated = true},
    {"zones",
     {NULL},
     TRIES(
         {"a zone", WORKS, SYS_openat, {HERE, TEXT("/usr/share/zoneinfo/Etc/UTC"), O_RDONLY}},
         {"write a zone", EACCES, SYS_openat, {HERE, TEXT("/usr/share/zoneinfo/Etc/UTC"), O_RDWR}},
         {"the system's", EACCES, SYS_openat, {HERE, TEXT("/etc/passwd"), O_RDONLY}},
         {"outside", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_RDONLY}},
         {"remove", KILLED, SYS_unlinkat, {HERE, TEXT("outside/file"), 0}}),
     .of_zones = true},
    /* Where files are mapped, root's right to all of them stays. */
    {"root_reading",
     {"--volume", "inside:/data:ro"},
     TRIES({"user's file", WORKS, SYS_openat, {HERE, TEXT("outside/other"), O_RDONLY}},
           {"chroot", EPERM, SYS_chroot, {TEXT("outside")}}),
     .by_root = true,
     .no_filter = true,
     .no_landlock = true,
     .not_isolated = true},
    {"few_files",
     {"--volume", "inside:/data:ro"},
     TRIES({"inside", WORKS, SYS_openat, {MAPPING, TEXT("file"), O_RDONLY}},
           {"outside", EACCES, SYS_openat, {HERE, TEXT("outside/file"), O_RDONLY}},
           {"write", EACCES, SYS_openat, {MAPPING, TEXT("file"), O_WRONLY}},
           {"remove", KILLED, SYS_unlinkat, {MAPPING, TEXT("file"), 0}})},
};
const size_t tries_of_files_count = sizeof(tries_of_files) / sizeof(tries_of_files[0]);

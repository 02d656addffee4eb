/* Landlock by its system calls: the C library has no names for them, and the machine's headers may
 * be older than its kernel. */
#include "landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The second version is the first under which a file can be renamed to another folder. */
#define MIN_VERSION 2

/* From versions 3, 4, 5 and 6 on. */
#define FS_TRUNCATE  (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define NET_ALL      3u /* TCP: bind and connect */
#define SCOPED_ALL   3u /* abstract sockets of, and signals to, other processes */

#define FS_VERSION_2 ((LANDLOCK_ACCESS_FS_REFER << 1) - 1)

#define READ_FILE    LANDLOCK_ACCESS_FS_READ_FILE
#define READ_FOLDER  LANDLOCK_ACCESS_FS_READ_DIR
#define CHANGE_FILE  (LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define CHANGE_FOLDER                                                                             \
  (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
   LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

struct rules
{
  uint64_t handled_fs;
  uint64_t handled_net;
  uint64_t scoped;
};

static uint64_t handled_fs(int version)
{
  return FS_VERSION_2 | (version >= 3 ? FS_TRUNCATE : 0) | (version >= 5 ? FS_IOCTL_DEV : 0);
}

static int begin(struct landlock *landlock, bool has_network)
{
  landlock->fd = -1;
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < MIN_VERSION)
    return -ENOTSUP;
  landlock->version = (int) version;
  struct rules rules = {
      .handled_fs = handled_fs(landlock->version),
      .handled_net = version >= 4 && !has_network ? NET_ALL : 0,
      .scoped = version >= 6 ? SCOPED_ALL : 0,
  };
  /* Older kernels take longer structures if what they do not know is 0. */
  landlock->fd = (int) syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
  return landlock->fd >= 0 ? 0 : -errno;
}

int landlock_begin(struct landlock *landlock)
{
  return begin(landlock, false);
}

int landlock_begin_without_network(struct landlock *landlock)
{
  return begin(landlock, true);
}

int landlock_allow(const struct landlock *landlock, int fd, bool folder, bool read_only)
{
  uint64_t allowed = READ_FILE | (folder ? READ_FOLDER : 0);
  if (!read_only)
    allowed |= CHANGE_FILE | (folder ? CHANGE_FOLDER : 0);
  struct landlock_path_beneath_attr rule = {
      .allowed_access = allowed & handled_fs(landlock->version),
      .parent_fd = fd,
  };
  return syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
             ? 0
             : -errno;
}

int landlock_enforce(const struct landlock *landlock)
{
  return syscall(SYS_landlock_restrict_self, landlock->fd, 0) == 0 ? 0 : -errno;
}

void landlock_end(struct landlock *landlock)
{
  if (landlock->fd >= 0)
    close(landlock->fd);
  landlock->fd = -1;
}

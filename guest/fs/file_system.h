/* What a file system implements, and where it is mounted. Errors are negative errno.
 *
 * Calls have a name in the file system as a struct walk: the path behind the mount point, without
 * leading '/', '.', '..' and double '/'; empty: the mount point itself. A trailing '/' of what the
 * caller gave is walk->wants_folder. A file system that comes upon a symbolic link, which leads
 * elsewhere, rewrites the walk (walk_follow) and returns WALK_AGAIN; one that resolves links itself
 * (host) never does. */
#ifndef GUEST_FS_FILE_SYSTEM_H
#define GUEST_FS_FILE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "fs/file.h"
#include "fs/pipe.h"

#define FS_PATH_BYTES 4096 /* with the null */
#define FS_NAME_BYTES 256  /* with the null */

struct mount
{
  const struct file_system *file_system;
  const char *point; /* absolute, "" for the root: what a path begins with */
  size_t point_len;
  void *data;      /* the file system's */
  uint32_t number; /* the host's mapping */
  bool is_read_only;
  struct mount *next; /* the longer points first */
};

/* Not an errno: the walk begins again with the path it has now. */
#define WALK_AGAIN (-4000)

struct walk
{
  char path[FS_PATH_BYTES]; /* absolute */
  const char *name;         /* the part of it behind the mount point */
  struct mount *mount;
  unsigned int links;   /* that were followed: more than 40 are -ELOOP */
  bool wants_folder;    /* a '/' at the end */
  bool looks;           /* with a '/' at the end, a symbolic link there is followed */
  bool follows;         /* a symbolic link at the very end, too */
  uint8_t last;         /* enum walk_last, of what the caller gave */
  uint16_t plain_bytes; /* so much of the path is known to be folders, and no link */
};

enum walk_last
{
  WALK_LAST_NAME,
  WALK_LAST_DOT, /* "/" too */
  WALK_LAST_DOT_DOT,
};

/* For a file system: the path's first `done` bytes of walk->name (a link's name included) are
 * replaced by the link's target, absolute or beside the link. WALK_AGAIN, -ELOOP, -ENAMETOOLONG. */
int walk_follow(struct walk *walk, size_t done, const char *target, size_t target_len);

/* Null members: -EROFS where they would change something, else -ENOSYS; -EINVAL for readlink. What
 * changes something is not called for read-only mounts. mode is without what umask takes. */
struct file_system
{
  const char *name;
  /* It resolves symbolic links itself, and absolute ones begin at the mount point. */
  bool is_own_root;
  /* With O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW and walk->wants_folder seen to, as
   * open(2) has them. An open folder has operations->list; its path is set by the caller. */
  int (*open)(struct walk *walk, int flags, mode_t mode, struct file **file);
  int (*stat)(struct walk *walk, struct stat *status);
  int (*access)(struct walk *walk, int mode); /* null: by stat */
  long (*readlink)(struct walk *walk, char *buffer, size_t len_bytes);
  int (*unlink)(struct walk *walk);
  int (*rmdir)(struct walk *walk);
  int (*mkdir)(struct walk *walk, mode_t mode);
  int (*symlink)(struct walk *walk, const char *target);
  /* Both in this mount. `from` is followed or not by from->follows. */
  int (*link)(struct walk *from, struct walk *to);
  int (*rename)(struct walk *from, struct walk *to, unsigned int flags);
  int (*set_mode)(struct walk *walk, mode_t mode);
  int (*set_owner)(struct walk *walk, uid_t user, gid_t group);
  int (*set_times)(struct walk *walk, const struct timespec times[2]);
  int (*truncate)(struct walk *walk, off_t len_bytes);
  int (*space)(struct walk *walk, struct statvfs *space);
  /* The opener comes from who makes it, so that others are not linked with pipes. Null: -EPERM. */
  int (*mkfifo)(struct walk *walk, mode_t mode, fifo_opener *opener);
  int (*mksocket)(struct walk *walk, mode_t mode); /* a name for a local socket. Null: -EPERM */
};

extern const struct file_system host_file_system;
extern const struct file_system ram_file_system;
extern const struct file_system dev_file_system;
extern const struct file_system proc_file_system;

/* The root of `ram` mount gets what an archive has; its data stay where they are. */
int initrd_unpack(struct mount *root, const void *archive, size_t len_bytes);

/* For who fills the root: makes folders as needed. data of regular files are not copied, and not
 * written to: a file that is written gets a copy. */
int ram_add(struct mount *mount, const char *path, const struct stat *status, const void *data,
            size_t len_bytes);

#define FS_HOOK __attribute__((weak, visibility("hidden")))

/* What is written behind is written, before others hear of it through a stream; the same in a
 * crash, without waiting for anybody. */
FS_HOOK void host_flush_all(void);
FS_HOOK void host_rescue(void);

/* The same at the program's end, while other threads may still write: from here on nothing stays
 * behind. */
FS_HOOK void host_end(void);

/* Others may have changed files: what was read ahead is forgotten. */
FS_HOOK void host_look_again(void);

#endif

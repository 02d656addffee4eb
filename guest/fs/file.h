/* An open file, as descriptors refer to it (POSIX: open file description), and what its kind
 * implements. Errors are negative errno. */
#ifndef GUEST_FS_FILE_H
#define GUEST_FS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "sched/mutex.h"

struct file;
struct flock;
struct statvfs;
struct wait_entry;

/* As offset: the file has none of its own (a pipe, a stream), or keeps it itself. */
#define FILE_NO_OFFSET (-1)

/* Null members: see file.c for the errno each call then has. Calls may come from many tasks at once
 * and may block, but for poll. All are made with handlers of signals held back (signal/hold.h). */
struct file_operations
{
  /* At least one byte if any, unless the end is reached; with O_NONBLOCK in file->flags -EAGAIN
   * in place of waiting. */
  long (*read)(struct file *file, void *buffer, size_t len_bytes, off_t offset);
  /* With O_APPEND in file->flags and an offset: at the end, whatever the offset. end: where the
   * last byte went to, plus one, if there is an offset. */
  long (*write)(struct file *file, const void *buffer, size_t len_bytes, off_t offset, off_t *end);
  int (*stat)(struct file *file, struct stat *status);
  int (*truncate)(struct file *file, off_t len_bytes);
  int (*sync)(struct file *file, bool data_only);
  int (*allocate)(struct file *file, off_t offset, off_t len_bytes);
  int (*set_mode)(struct file *file, mode_t mode);
  int (*set_owner)(struct file *file, uid_t user, gid_t group);
  int (*set_times)(struct file *file, const struct timespec times[2]); /* UTIME_NOW, UTIME_OMIT */
  int (*space)(struct file *file, struct statvfs *space);
  /* Where the offset is kept by the file, or for SEEK_DATA, SEEK_HOLE. */
  off_t (*seek)(struct file *file, off_t offset, int whence);
  /* Entries as Linux's getdents64() has them, from behind *position (0: the first), which moves:
   * bytes, 0 at the end, -EINVAL if not one fits. */
  long (*list)(struct file *file, void *buffer, size_t len_bytes, off_t *position);
  /* F_SETLK and F_GETLK; never waits: -EAGAIN. */
  int (*lock)(struct file *file, struct flock *lock, bool test);
  int (*control)(struct file *file, unsigned long request, void *argument); /* ioctl() */
  /* Which of POLLIN, POLLOUT, POLLERR, POLLHUP and their like hold now. With an entry, first has it
   * wait at the file's sources (wait_source_add). Null: always readable and writable. */
  unsigned int (*poll)(struct file *file, struct wait_entry *entry);
  /* Who was told once has to poll with an entry again, to be told once more. */
  bool tells_once;
  /* Copies what the file has there, for mmap(); the rest of the buffer is zero already. Null: read.
   */
  long (*fill)(struct file *file, void *buffer, size_t len_bytes, off_t offset);
  /* The last reference is gone: what close() reports, at most. Frees the file. */
  int (*release)(struct file *file);
};

struct file
{
  const struct file_operations *operations;
  uint32_t references;
  uint32_t flags;      /* O_ACCMODE, O_APPEND, O_NONBLOCK, O_PATH, O_SYNC, O_DIRECTORY; changed
                          atomically by fcntl() */
  bool is_seekable;    /* the offset below counts */
  bool is_terminal;    /* isatty() */
  bool is_socket;      /* a struct socket (net/socket.h) */
  bool is_silent;      /* -EPIPE comes without SIGPIPE */
  struct mutex mutex;  /* held while the offset is used and moved */
  off_t offset;        /* of a folder: where list() goes on */
  char *path;          /* of a folder: absolute, without '.', '..'; else null. Owned */
  void *watchers;      /* the epolls that watch it: fs/epoll.h */
  const void *content; /* the same for all files that share a content, for maps; null: none */
};

/* One reference, offset 0. is_seekable is for regular files and block-like devices. */
void file_init(struct file *file, const struct file_operations *operations, uint32_t flags,
               bool is_seekable);

static inline void file_get(struct file *file)
{
  __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
}

/* Returns what release() says if it was the last one, else 0. */
int file_put(struct file *file);

/* A file with watchers is about to be released; weak: who links no epoll has none. */
void epoll_forget(struct file *file) __attribute__((weak, visibility("hidden")));

/* ---- What the calls with these names do with an open file: fs/file.c, file_status.c ---- */

#define FILE_MOST_BYTES 0x7ffff000ul /* that one call moves, as on Linux */

static inline size_t file_at_most(size_t len_bytes)
{
  return len_bytes < FILE_MOST_BYTES ? len_bytes : FILE_MOST_BYTES;
}

/* Whether it can be at all: 0, -EBADF, -EISDIR, -EINVAL. */
int file_check_read(const struct file *file);
int file_check_write(const struct file *file);
int file_check_offset(const struct file *file, off_t offset); /* of pread() and its like */

long file_read(struct file *file, void *buffer, size_t len_bytes);
long file_write(struct file *file, const void *buffer, size_t len_bytes);
long file_read_at(struct file *file, void *buffer, size_t len_bytes, off_t offset);
long file_write_at(struct file *file, const void *buffer, size_t len_bytes, off_t offset);
off_t file_seek(struct file *file, off_t offset, int whence);
int file_stat(struct file *file, struct stat *status);
int file_truncate(struct file *file, off_t len_bytes);
int file_sync(struct file *file, bool data_only);
int file_allocate(struct file *file, off_t offset, off_t len_bytes);
int file_set_mode(struct file *file, mode_t mode);
int file_set_owner(struct file *file, uid_t user, gid_t group);
int file_set_times(struct file *file, const struct timespec times[2]);
int file_space(struct file *file, struct statvfs *space);
long file_list(struct file *file, void *buffer, size_t len_bytes);
int file_lock(struct file *file, int command, struct flock *lock); /* F_GETLK, F_SETLK, F_SETLKW */

static inline bool file_may_read(const struct file *file)
{
  return (file->flags & 3) != 1 && (file->flags & 010000000) == 0;
}

static inline bool file_may_write(const struct file *file)
{
  return (file->flags & 3) != 0 && (file->flags & 010000000) == 0;
}

#endif

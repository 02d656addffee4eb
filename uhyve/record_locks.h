/* Record locks of a guest, so many and no more: each takes memory of the host's kernel. */
#ifndef UHYVE_RECORD_LOCKS_H
#define UHYVE_RECORD_LOCKS_H

#include <fcntl.h>

/* Ranges of all files together that are locked; neighbours of one kind are one. */
#define RECORD_LOCKS_MAX 1024

/* As F_SETLK. Returns 0 or a negative errno; -ENOLCK: too many. For any thread. */
int record_locks_set(int fd, const struct flock *lock);

/* As close(2), which takes all locks of the file away. Returns 0 or -1 with errno. */
int record_locks_close(int fd);

#endif

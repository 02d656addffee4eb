/* Locks of ranges of files, and how many there are: the host's kernel keeps each in memory of its
 * own, and sets no limit. */
#ifndef UHYVE_RECORD_LOCKS_H
#define UHYVE_RECORD_LOCKS_H

#include <fcntl.h>

#define RECORD_LOCKS_MAX 4096 /* of all files together */

/* As fcntl(2) with F_SETLK, from the file's begin or end. Returns 0 or a negative errno: -ENOLCK if
 * there were too many. For any thread. */
int record_locks_set(int fd, const struct flock *lock);

/* Called before a descriptor is closed: with the first one of a file that is, all of its locks are
 * gone. */
void record_locks_forget(int fd);

#endif

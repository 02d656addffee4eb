/* Landlock: the calling thread, and what it starts, opens nothing but what a set of rules allows.
 * Documentation/userspace-api/landlock.rst of Linux. */
#ifndef UHYVE_SANDBOX_LANDLOCK_H
#define UHYVE_SANDBOX_LANDLOCK_H

#include <stdbool.h>

struct landlock
{
  int fd;
  int version; /* of the kernel's interface */
};

/* Begins a set of rules that allows nothing. Returns 0 or a negative errno: -ENOTSUP where the
 * kernel cannot restrict what is needed (Linux 5.19). */
int landlock_begin(struct landlock *landlock);

/* The same for files alone, and other processes: the network stays as it is. */
int landlock_begin_without_network(struct landlock *landlock);

/* Allows what is at and below a descriptor of O_PATH to be read, or also to be changed. Returns 0
 * or a negative errno. */
int landlock_allow(const struct landlock *landlock, int fd, bool folder, bool read_only);

/* Puts the rules in force; the thread has no-new-privs. Returns 0 or a negative errno. */
int landlock_enforce(const struct landlock *landlock);

void landlock_end(struct landlock *landlock);

#endif

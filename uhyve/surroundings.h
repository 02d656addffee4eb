/* What a process inherits, and the guest with it: folder, mask, ignored signals, user. */
#ifndef UHYVE_SURROUNDINGS_H
#define UHYVE_SURROUNDINGS_H

#include <limits.h>
#include <stdint.h>

#define SURROUNDINGS_HOST_NAME_BYTES 65 /* with the null */

struct surroundings
{
  char folder[PATH_MAX]; /* the current one; the root if it is not to be known */
  char host_name[SURROUNDINGS_HOST_NAME_BYTES];
  uint64_t signals_ignored; /* bit n - 1 stands for signal n */
  uint32_t umask;
  uint32_t user, group;
};

/* To be called before the monitor handles signals itself. */
void surroundings_read(struct surroundings *surroundings);

#endif

/* What a process inherits, and the guest with it: folder, mask, user. */
#ifndef UHYVE_SURROUNDINGS_H
#define UHYVE_SURROUNDINGS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define SURROUNDINGS_HOST_NAME_BYTES 65 /* with the null */

struct surroundings
{
  char folder[PATH_MAX]; /* the current one; the root if it is not to be known */
  char host_name[SURROUNDINGS_HOST_NAME_BYTES];
  uint32_t umask;
  uint32_t user, group;
};

void surroundings_read(struct surroundings *surroundings);

/* Whether this process has the rights of who started it and no others: not so if its file has a
 * set-user or set-group bit. */
bool surroundings_are_callers(void);

#endif

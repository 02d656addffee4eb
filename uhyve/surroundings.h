/* What a process inherits, and the guest with it: folder, mask, user. */
#ifndef UHYVE_SURROUNDINGS_H
#define UHYVE_SURROUNDINGS_H

#include <limits.h>
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

#endif

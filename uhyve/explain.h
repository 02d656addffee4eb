/* Tells the user, once, why a program does not find a file that is there. */
#ifndef UHYVE_EXPLAIN_H
#define UHYVE_EXPLAIN_H

#include <stdatomic.h>

struct explain
{
  const char *working_folder; /* of the host */
  atomic_uint looks;          /* how many files have been looked for */
};

/* path: absolute, of the guest. If the host has such a file, says on standard error how to map it.
 * Later calls do nothing. */
void explain_nothing(struct explain *explain); /* nor are files looked for */
void explain_missing(struct explain *explain, const char *path);

#endif

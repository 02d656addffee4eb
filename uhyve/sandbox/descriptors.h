/* Closes what this process has inherited. */
#ifndef UHYVE_SANDBOX_DESCRIPTORS_H
#define UHYVE_SANDBOX_DESCRIPTORS_H

#include <stddef.h>

/* Closes all descriptors above the standard streams but those in the list, which is sorted by this;
 * negative entries stand for none. Returns 0 or a negative errno. */
int descriptors_close_others(int *kept, size_t count);

#endif

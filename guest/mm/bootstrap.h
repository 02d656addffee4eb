/* The bootstrap allocator: memory before there is a manager of memory. */
#ifndef GUEST_MM_BOOTSTRAP_H
#define GUEST_MM_BOOTSTRAP_H

#include <stddef.h>

#define BOOTSTRAP_BYTES 1024

/* Zeroed memory aligned to 16 bytes, for good; null when BOOTSTRAP_BYTES are used up. For any CPU,
 * in upcalls too. */
void *bootstrap_allocate(size_t len_bytes);

#endif

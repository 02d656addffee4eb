/* The kernel heap: small objects in memory that is always mapped, so that upcalls and code that
 * holds locks may touch them. */
#ifndef GUEST_MM_KERNEL_HEAP_H
#define GUEST_MM_KERNEL_HEAP_H

#include <stddef.h>

/* Memory with any content, aligned to 64 bytes (to a page from a page on). Returns null when there
 * is no memory. May make a hypercall: not for upcalls, and no lock may be held. */
void *kernel_allocate(size_t len_bytes);
void *kernel_allocate_zeroed(size_t len_bytes);

/* len_bytes as it was allocated; null is ignored. Never blocks. */
void kernel_free(void *object, size_t len_bytes);

#endif

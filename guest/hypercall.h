/* Hypercalls as the kernel library makes them: blocks and scatter lists by guest-virtual address.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stddef.h>

#include "hypercalls/hypercalls.h"
#include "mm/address.h"

/* A block in a local variable: HC_BLOCK(struct hc_exit) exit = {...}; */
#define HC_BLOCK(type) _Alignas(HC_BLOCK_ALIGN) type

/* Makes the call; the block must not cross a page, as HC_BLOCK sees to. Blocks as the call says. */
void hypercall(enum hc_port port, void *block);

/* Fills a scatter list of at most `most` entries with as much of the buffer as fits, and as the
 * program may access so. Returns the bytes covered. */
size_t hypercall_segments(struct hc_segment *segment, uint32_t most, uint32_t *segments,
                          const void *buffer, size_t len_bytes, enum address_access access);

static inline size_t hypercall_fill_segments(struct hc_io *io, const void *buffer, size_t len_bytes,
                                             enum address_access access)
{
  return hypercall_segments(io->segment, HC_MAX_SEGMENTS, &io->segments, buffer, len_bytes, access);
}

#endif

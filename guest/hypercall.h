/* Hypercalls as the kernel library makes them: blocks and scatter lists by guest-virtual address.
 */
#ifndef GUEST_HYPERCALL_H
#define GUEST_HYPERCALL_H

#include <stddef.h>

#include "hypercalls/hypercalls.h"

/* A block in a local variable: HC_BLOCK(struct hc_exit) exit = {...}; */
#define HC_BLOCK(type) _Alignas(HC_BLOCK_ALIGN) type

/* Makes the call; the block must not cross a page, as HC_BLOCK sees to. Blocks as the call says. */
void hypercall(enum hc_port port, void *block);

/* Moves bytes by HC_write or HC_read, as many as one call takes. Returns their number or a
 * negative errno; -EFAULT where the program may not access the buffer so. Blocks as the call does.
 */
long hypercall_io(enum hc_port port, int fd, const void *buffer, size_t len_bytes);

#endif

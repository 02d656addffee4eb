/* Bytes to and from streams of the host: who has to wait for one waits as a task, and leaves the
 * CPU to others. */
#ifndef GUEST_POSIX_STREAM_IO_H
#define GUEST_POSIX_STREAM_IO_H

#include <stddef.h>

#include "hypercalls/hypercalls.h"

/* Moves bytes by HC_write or HC_read, as many as one call takes, at least one; blocks. Returns
 * their number or a negative errno: -EFAULT where the program may not access the buffer so, -EINTR.
 * Who must not block (upcalls, real-time code) may call this too: then the CPU waits in the
 * monitor. */
long stream_transfer(enum hc_port port, int fd, const void *buffer, size_t len_bytes);

/* The handler of UHYVE_VECTOR_STREAM. */
void stream_interrupt(void);

#endif

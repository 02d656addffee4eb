/* Bytes to and from streams of the host: who has to wait for one waits as a task, and leaves the
 * CPU to others. */
#ifndef GUEST_POSIX_STREAM_IO_H
#define GUEST_POSIX_STREAM_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As read() and write() of a descriptor that is open: the number of bytes moved, some or all, or a
 * negative errno; -EFAULT where the program may not access the buffer so. -EINTR: the caller, which
 * holds handlers back (signal/hold.h), lets them run and may call again. Who must not block
 * (upcalls, real-time code) may call these too: then the CPU waits in the monitor. Not `waits`:
 * -EAGAIN in place of waiting. */
long stream_read(int fd, void *buffer, size_t len_bytes, bool waits);
long stream_write(int fd, const void *buffer, size_t len_bytes, bool waits);

/* The handler of UHYVE_VECTOR_STREAM. */
void stream_interrupt(void);

/* The hypercall. */
long stream_watch(int fd, uint32_t event);

/* As file_operations.poll(). Weak: null in a program that never asks. */
struct wait_entry;
unsigned int stream_poll(int fd, struct wait_entry *entry)
    __attribute__((weak, visibility("hidden")));

/* In the interrupt: those who have entries look again. */
void stream_tell_pollers(void) __attribute__((weak, visibility("hidden")));

#endif

/* Newlib's state of a thread: errno and what its functions keep between calls. */
#ifndef GUEST_LIBC_THREAD_STATE_H
#define GUEST_LIBC_THREAD_STATE_H

struct _reent;

extern _Thread_local struct _reent *libc_thread_state;

#endif

/* Cancellation points: what a call that POSIX lets a cancelled thread end in does around its wait.
 *
 *   thread_point_begin();
 *   error = ...wait, which ends with -EINTR once the thread is cancelled...
 *   thread_point_end(error);
 *
 * Neither returns if the thread is cancelled: cleanup handlers run and the thread ends. So at both
 * the caller holds nothing that it would have to let go. In between, a wait that came to another
 * end than -EINTR has had its effect, and the thread goes on until its next cancellation point.
 */
#ifndef GUEST_LIBC_CANCEL_H
#define GUEST_LIBC_CANCEL_H

#include <stdbool.h>

/* Acts on a request that is there already; from here on the waits of this task end with -EINTR when
 * one comes. A thread that has cancellation disabled, and a task that is no thread, go on as ever.
 */
void thread_point_begin(void);

/* Waits no longer heed a request. Acts on one if `result` is -EINTR. */
void thread_point_end(long result);

/* Acts on a request, and on nothing else. */
void thread_test_cancel(void);

/* Sets whether cancellation is asynchronous, to what it has been before at some time. */
void thread_restore_asynchronous(bool asynchronous);

/* On the task's own stack and not masked, when it is TASK_SIGNALLED: acts on a request if
 * cancellation is asynchronous. Returns at once for a thread that nobody has cancelled. */
void thread_cancel_check(void);

#endif

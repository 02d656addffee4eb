/* Thread-specific data: the end of a thread. */
#ifndef GUEST_LIBC_THREAD_DATA_H
#define GUEST_LIBC_THREAD_DATA_H

/* Runs the destructors of the calling thread's values and frees what held them. */
void thread_data_destroy(void);

#endif

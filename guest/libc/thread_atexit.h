/* The end of a thread's thread_local variables. */
#ifndef GUEST_LIBC_THREAD_ATEXIT_H
#define GUEST_LIBC_THREAD_ATEXIT_H

/* Runs the destructors of the calling thread, the last registered first. Null in a program that has
 * registered none: only the registration links it. Newlib's exit() calls it too. */
__attribute__((weak)) void __uhyve_thread_atexit_run(void);

#endif

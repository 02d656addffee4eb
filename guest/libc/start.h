/* From the kernel library into the program. */
#ifndef GUEST_LIBC_START_H
#define GUEST_LIBC_START_H

/* Starts the C library, runs constructors and main(), and exits with its status. */
_Noreturn void libc_start(void);

#endif

/* The futex of the kernel library on Linux's system call, so that its locks run with real threads.
 */
#ifndef TESTS_UNIT_LINUX_FUTEX_H
#define TESTS_UNIT_LINUX_FUTEX_H

#include <stdint.h>

/* Calls made so far of any futex function. */
uint64_t linux_futex_calls(void);

/* How many threads sleep at the word. They sleep on, but must not be woken meanwhile. */
int linux_futex_count_asleep(uint32_t *word);

/* CLOCK_MONOTONIC. */
uint64_t linux_now_ns(void);

#endif

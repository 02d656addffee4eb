/* Futex: sleep while a word in memory has a value. The base of all blocking synchronisation. */
#ifndef GUEST_SCHED_FUTEX_H
#define GUEST_SCHED_FUTEX_H

#include <stdint.h>

/* In nanoseconds of CLOCK_MONOTONIC (clock_monotonic_ns). */
#define FUTEX_FOREVER UINT64_MAX

/* Sleeps if *word is still `expected`. Returns 0 when woken by futex_wake, -EAGAIN when the word
 * had another value, -ETIMEDOUT, or -EINTR when the task has had to see to something first:
 * handlers of signals have run then, or a cancellation that it heeds is requested. Only one of
 * these counts: with an error no wake was used up. Blocks; for tasks, not for upcalls, and no
 * spinlock may be held. */
int futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wakes at most `count` tasks that sleep on the word, the highest priority first, and among equals
 * the one that has slept longest. Returns how many. Never blocks; in upcalls too. */
int futex_wake(uint32_t *word, int count);

/* Wakes `wake` tasks and moves up to `move` of the others to wait for `target`. Returns how many
 * were woken or moved. */
int futex_requeue(uint32_t *word, int wake, int move, uint32_t *target);

#endif

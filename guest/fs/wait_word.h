/* Tasks that sleep until something has changed: who waits counts itself, notes the word, looks, and
 * sleeps while the word is the same. Who changes something wakes afterwards. */
#ifndef GUEST_FS_WAIT_WORD_H
#define GUEST_FS_WAIT_WORD_H

#include <limits.h>
#include <stdint.h>

#include "sched/futex.h"
#include "sched/spin.h"
#include "signal/hold.h"

/* All zero: nobody waits. */
struct wait_word
{
  uint32_t word; /* the futex */
  uint32_t waiting;
  uint32_t history; /* of spins before the sleep */
};

/* Returns what wait_word_sleep() is to be given. */
static inline uint32_t wait_word_begin(struct wait_word *wait)
{
  __atomic_add_fetch(&wait->waiting, 1, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&wait->word, __ATOMIC_SEQ_CST);
}

/* The same for who waits already. */
static inline uint32_t wait_word_look(const struct wait_word *wait)
{
  return __atomic_load_n(&wait->word, __ATOMIC_SEQ_CST);
}

/* Handlers of signals are held back (signal/hold.h): 0 to look again, -EINTR, -ETIMEDOUT. */
static inline int wait_word_sleep(struct wait_word *wait, uint32_t seen, uint64_t deadline_ns)
{
  if (spin_while(&wait->word, seen, &wait->history))
    return 0;
  int error = signal_hold_wait(&wait->word, seen, deadline_ns);
  return error == -EAGAIN ? 0 : error;
}

static inline void wait_word_end(struct wait_word *wait)
{
  __atomic_sub_fetch(&wait->waiting, 1, __ATOMIC_RELAXED);
}

/* Never blocks; in upcalls too. */
static inline void wait_word_wake(struct wait_word *wait, int count)
{
  __atomic_add_fetch(&wait->word, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&wait->waiting, __ATOMIC_SEQ_CST) != 0)
    futex_wake(&wait->word, count);
}

#endif

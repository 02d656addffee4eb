/* Stands in for guest/signal/hold.h in unit tests: a thread is told to take its waits as
 * interrupted.
 */
#ifndef GUEST_SIGNAL_HOLD_H
#define GUEST_SIGNAL_HOLD_H

#include <errno.h>
#include <stdbool.h>

#include "sched/futex.h"

extern _Thread_local bool hosted_is_interrupted;

static inline int signal_hold_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  return hosted_is_interrupted ? -EINTR : futex_wait(word, expected, deadline_ns);
}

/* No handler runs here. */
struct signal_hold
{
  int mark;
};

static inline bool signal_sleep_again(const int *mark)
{
  (void) mark;
  return false;
}

static inline void signal_hold_begin(struct signal_hold *hold)
{
  hold->mark = 0;
}

static inline void signal_hold_leave(const struct signal_hold *hold)
{
  (void) hold;
}

static inline bool signal_hold_end(const struct signal_hold *hold, long result)
{
  (void) hold;
  (void) result;
  return false;
}

#endif

/* Waiting for another CPU: spins for a bounded time, then lets the host run something else. */
#ifndef GUEST_SCHED_BACKOFF_H
#define GUEST_SCHED_BACKOFF_H

#include <stdbool.h>

struct backoff
{
  unsigned int spins;
};

#define BACKOFF_INIT ((struct backoff){0})
/* Some microseconds: longer than any lock is held by a CPU that runs. */
#define BACKOFF_SPINS 1000

/* To be called once each time the condition was found not to hold. Returns whether the host has had
 * its turn. */
bool backoff_wait(struct backoff *backoff);

/* Lets the host run something else at once: whoever is waited for may be a CPU that it does not
 * run. */
void backoff_yield(void);

#endif

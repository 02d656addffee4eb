/* Barrier: a number of tasks wait for one another, again and again. */
#ifndef GUEST_SCHED_BARRIER_H
#define GUEST_SCHED_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

/* Arrivals and the round change in one operation: more tasks than one round takes may come. */
struct barrier
{
  uint64_t state;   /* low half: how many have arrived; high half: the round, the futex */
  uint32_t count;   /* how many a round takes, at least 1 */
  uint32_t inside;  /* tasks between their arrival and their leaving */
  uint32_t history; /* of spins */
};

static inline void barrier_init(struct barrier *barrier, uint32_t count)
{
  *barrier = (struct barrier){.count = count};
}

/* Blocks until the round is full. True in one task of the round. */
bool barrier_wait(struct barrier *barrier);

/* Returns when no task looks at the barrier any more: it may be freed. No round has begun. */
void barrier_destroy(struct barrier *barrier);

#endif

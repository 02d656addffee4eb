/* How much a task has run lately: an average in which time counts half as much after each
 * half-life.
 *
 * Instead of halving all the old values, new time is charged with twice the weight from one
 * half-life to the next; only the order matters. (The idea is the OSv scheduler's: core/sched.cc.)
 * Values are kept relative to an epoch of EPOCH_HALF_LIVES, so that they fit 64 bits.
 */
#ifndef GUEST_SCHED_RUN_TIME_H
#define GUEST_SCHED_RUN_TIME_H

#include <stdint.h>

/* In TSC cycles: 0.1 s at 2.7 GHz. */
#define HALF_LIFE_SHIFT  28
#define EPOCH_HALF_LIVES 16

static inline uint32_t run_time_epoch(uint64_t now_tsc)
{
  return (uint32_t) (now_tsc >> HALF_LIFE_SHIFT) / EPOCH_HALF_LIVES;
}

/* What `cycles` of running that end now are worth in the epoch of now. Of a long run only what the
 * halved halves come to in the end: two half-lives. */
static inline uint64_t run_time_charge(uint64_t now_tsc, uint64_t cycles)
{
  uint64_t most = 2ull << HALF_LIFE_SHIFT;
  return (cycles < most ? cycles : most) << (now_tsc >> HALF_LIFE_SHIFT) % EPOCH_HALF_LIVES;
}

/* A value of an older epoch as it counts in a newer one. */
static inline uint64_t run_time_rebase(uint64_t run_time, uint32_t from_epoch, uint32_t to_epoch)
{
  int32_t epochs = (int32_t) (to_epoch - from_epoch);
  if (epochs <= 0) /* the TSC of another CPU is a little behind */
    return run_time;
  return epochs >= 64 / EPOCH_HALF_LIVES ? 0 : run_time >> (epochs * EPOCH_HALF_LIVES);
}

#endif

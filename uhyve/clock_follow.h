/* Keeps the clock in a guest's start information in step with the host's CLOCK_REALTIME. */
#ifndef UHYVE_CLOCK_FOLLOW_H
#define UHYVE_CLOCK_FOLLOW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clock_view.h"
#include "hypercalls/start_info.h"

struct clock_follow
{
  pthread_mutex_t lock; /* for clock_follow_start */
  bool running;
  pthread_t thread;
  int timer_fd;
  int stop_fd;
  struct uhyve_clock *clock; /* in guest memory: it is written, never read */
  uint32_t sequence;
  struct clock_steering steering;

  /* The guest's TSC less the host's: not 0 once the host's began again in a suspend, for KVM lets
   * the guest's go on. The threads of vCPUs tell it. */
  uint64_t last_host_tsc;
  uint32_t shifts_seen;
  _Atomic uint64_t shift;
  atomic_uint shifts_told;
  atomic_bool shift_wanted;
};

/* clock: in guest memory; view is what has been written there. */
void clock_follow_prepare(struct clock_follow *follow, struct uhyve_clock *clock,
                          const struct clock_view *view);

/* The first call starts a thread that follows the clock, further ones do nothing. Returns 0 or a
 * negative errno. For any thread. */
int clock_follow_start(struct clock_follow *follow);

/* What a vCPU's TSC is ahead of the host's. For any thread, at any time. */
void clock_follow_tell_shift(struct clock_follow *follow, uint64_t shift);

/* Ends the thread, if there is one. Nobody calls clock_follow_start any more. */
void clock_follow_stop(struct clock_follow *follow);

#endif

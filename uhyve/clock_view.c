/* Steers the guest's view of CLOCK_REALTIME: it follows the host's clock and never steps back for
 * small differences. Arithmetic only, but for the reading of a pair. */
#include "clock_view.h"

#include <time.h>

#define SECOND_NS 1000000000
/* A shorter time does not tell the rate. */
#define MEASURE_NS 500000000
/* Whatever corrects the host's clock changes its rate by less than one in this many. */
#define RATE_BOUND 1000

#define ATTEMPTS   5

/* Of several readings the one that took the least time. */
struct clock_pair clock_pair_read(void)
{
  struct clock_pair best = {0};
  uint64_t least_cycles = UINT64_MAX;
  for (unsigned int i = 0; i < ATTEMPTS; i++)
  {
    struct timespec now;
    uint64_t begin = __builtin_ia32_rdtsc();
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t cycles = __builtin_ia32_rdtsc() - begin;
    if (cycles >= least_cycles)
      continue;
    least_cycles = cycles;
    best = (struct clock_pair){
        .tsc = begin + cycles / 2,
        .realtime_ns = (uint64_t) now.tv_sec * SECOND_NS + (uint64_t) now.tv_nsec,
    };
  }
  return best;
}

struct clock_view clock_view_start(struct clock_pair now, uint64_t tsc_khz)
{
  return (struct clock_view){
      .tsc_base = now.tsc,
      .realtime_base_ns = now.realtime_ns,
      .ns_per_cycle = (uint64_t) (((unsigned __int128) 1000000 << 48) / tsc_khz),
  };
}

uint64_t clock_view_ns(const struct clock_view *view, uint64_t tsc)
{
  unsigned __int128 scaled = (unsigned __int128) (tsc - view->tsc_base) * view->ns_per_cycle;
  return view->realtime_base_ns + (uint64_t) (scaled >> 48);
}

struct clock_view clock_view_continue(const struct clock_view *view, uint64_t tsc,
                                      uint64_t ns_per_cycle)
{
  return (struct clock_view){
      .tsc_base = tsc,
      .realtime_base_ns = clock_view_ns(view, tsc),
      .ns_per_cycle = ns_per_cycle,
  };
}

struct clock_view clock_view_earlier(const struct clock_view *view, uint64_t cycles)
{
  uint64_t ns = (uint64_t) ((unsigned __int128) cycles * view->ns_per_cycle >> 48);
  return (struct clock_view){
      .tsc_base = view->tsc_base - cycles,
      .realtime_base_ns = view->realtime_base_ns - ns,
      .ns_per_cycle = view->ns_per_cycle,
  };
}

void clock_steering_start(struct clock_steering *steering, const struct clock_view *view)
{
  *steering = (struct clock_steering){
      .view = *view,
      .measured_from = {.tsc = view->tsc_base, .realtime_ns = view->realtime_base_ns},
      .nominal_ns_per_cycle = view->ns_per_cycle,
      .host_ns_per_cycle = view->ns_per_cycle,
  };
}

/* A rate beside all reason is none: the clock was set, or the TSC stood still meanwhile. */
static void measure(struct clock_steering *steering, struct clock_pair now)
{
  int64_t elapsed_ns = (int64_t) (now.realtime_ns - steering->measured_from.realtime_ns);
  uint64_t cycles = now.tsc - steering->measured_from.tsc;
  if (elapsed_ns >= 0 && elapsed_ns < MEASURE_NS)
    return;
  steering->measured_from = now;
  if (elapsed_ns < 0)
    return;
  unsigned __int128 rate = ((unsigned __int128) elapsed_ns << 48) / cycles;
  uint64_t bound = steering->nominal_ns_per_cycle / RATE_BOUND;
  if (rate >= steering->nominal_ns_per_cycle - bound &&
      rate <= steering->nominal_ns_per_cycle + bound)
    steering->host_ns_per_cycle = (uint64_t) rate;
}

bool clock_steer(struct clock_steering *steering, struct clock_pair now)
{
  bool forward = now.tsc > steering->view.tsc_base && now.tsc > steering->measured_from.tsc;
  int64_t behind_ns =
      forward ? (int64_t) (now.realtime_ns - clock_view_ns(&steering->view, now.tsc)) : INT64_MAX;
  if (behind_ns > CLOCK_STEP_NS || behind_ns < -CLOCK_STEP_NS)
  {
    steering->measured_from = now;
    steering->view = (struct clock_view){
        .tsc_base = now.tsc,
        .realtime_base_ns = now.realtime_ns,
        .ns_per_cycle = steering->host_ns_per_cycle,
    };
    return true;
  }
  measure(steering, now);
  __int128 correction = (__int128) steering->host_ns_per_cycle * behind_ns / SECOND_NS;
  uint64_t rate = steering->host_ns_per_cycle + (uint64_t) (int64_t) correction;
  steering->view = clock_view_continue(&steering->view, now.tsc, rate);
  return false;
}

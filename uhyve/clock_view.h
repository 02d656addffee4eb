/* The guest's view of the host's CLOCK_REALTIME, and how it is kept in step. */
#ifndef UHYVE_CLOCK_VIEW_H
#define UHYVE_CLOCK_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* A larger difference is set at once: somebody has set the clock, or the host was suspended. */
#define CLOCK_STEP_NS 1000000

/* What the guest computes with, as struct uhyve_clock has it: realtime is
 * realtime_base_ns + ((TSC - tsc_base) * ns_per_cycle >> 48). */
struct clock_view
{
  uint64_t tsc_base;
  uint64_t realtime_base_ns;
  uint64_t ns_per_cycle;
};

/* TSC and CLOCK_REALTIME at the same moment. */
struct clock_pair
{
  uint64_t tsc;
  uint64_t realtime_ns;
};

/* What is known of the host's clock. The two rates differ by what makes up for a difference. */
struct clock_steering
{
  struct clock_view view;
  struct clock_pair measured_from; /* the host's own rate is measured from here on */
  uint64_t nominal_ns_per_cycle;
  uint64_t host_ns_per_cycle; /* as measured */
};

struct clock_pair clock_pair_read(void);

/* The view that a guest starts with. */
struct clock_view clock_view_start(struct clock_pair now, uint64_t tsc_khz);

/* What the guest reads at that TSC. */
uint64_t clock_view_ns(const struct clock_view *view, uint64_t tsc);

/* The same view, but from that TSC on with another rate: it does not jump. */
struct clock_view clock_view_continue(const struct clock_view *view, uint64_t tsc,
                                      uint64_t ns_per_cycle);

/* The same view with its base so many cycles earlier. */
struct clock_view clock_view_earlier(const struct clock_view *view, uint64_t cycles);

void clock_steering_start(struct clock_steering *steering, const struct clock_view *view);

/* Compares the guest's view with the host's clock and sets steering->view. Small differences are
 * gone one second later, without a jump. Returns whether the view jumps. */
bool clock_steer(struct clock_steering *steering, struct clock_pair now);

#endif

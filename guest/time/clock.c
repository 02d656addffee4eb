/* Clocks on the TSC. */
#include "time/clock.h"

#include <stdbool.h>

#include "arch/x86_64/cpu.h"
#include "hypercall.h"
#include "start_info.h"
#include "time/tsc_scale.h"

/* Until then the clock at the start is good enough. */
#define FOLLOW_AFTER_NS 1000000000ull

static struct tsc_scale scale;
static bool is_following;

void clock_init(void)
{
  scale = tsc_scale_make(start_info->tsc_khz);
}

uint64_t clock_elapsed_ns(void)
{
  return tsc_scale_to_ns(&scale, cpu_tsc() - start_info->tsc_base);
}

uint64_t clock_monotonic_ns(void)
{
  return start_info->monotonic_base_ns + clock_elapsed_ns();
}

static void follow_host(void)
{
  if (__atomic_exchange_n(&is_following, true, __ATOMIC_RELAXED))
    return;
  HC_BLOCK(struct hc_clock) block = {0};
  hypercall(HC_clock, &block);
}

uint64_t clock_realtime_ns(void)
{
  const struct uhyve_clock *clock = &start_info->clock;
  if (!is_following && clock_elapsed_ns() > FOLLOW_AFTER_NS)
    follow_host();
  uint32_t sequence;
  uint64_t now_ns;
  do
  {
    while (((sequence = __atomic_load_n(&clock->sequence, __ATOMIC_ACQUIRE)) & 1) != 0)
      cpu_relax();
    struct tsc_scale follow = {.ns_per_cycle = clock->ns_per_cycle};
    uint64_t cycles = cpu_tsc() - clock->tsc_base;
    now_ns = clock->realtime_base_ns + tsc_scale_to_ns(&follow, cycles);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  } while (__atomic_load_n(&clock->sequence, __ATOMIC_RELAXED) != sequence);
  return now_ns;
}

/* A deadline that is further than the counter goes comes too early: then it is set again. */
#define MOST_CYCLES (1ull << 40)

uint64_t clock_timer_value(uint64_t deadline_tsc)
{
  if (start_info->apic_khz == 0 || deadline_tsc == 0)
    return deadline_tsc;
  uint64_t now_tsc = cpu_tsc();
  uint64_t cycles = deadline_tsc > now_tsc ? deadline_tsc - now_tsc : 0;
  if (cycles > MOST_CYCLES)
    cycles = MOST_CYCLES;
  uint64_t ticks = cycles * start_info->apic_khz / start_info->tsc_khz + 1;
  return ticks < UINT32_MAX ? ticks : UINT32_MAX;
}

uint64_t clock_resolution_ns(void)
{
  return start_info->tsc_khz >= 1000000 ? 1 : 1000000 / start_info->tsc_khz;
}

uint64_t clock_tsc_of_ns(uint64_t monotonic_ns)
{
  if (monotonic_ns == UINT64_MAX)
    return UINT64_MAX;
  if (monotonic_ns <= start_info->monotonic_base_ns)
    return start_info->tsc_base;
  return start_info->tsc_base +
         tsc_scale_from_ns(&scale, monotonic_ns - start_info->monotonic_base_ns);
}

uint64_t clock_cycles_of_ns(uint64_t ns)
{
  return tsc_scale_from_ns(&scale, ns);
}

uint64_t clock_ns_of_cycles(uint64_t cycles)
{
  return tsc_scale_to_ns(&scale, cycles);
}

/* Clocks and sleep on the TSC and its deadline timer. */
#include "time/clock.h"

#include "arch/x86_64/cpu.h"
#include "start_info.h"
#include "time/tsc_scale.h"

static struct tsc_scale scale;
static uint64_t slept_cycles;

void clock_init(void)
{
  scale = tsc_scale_make(start_info->tsc_khz);
}

uint64_t clock_elapsed_ns(void)
{
  return tsc_scale_to_ns(&scale, cpu_tsc() - start_info->tsc_base);
}

uint64_t clock_busy_ns(void)
{
  return tsc_scale_to_ns(&scale, cpu_tsc() - start_info->tsc_base - slept_cycles);
}

uint64_t clock_monotonic_ns(void)
{
  return start_info->monotonic_base_ns + clock_elapsed_ns();
}

uint64_t clock_realtime_ns(void)
{
  return start_info->realtime_base_ns + clock_elapsed_ns();
}

uint64_t clock_resolution_ns(void)
{
  return start_info->tsc_khz >= 1000000 ? 1 : 1000000 / start_info->tsc_khz;
}

void clock_sleep_until_ns(uint64_t deadline_monotonic_ns)
{
  if (deadline_monotonic_ns <= start_info->monotonic_base_ns)
    return;
  uint64_t deadline_tsc =
      start_info->tsc_base +
      tsc_scale_from_ns(&scale, deadline_monotonic_ns - start_info->monotonic_base_ns);
  uint64_t begin_tsc = cpu_tsc();
  cpu_mask_interrupts();
  while (cpu_tsc() < deadline_tsc)
  {
    nucleus_call(NUCLEUS_TIMER_ARM, deadline_tsc);
    cpu_idle_masked();
  }
  cpu_unmask_interrupts();
  slept_cycles += cpu_tsc() - begin_tsc;
}

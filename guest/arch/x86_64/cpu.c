/* Interrupt mask, data and FS base of CPUs. */
#include "cpu.h"

#include <stddef.h>

#include "sched/sched.h"
#include "signal/delivery.h"
#include "start_info.h"
#include "trap.h"

bool cpu_fsgsbase;

struct percpu *cpu_of(unsigned int index)
{
  uint64_t gva = start_info->cpu_area_gva + index * start_info->cpu_area_stride_bytes;
  return (struct percpu *) gva; /* NOLINT(performance-no-int-to-ptr) */
}

uint32_t cpu_apic_id(unsigned int index)
{
  const uint32_t *ids =
      (const uint32_t *) start_info->apic_ids_gva; /* NOLINT(performance-no-int-to-ptr) */
  return ids != NULL ? ids[index] : index;
}

void cpu_run_pending(void)
{
  struct percpu *cpu;
  do
  {
    cpu_mask_interrupts();
    cpu = cpu_this();
    interrupts_run(cpu);
    if (cpu->reschedule)
      sched_reschedule();
    cpu = cpu_this();
    __atomic_store_n(&cpu->area.masked, 0, __ATOMIC_SEQ_CST);
    /* From here on this may go on elsewhere: then somebody else has looked. */
  } while (__atomic_load_n(&cpu->area.pending, __ATOMIC_RELAXED) != 0);
  if (signals_wait(cpu_current()))
    signal_deliver();
}

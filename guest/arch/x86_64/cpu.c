/* Interrupt mask, idle and FS base of one CPU. */
#include "cpu.h"

#include "trap.h"

void cpu_unmask_interrupts(void)
{
  struct uhyve_upcall_area *area = cpu_upcall_area();
  for (;;)
  {
    __atomic_store_n(&area->masked, 0, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&area->pending, __ATOMIC_RELAXED) == 0)
      return;
    cpu_mask_interrupts();
    interrupts_run_pending(area);
  }
}

void cpu_idle_masked(void)
{
  nucleus_call(NUCLEUS_IDLE, 0);
  interrupts_run_pending(cpu_upcall_area());
}

void cpu_set_fs_base(const struct cpu_features *features, uint64_t base_gva)
{
  if (cpu_has_fsgsbase(features))
    __asm__ volatile("wrfsbase %0" : : "r"(base_gva));
  else
    nucleus_call(NUCLEUS_SET_FS, base_gva);
}

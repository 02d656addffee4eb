/* The order in which a guest comes up, and main() between. */
#include "boot.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/string/string_init.h"
#include "libc/start.h"
#include "sched/lifetime.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"
#include "tls.h"

struct uhyve_start_info *start_info;

/* The start information is there, and the scheduler stands: the other CPUs may begin. */
static uint32_t is_up;

_Noreturn void boot(struct uhyve_start_info *info)
{
  start_info = info;
  struct cpu_features features = cpu_features_read();
  /* The block lives as long as the main task: boot() does not return. */
  cpu_fsgsbase = cpu_has_fsgsbase(&features);
  main_task.fs_base =
      tls_init(__builtin_alloca_with_align(tls_block_bytes(), 8ul * TLS_ALIGN_BYTES));
  cpu_set_fs_base(main_task.fs_base);
  string_init(&features);
  clock_init();
  sched_init();
  tasks_init();
  __atomic_store_n(&is_up, 1, __ATOMIC_RELEASE);
  libc_start();
}

_Noreturn void boot_secondary(void)
{
  while (__atomic_load_n(&is_up, __ATOMIC_ACQUIRE) == 0)
    cpu_relax();
  sched_start_cpu();
}

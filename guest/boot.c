/* The order in which a guest comes up, and main() between. */
#include "boot.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/string/string_init.h"
#include "libc/start.h"
#include "mm/heap.h"
#include "start_info.h"
#include "time/clock.h"
#include "tls.h"

struct uhyve_start_info *start_info;

_Noreturn void boot(struct uhyve_start_info *info)
{
  start_info = info;
  struct cpu_features features = cpu_features_read();
  /* The block lives as long as the main task: boot() does not return. */
  tls_start(__builtin_alloca_with_align(tls_block_bytes(), 8ul * TLS_ALIGN_BYTES), &features);
  string_init(&features);
  clock_init();
  heap_init();
  libc_start();
}

_Noreturn void boot_secondary(void)
{
  for (;;)
    cpu_idle_masked();
}

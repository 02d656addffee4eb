/* What a guest without a monitor does before its program begins. */
#include "bare/begin.h"

#include "arch/x86_64/cpu.h"
#include "bare/line_input.h"
#include "bare/pci_log.h"
#include "bare/virtio_console.h"
#include "boot.h"
#include "net/driver/attention.h"
#include "start_info.h"

static void wake_others(void)
{
  for (uint32_t i = 1; i < start_info->cpu_count; i++)
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(i), UHYVE_VECTOR_WAKE);
}

void bare_begin(void)
{
  wake_others();
  virtio_console_find();
  pci_log();
  line_input_begin();
  if (net_set_aside != NULL)
    net_set_aside();
}

/* CPUs come one after the other, and there may be many that share a few processors: they sleep
 * until all are there. */
void bare_secondary(void)
{
  nucleus_call(NUCLEUS_IDLE, 0, 0);
  boot_secondary();
}

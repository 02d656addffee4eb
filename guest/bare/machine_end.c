/* Ends the machine by what there is. */
#include "bare/machine_end.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/port_io.h"
#include "arch/x86_64/switch_off.h"
#include "bare/console.h"
#include "bare/serial_terminal.h"
#include "mm/address.h"
#include "start_info.h"

#define PORT_DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit */

static void turn_off(void)
{
  const struct switch_off_ports ports = {port_write8, port_read16, port_write16};
  const struct uhyve_power_off *off = &start_info->power_off;
  switch_off(off, address_of_gpa(off->register_gpa), &ports);
}

void machine_begin_end(void)
{
  static bool has_begun;
  static uint32_t who;
  uint32_t cpu = cpu_this()->area.cpu;
  cpu_mask_interrupts();
  if (!__atomic_exchange_n(&has_begun, true, __ATOMIC_SEQ_CST))
    __atomic_store_n(&who, cpu + 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&who, __ATOMIC_SEQ_CST) != cpu + 1)
    cpu_relax();
  terminal_take_over();
}

_Noreturn void machine_end(int status)
{
  machine_begin_end();
  console_print("uhyve: ended with status ");
  console_print_number((uint64_t) status, 10);
  console_print("\n");
  console_end();
  port_write8(PORT_DEBUG_EXIT, (uint8_t) status);
  turn_off();
  for (;;)
    nucleus_call(NUCLEUS_RESET, 0, 0);
}

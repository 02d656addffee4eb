/* Ends the machine by what there is. */
#include "bare/machine_end.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/port_io.h"
#include "bare/console.h"
#include "bare/serial_terminal.h"
#include "mm/address.h"
#include "start_info.h"

#define PORT_DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit */

#define ACPI_IS_ENABLED 1u /* in the control register: SCI_EN */
#define TYPE_AND_ENABLE 0x3c00u

/* So long the firmware may take to turn to ACPI, and the machine to switch itself off. */
#define MOST_LOOKS 1000000

/* The register in the chipset keeps its other bits. */
static void write_control(uint16_t port, uint16_t value)
{
  if (port != 0)
    port_write16(port, (uint16_t) ((port_read16(port) & ~TYPE_AND_ENABLE) | value));
}

static void switch_off(const struct uhyve_power_off *off)
{
  if (off->register_gpa == 0 && off->sleep_port == 0 && off->port[0] == 0)
    return;
  if (off->register_gpa != 0)
    *(volatile uint8_t *) address_of_gpa(off->register_gpa) = (uint8_t) off->value[0];
  if (off->sleep_port != 0)
    port_write8(off->sleep_port, (uint8_t) off->value[0]);
  if (off->port[0] != 0 && off->enable_port != 0 &&
      (port_read16(off->port[0]) & ACPI_IS_ENABLED) == 0)
  {
    port_write8(off->enable_port, off->enable_value);
    for (int i = 0; i < MOST_LOOKS && (port_read16(off->port[0]) & ACPI_IS_ENABLED) == 0; i++)
      cpu_relax();
  }
  write_control(off->port[0], off->value[0]);
  write_control(off->port[1], off->value[1]);
  for (int i = 0; i < MOST_LOOKS; i++)
    cpu_relax();
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
  switch_off(&start_info->power_off);
  for (;;)
    nucleus_call(NUCLEUS_RESET, 0, 0);
}

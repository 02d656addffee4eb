/* How ACPI switches a machine off (ACPI specification 6.4, 4.8.3 and 16.1): one sequence for the
 * boot in ring 0 and for the end of the program in ring 3, which have other ways to ports. */
#ifndef GUEST_ARCH_SWITCH_OFF_H
#define GUEST_ARCH_SWITCH_OFF_H

#include <stdint.h>

#include "hypercalls/start_info.h"

#define SWITCH_OFF_IS_ENABLED      1u /* in the control register: SCI_EN */
#define SWITCH_OFF_TYPE_AND_ENABLE 0x3c00u

/* So long the firmware may take to turn to ACPI, and the machine to switch itself off. */
#define SWITCH_OFF_MOST_LOOKS 1000000

/* Ways to a port of that many bits. */
struct switch_off_ports
{
  void (*write8)(uint16_t port, uint8_t value);
  uint16_t (*read16)(uint16_t port);
  void (*write16)(uint16_t port, uint16_t value);
};

/* The register in the chipset keeps its other bits. */
static inline void switch_off_control(const struct switch_off_ports *ports, uint16_t port,
                                      uint16_t value)
{
  if (port != 0)
    ports->write16(port, (uint16_t) ((ports->read16(port) & ~SWITCH_OFF_TYPE_AND_ENABLE) | value));
}

/* sleep_register: where register_gpa is reached, if there is one. Returns if the machine is still
 * on. */
static inline void switch_off(const struct uhyve_power_off *off, volatile uint8_t *sleep_register,
                              const struct switch_off_ports *ports)
{
  if (off->register_gpa == 0 && off->sleep_port == 0 && off->port[0] == 0)
    return;
  if (off->register_gpa != 0)
    *sleep_register = (uint8_t) off->value[0];
  if (off->sleep_port != 0)
    ports->write8(off->sleep_port, (uint8_t) off->value[0]);
  if (off->port[0] != 0 && off->enable_port != 0 &&
      (ports->read16(off->port[0]) & SWITCH_OFF_IS_ENABLED) == 0)
  {
    ports->write8(off->enable_port, off->enable_value);
    for (int i = 0;
         i < SWITCH_OFF_MOST_LOOKS && (ports->read16(off->port[0]) & SWITCH_OFF_IS_ENABLED) == 0;
         i++)
      __builtin_ia32_pause();
  }
  switch_off_control(ports, off->port[0], off->value[0]);
  switch_off_control(ports, off->port[1], off->value[1]);
  for (int i = 0; i < SWITCH_OFF_MOST_LOOKS; i++)
    __builtin_ia32_pause();
}

#endif

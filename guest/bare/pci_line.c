/* Lines of PCI devices (PCI Local Bus Specification 3.0, 2.2.6), which devices share.
 *
 * A device holds its line up until a driver has taken the cause. The I/O APIC is set to interrupt
 * when a line rises and not while it is up: the nucleus acknowledges an interrupt before a driver
 * has looked, and a line that is up would interrupt again at once, for ever. No interrupt is lost
 * by that:
 *
 * - Whoever can have a line up has a driver that is asked here: all other devices have their lines
 *   switched off when the first one is used.
 * - A driver says that there is no cause only if it reads so in the device, whose part of the line
 *   is down then. All those registers (E1000: ICR, RTL8139: ISR, virtio: ISR status) hold causes
 *   until they are read or written here, and nobody else reads them meanwhile: UHYVE_VECTOR_LINE
 *   comes to CPU 0 alone.
 * - The last turn of the loop below finds no cause in any device. When the first one was read, none
 *   of the others had one either: it would still be there when that one is read. So all were down
 *   at that moment, behind the acknowledge, and a device that has a cause afterwards has its line
 *   rise, which the I/O APIC keeps until it is taken.
 * - Where causes come faster than they are taken, this CPU interrupts itself to go on.
 *
 * Runs in upcalls. */
#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "bare/console.h"
#include "bare/io_apic.h"
#include "bare/pci.h"
#include "net/driver/attention.h"
#include "posix/stream_io.h"

#define MOST_TURNS        16 /* without a pause */

#define NO_INTERRUPT_LINE 0xff

static bool take_causes(bool *is_console)
{
  bool is_taken = console_take_cause();
  *is_console = *is_console || is_taken;
  return (net_take_causes != NULL && net_take_causes()) || is_taken;
}

void pci_line_interrupt(void)
{
  bool is_console = false, any = true;
  for (int i = 0; i < MOST_TURNS && any; i++)
    any = take_causes(&is_console);
  if (any)
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(cpu_this()->area.cpu), UHYVE_VECTOR_LINE);
  if (is_console)
    stream_interrupt();
  if (net_interrupt != NULL)
    net_interrupt();
}

bool pci_has_line(const struct pci_device *device)
{
  return device->interrupt_line != 0 && device->interrupt_line != NO_INTERRUPT_LINE;
}

static bool switch_off(const struct pci_device *device, void *context)
{
  (void) context;
  pci_set_line(device, false);
  return false;
}

/* Firmware notes an interrupt of a PC, and on some machines a line behind these: those are PCI's
 * own, which are up when their level is low. */
int pci_use_line(const struct pci_device *device)
{
  static bool is_quiet;
  unsigned int line = device->interrupt_line;
  if (!pci_has_line(device))
    return -ENOSYS;
  if (!is_quiet)
    pci_find(switch_off, NULL);
  is_quiet = true;
  pci_set_line(device, true);
  return line < UHYVE_ISA_LINES ? io_apic_use_isa(line, UHYVE_VECTOR_LINE)
                                : io_apic_use(line, UHYVE_VECTOR_LINE, true);
}

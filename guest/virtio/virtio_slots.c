/* Where a machine without a monitor may have virtio devices behind memory-mapped registers: where
 * the command line says so, or in the slots that QEMU's microvm has. */
#include "virtio/virtio_slots.h"

#include <errno.h>
#include <stddef.h>

#include "bare/console.h"
#include "bare/io_apic.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "mm/address.h"

#define SLOTS_GPA  0xfeb00000ull
#define SLOT_BYTES 512ull

/* With firmware's tables (ACPI) the lines are those of a second I/O APIC; where that is left out,
 * those behind the legacy devices; without tables some among these. */
#define SLOTS         24u
#define FIRST_LINE    24u
#define FEW_SLOTS     8u
#define FEW_TABLES    16u
#define FEW_NO_TABLES 5u

#define END_GPA       0xfec00000ull /* of registers that the boot has mapped */

struct virtio_slot virtio_slot_named(const struct uhyve_interface *interface)
{
  return (struct virtio_slot){.registers_gpa = interface->registers_gpa,
                              .lines = {interface->interrupt_line},
                              .line_count = 1};
}

static bool is_there(const struct pci_device *pci, void *context)
{
  (void) pci;
  (void) context;
  return true;
}

bool virtio_slots_find(bool (*found)(const struct virtio_slot *slot, void *context), void *context)
{
  if (pci_find(is_there, NULL))
    return false;
  bool has_all = io_apic_has(FIRST_LINE);
  for (unsigned int number = 0; number < (has_all ? SLOTS : FEW_SLOTS); number++)
  {
    const struct virtio_slot slot = {
        .registers_gpa = SLOTS_GPA + number * SLOT_BYTES,
        .lines = {(has_all ? FIRST_LINE : FEW_TABLES) + number, FEW_NO_TABLES + number},
        .line_count = has_all ? 1 : VIRTIO_SLOT_MOST_LINES};
    if (found(&slot, context))
      return true;
  }
  return false;
}

/* The command line may say anything. */
static bool is_mapped(uint64_t registers_gpa)
{
  uint64_t last_gpa = registers_gpa + SLOT_BYTES - 1;
  return registers_gpa % sizeof(uint32_t) == 0 && last_gpa < END_GPA &&
         address_to_gpa(address_of_gpa(registers_gpa), ADDRESS_WRITE) == registers_gpa &&
         address_to_gpa(address_of_gpa(last_gpa), ADDRESS_WRITE) == last_gpa;
}

int virtio_slot_probe(struct virtio_device *device, const struct virtio_slot *slot, uint32_t type)
{
  if (!is_mapped(slot->registers_gpa))
    return -ENXIO;
  int error = virtio_mmio_probe(device, slot->registers_gpa, type);
  if (error != -ENOTSUP)
    return error;
  bare_log_begin(BARE_LOG_QUIET);
  console_print(type == VIRTIO_TYPE_CONSOLE ? "uhyve: a console" : "uhyve: a network card");
  console_print(" cannot be used: its virtio is older than 1.0 (QEMU: "
                "-global virtio-mmio.force-legacy=false)\n");
  return error;
}

int virtio_slot_use_lines(struct virtio_device *device, const struct virtio_slot *slot,
                          uint8_t vector)
{
  int error = -ENOSYS;
  for (unsigned int i = 0; i < slot->line_count; i++)
    if (virtio_mmio_use_line(device, slot->lines[i], vector) == 0)
      error = 0;
  return error;
}

/* Where a machine without a monitor may have virtio devices behind memory-mapped registers: where
 * the command line says so, or in the slots that QEMU's microvm has. */
#include "virtio/virtio_slots.h"

#include <errno.h>
#include <stddef.h>

#include "bare/console.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "mm/address.h"

#define SLOTS_GPA  0xfeb00000ull
#define SLOT_BYTES 512ull
#define SLOTS      24u

#define END_GPA    0xfec00000ull /* of registers that the boot has mapped */

/* Where lines of slots begin: with firmware's tables (ACPI) behind those of legacy devices, or on
 * an I/O APIC of their own; without tables among those. */
static const unsigned int first_lines[VIRTIO_SLOT_MOST_LINES] = {5, 16, 24};

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
  for (unsigned int number = 0; number < SLOTS; number++)
  {
    struct virtio_slot slot = {.registers_gpa = SLOTS_GPA + number * SLOT_BYTES,
                               .line_count = VIRTIO_SLOT_MOST_LINES};
    for (unsigned int i = 0; i < VIRTIO_SLOT_MOST_LINES; i++)
      slot.lines[i] = first_lines[i] + number;
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

/* PCI devices of a guest without a monitor: by ports, or by memory (ECAM) where ACPI says so. */
#ifndef GUEST_BARE_PCI_H
#define GUEST_BARE_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_MOST_BARS 6

/* A function of a device. */
struct pci_device
{
  uint8_t bus, device, function;
  uint16_t vendor_id, device_id;
  uint8_t base_class, sub_class;
  uint8_t interrupt_line; /* of the I/O APIC, as the firmware has noted it */
};

/* Where a base address register points. */
struct pci_bar
{
  bool is_port;
  uint64_t address;   /* port, or guest-physical */
  uint64_t len_bytes; /* 0: there is none, or firmware has given it no place */
};

/* Calls `found` for each function behind all bridges, until it returns true; returns whether it
 * has. */
bool pci_find(bool (*found)(const struct pci_device *device, void *context), void *context);

uint32_t pci_read32(const struct pci_device *device, uint16_t offset);
uint16_t pci_read16(const struct pci_device *device, uint16_t offset);
uint8_t pci_read8(const struct pci_device *device, uint16_t offset);
void pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value);
void pci_write16(const struct pci_device *device, uint16_t offset, uint16_t value);

struct pci_bar pci_bar(const struct pci_device *device, unsigned int index);

/* Where registers in memory are mapped, uncached; null: they are ports, or there is no page table.
 */
volatile void *pci_map(const struct pci_bar *bar);

/* Has the device answer at its registers, and be master of the bus. */
void pci_enable(const struct pci_device *device);

/* The first capability of a kind (PCI 3.0, appendix H), or 0. */
uint8_t pci_find_capability(const struct pci_device *device, uint8_t kind, uint8_t behind);

/* One message of MSI-X, by its place in the table, comes to CPU 0 as a vector. Returns 0, -ENOSYS.
 */
int pci_use_message(const struct pci_device *device, unsigned int entry, uint8_t vector);

/* Has interrupts of the device come to CPU 0: by MSI-X (entry 0) or MSI as a vector, else by its
 * line as UHYVE_VECTOR_LINE. A line interrupts when it rises, and several devices may share it:
 * what had risen before has to be taken by pci_line_interrupt() when the driver stands. Returns 0
 * or -ENOSYS. */
int pci_use_interrupt(const struct pci_device *device, uint8_t vector);

/* ---- pci_line.c ---- */

/* The handler of UHYVE_VECTOR_LINE; masked. */
void pci_line_interrupt(void);

/* Has the device's line interrupt, and no device that has no driver. Returns 0 or -ENOSYS. */
int pci_use_line(const struct pci_device *device);

/* Whether firmware has noted one. */
bool pci_has_line(const struct pci_device *device);

/* Whether the device interrupts by its line. */
void pci_set_line(const struct pci_device *device, bool is_used);

#endif

/* Interrupts of PCI devices (PCI Local Bus Specification 3.0, 6.8), and where their registers are
 * mapped. */
#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/boot/boot_layout.h"
#include "arch/x86_64/cpu.h"
#include "bare/pci.h"
#include "mm/address.h"
#include "mm/virtual_state.h"

#define CAPABILITY_MESSAGES       0x05
#define CAPABILITY_MESSAGES_TABLE 0x11

/* 6.8.1 */
#define MESSAGES_CONTROL      2
#define MESSAGES_ADDRESS      4
#define MESSAGES_DATA         8
#define MESSAGES_ADDRESS_HIGH 8
#define MESSAGES_DATA_LONG    12
#define MESSAGES_ENABLED      1u
#define MESSAGES_SEVERAL      0x70u
#define MESSAGES_IS_LONG      0x80u

/* 6.8.2 */
#define TABLE_CONTROL    2
#define TABLE_PLACE      4
#define TABLE_PLACE_BAR  7u
#define TABLE_LAST_ENTRY 0x7ffu
#define TABLE_MASKED     0x4000u
#define TABLE_ENABLED    0x8000u

struct table_entry
{
  uint32_t address_low, address_high;
  uint32_t data;
  uint32_t control; /* bit 0: masked */
};

/* Intel SDM vol. 3A (June 2023), 10.11.1 */
#define MESSAGE_APIC      12
#define MESSAGE_APIC_MOST 0xffu /* there are 8 bits */

#define REGISTERS_END_GPA 0xfec00000ull /* of what the boot has mapped below 4 GiB */

/* Page by page: devices' registers may share one. */
static int map_pages(uint64_t gva, uint64_t gpa, uint64_t len_bytes)
{
  int error = 0;
  uint32_t was_masked = virtual_lock();
  for (uint64_t done = 0; done < len_bytes && error == 0; done += PAGE_BYTES)
  {
    if (paging_translate(gva + done).mapped)
      continue;
    error = tables_spare(3) ? paging_map(gva + done, gpa + done, PAGE_BYTES,
                                         PAGING_READ | PAGING_WRITE | PAGING_UNCACHED, PAGE_BYTES)
                            : -ENOMEM;
  }
  virtual_unlock(was_masked);
  return error;
}

volatile void *pci_map(const struct pci_bar *bar)
{
  if (bar->is_port || bar->len_bytes == 0)
    return NULL;
  uint64_t begin = bar->address & ~(PAGE_BYTES - 1);
  uint64_t end = (bar->address + bar->len_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  if (end > REGISTERS_END_GPA &&
      map_pages((uint64_t) address_of_gpa(begin), begin, end - begin) != 0)
    return NULL;
  return address_of_gpa(bar->address);
}

static uint32_t message_address(void)
{
  return LOCAL_APIC_GPA | cpu_apic_id(0) << MESSAGE_APIC;
}

int pci_use_message(const struct pci_device *device, unsigned int entry, uint8_t vector)
{
  uint8_t at = pci_find_capability(device, CAPABILITY_MESSAGES_TABLE, 0);
  if (at == 0 || cpu_apic_id(0) > MESSAGE_APIC_MOST)
    return -ENOSYS;
  uint16_t control = pci_read16(device, at + TABLE_CONTROL);
  uint32_t place = pci_read32(device, at + TABLE_PLACE);
  const struct pci_bar bar = pci_bar(device, place & TABLE_PLACE_BAR);
  volatile unsigned char *registers = pci_map(&bar);
  uint32_t offset = place & ~TABLE_PLACE_BAR;
  if (registers == NULL || entry > (control & TABLE_LAST_ENTRY) ||
      offset + (entry + 1) * sizeof(struct table_entry) > bar.len_bytes)
    return -ENOSYS;
  volatile struct table_entry *table = (volatile void *) (registers + offset);
  pci_write16(device, at + TABLE_CONTROL, control | TABLE_ENABLED | TABLE_MASKED);
  table[entry].address_low = message_address();
  table[entry].address_high = 0;
  table[entry].data = vector;
  table[entry].control = 0;
  pci_write16(device, at + TABLE_CONTROL, (uint16_t) ((control | TABLE_ENABLED) & ~TABLE_MASKED));
  return 0;
}

static int use_single_message(const struct pci_device *device, uint8_t vector)
{
  uint8_t at = pci_find_capability(device, CAPABILITY_MESSAGES, 0);
  if (at == 0 || cpu_apic_id(0) > MESSAGE_APIC_MOST)
    return -ENOSYS;
  uint32_t control = pci_read16(device, at + MESSAGES_CONTROL);
  bool is_long = (control & MESSAGES_IS_LONG) != 0;
  pci_write32(device, at + MESSAGES_ADDRESS, message_address());
  if (is_long)
    pci_write32(device, at + MESSAGES_ADDRESS_HIGH, 0);
  pci_write16(device, (uint16_t) (at + (is_long ? MESSAGES_DATA_LONG : MESSAGES_DATA)), vector);
  pci_write16(device, at + MESSAGES_CONTROL,
              (uint16_t) ((control & ~MESSAGES_SEVERAL) | MESSAGES_ENABLED));
  return 0;
}

int pci_use_interrupt(const struct pci_device *device, uint8_t vector)
{
  if (pci_use_message(device, 0, vector) == 0 || use_single_message(device, vector) == 0)
    return 0;
  return pci_use_line(device);
}

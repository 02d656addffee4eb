/* PCI devices (PCI Local Bus Specification 3.0, chapter 6): their configuration, which memory or
 * ports reach, and what drivers need of it. */
#include "bare/pci.h"

#include <stddef.h>

#include "arch/x86_64/port_io.h"
#include "sched/spinlock.h"
#include "start_info.h"

/* 3.2.2.3.2 */
#define PORT_ADDRESS    0xcf8
#define PORT_DATA       0xcfc
#define ADDRESS_ENABLED 0x80000000u

#define REACH_BYTES     256u /* by ports */

/* PCI Express Base Specification 3.0, 7.2.2 */
#define ECAM_BYTES 4096u /* of each function */

/* 6.1, 6.2; bridges: PCI-to-PCI Bridge Architecture Specification 1.2, 3.2 */
#define VENDOR          0x00
#define DEVICE          0x02
#define COMMAND         0x04
#define STATUS          0x06
#define SUB_CLASS       0x0a
#define BASE_CLASS      0x0b
#define HEADER_TYPE     0x0e
#define FIRST_BAR       0x10
#define BUS_BEHIND      0x19
#define CAPABILITIES    0x34
#define INTERRUPT_LINE  0x3c

#define NO_VENDOR       0xffff

#define COMMAND_PORTS   1u
#define COMMAND_MEMORY  2u
#define COMMAND_MASTER  4u
#define COMMAND_NO_LINE 0x400u

#define STATUS_HAS_LIST 0x10u

#define HEADER_KIND     0x7fu
#define HEADER_BRIDGE   1u
#define HEADER_SEVERAL  0x80u

#define BAR_PORT        1u
#define BAR_LONG        4u
#define BAR_LONG_MASK   6u

#define MOST_DEVICES    32
#define MOST_FUNCTIONS  8
#define MOST_LIST       48

/* Between the address and the data nobody may come. */
static struct spinlock lock;

static void select(const struct pci_device *device, uint16_t offset)
{
  port_write32(PORT_ADDRESS, ADDRESS_ENABLED | (uint32_t) device->bus << 16 |
                                 (uint32_t) device->device << 11 |
                                 (uint32_t) device->function << 8 | (offset & 0xfcu));
}

/* Where memory has something of a function, or null. */
static volatile void *in_memory(const struct pci_device *device, uint16_t offset)
{
  if (device->bus >= start_info->ecam_buses || offset >= ECAM_BYTES)
    return NULL;
  uint64_t number = (uint64_t) device->bus << 8 | (uint64_t) device->device << 3 | device->function;
  const struct pci_bar function = {.address = start_info->ecam_gpa + number * ECAM_BYTES,
                                   .len_bytes = ECAM_BYTES};
  volatile unsigned char *begin = pci_map(&function);
  return begin != NULL ? begin + offset : NULL;
}

uint32_t pci_read32(const struct pci_device *device, uint16_t offset)
{
  volatile uint32_t *at = in_memory(device, offset & 0xfffcu);
  if (at != NULL)
    return *at;
  if (offset >= REACH_BYTES)
    return UINT32_MAX;
  uint32_t was_masked = spinlock_lock_masked(&lock);
  select(device, offset);
  uint32_t value = port_read32(PORT_DATA);
  spinlock_unlock_restore(&lock, was_masked);
  return value;
}

uint16_t pci_read16(const struct pci_device *device, uint16_t offset)
{
  return (uint16_t) (pci_read32(device, offset) >> 8 * (offset & 2u));
}

uint8_t pci_read8(const struct pci_device *device, uint16_t offset)
{
  return (uint8_t) (pci_read32(device, offset) >> 8 * (offset & 3u));
}

void pci_write32(const struct pci_device *device, uint16_t offset, uint32_t value)
{
  volatile uint32_t *at = in_memory(device, offset);
  if (at != NULL)
    *at = value;
  if (at != NULL || offset >= REACH_BYTES)
    return;
  uint32_t was_masked = spinlock_lock_masked(&lock);
  select(device, offset);
  port_write32(PORT_DATA, value);
  spinlock_unlock_restore(&lock, was_masked);
}

/* No more than these two bytes: beside the command is the status, where ones clear. */
void pci_write16(const struct pci_device *device, uint16_t offset, uint16_t value)
{
  volatile uint16_t *at = in_memory(device, offset);
  if (at != NULL)
    *at = value;
  if (at != NULL || offset >= REACH_BYTES)
    return;
  uint32_t was_masked = spinlock_lock_masked(&lock);
  select(device, offset);
  port_write16((uint16_t) (PORT_DATA + (offset & 2u)), value);
  spinlock_unlock_restore(&lock, was_masked);
}

/* ---- Which there are ---- */

#define MOST_BUSES 256u

struct search
{
  bool (*found)(const struct pci_device *device, void *context);
  void *context;
  bool is_seen[MOST_BUSES];
  bool is_any; /* there was a device */
};

/* Where a search has found nothing: that need not be looked at again. */
static bool is_empty[MOST_BUSES];

static bool read_function(struct pci_device *device)
{
  device->vendor_id = pci_read16(device, VENDOR);
  if (device->vendor_id == NO_VENDOR)
    return false;
  device->device_id = pci_read16(device, DEVICE);
  device->sub_class = pci_read8(device, SUB_CLASS);
  device->base_class = pci_read8(device, BASE_CLASS);
  device->interrupt_line = pci_read8(device, INTERRUPT_LINE);
  return true;
}

static bool search_bus(struct search *search, unsigned int bus);

/* Buses behind a bridge have higher numbers than its own: the search ends. */
static bool search_function(struct search *search, const struct pci_device *device)
{
  search->is_any = true;
  if (search->found(device, search->context))
    return true;
  if ((pci_read8(device, HEADER_TYPE) & HEADER_KIND) != HEADER_BRIDGE)
    return false;
  uint8_t bus = pci_read8(device, BUS_BEHIND);
  return bus > device->bus && search_bus(search, bus);
}

static bool search_device(struct search *search, struct pci_device *device)
{
  unsigned int count = 1;
  for (unsigned int function = 0; function < count; function++)
  {
    device->function = (uint8_t) function;
    if (!read_function(device))
    {
      if (function == 0)
        return false;
      continue;
    }
    if (function == 0 && (pci_read8(device, HEADER_TYPE) & HEADER_SEVERAL) != 0)
      count = MOST_FUNCTIONS;
    if (search_function(search, device))
      return true;
  }
  return false;
}

static bool search_bus(struct search *search, unsigned int bus)
{
  search->is_seen[bus] = true;
  for (unsigned int number = 0; number < MOST_DEVICES; number++)
  {
    struct pci_device device = {.bus = (uint8_t) bus, .device = (uint8_t) number};
    if (search_device(search, &device))
      return true;
  }
  return false;
}

/* Buses that no bridge leads to: of other host bridges, which machines with several sockets have.
 */
static bool search_other_roots(struct search *search)
{
  unsigned int end = start_info->ecam_buses != 0 ? start_info->ecam_buses : MOST_BUSES;
  for (unsigned int bus = 1; bus < end && bus < MOST_BUSES; bus++)
  {
    if (search->is_seen[bus] || is_empty[bus])
      continue;
    search->is_any = false;
    if (search_bus(search, bus))
      return true;
    is_empty[bus] = !search->is_any;
  }
  return false;
}

bool pci_find(bool (*found)(const struct pci_device *device, void *context), void *context)
{
  struct search search = {.found = found, .context = context};
  if (search_bus(&search, 0))
    return true;
  /* That is thousands of registers: hundreds of milliseconds where each is an exit to a hypervisor.
   */
  return search.is_any && start_info->pci_roots != 1 && search_other_roots(&search);
}

/* ---- What a device has ---- */

static uint16_t bar_offset(unsigned int index)
{
  return (uint16_t) (FIRST_BAR + 4 * index);
}

static bool is_long(uint32_t low)
{
  return (low & BAR_PORT) == 0 && (low & BAR_LONG_MASK) == BAR_LONG;
}

/* Whether it is the upper half of the one before. */
static bool is_upper_half(const struct pci_device *device, unsigned int index)
{
  unsigned int at = 0;
  while (at < index)
    at += is_long(pci_read32(device, bar_offset(at))) ? 2 : 1;
  return at != index;
}

/* Which bits of an address can be set (6.2.5.1). */
static uint32_t settable(const struct pci_device *device, unsigned int index)
{
  uint32_t value = pci_read32(device, bar_offset(index));
  pci_write32(device, bar_offset(index), UINT32_MAX);
  uint32_t bits = pci_read32(device, bar_offset(index));
  pci_write32(device, bar_offset(index), value);
  return bits;
}

struct pci_bar pci_bar(const struct pci_device *device, unsigned int index)
{
  if (index >= PCI_MOST_BARS || is_upper_half(device, index))
    return (struct pci_bar){.len_bytes = 0};
  uint32_t low = pci_read32(device, bar_offset(index));
  bool is_port = (low & BAR_PORT) != 0;
  bool has_upper_half = is_long(low) && index + 1 < PCI_MOST_BARS;
  uint32_t flags = is_port ? 3 : 15;
  uint16_t command = pci_read16(device, COMMAND);
  pci_write16(device, COMMAND, (uint16_t) (command & ~(COMMAND_PORTS | COMMAND_MEMORY)));
  uint64_t address = low & ~flags;
  uint64_t bits = settable(device, index) & ~flags;
  if (has_upper_half)
  {
    address |= (uint64_t) pci_read32(device, bar_offset(index + 1)) << 32;
    bits |= (uint64_t) settable(device, index + 1) << 32;
  }
  pci_write16(device, COMMAND, command);
  /* The lowest bit that can be set is the size. */
  return (struct pci_bar){.is_port = is_port,
                          .address = is_port ? address & 0xffff : address,
                          .len_bytes = address != 0 ? bits & -bits : 0};
}

void pci_enable(const struct pci_device *device)
{
  uint32_t command = pci_read16(device, COMMAND) | COMMAND_PORTS | COMMAND_MEMORY | COMMAND_MASTER;
  pci_write16(device, COMMAND, (uint16_t) command);
}

void pci_set_line(const struct pci_device *device, bool is_used)
{
  uint32_t command = pci_read16(device, COMMAND) & ~COMMAND_NO_LINE;
  pci_write16(device, COMMAND, (uint16_t) (command | (is_used ? 0 : COMMAND_NO_LINE)));
}

uint8_t pci_find_capability(const struct pci_device *device, uint8_t kind, uint8_t behind)
{
  if ((pci_read16(device, STATUS) & STATUS_HAS_LIST) == 0)
    return 0;
  uint16_t link = behind == 0 ? CAPABILITIES : behind + 1;
  for (unsigned int i = 0; i < MOST_LIST; i++)
  {
    uint8_t at = pci_read8(device, link) & 0xfcu;
    if (at == 0 || pci_read8(device, at) == kind)
      return at;
    link = at + 1;
  }
  return 0;
}

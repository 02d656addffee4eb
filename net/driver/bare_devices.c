/* Network devices of a machine without a monitor: those on PCI, and if there is no PCI, those in
 * the slots for virtio-mmio that QEMU's microvm has. */
#include "net/driver/bare_devices.h"

#include <errno.h>

#include "bare/console.h"
#include "bare/pci.h"
#include "mm/kernel_heap.h"
#include "net/driver/cards.h"
#include "start_info.h"

struct list
{
  struct net_device *first;
  struct net_device **end;
  uint32_t count; /* with those that the start information names */
};

static void add(struct list *list, struct net_device *device)
{
  device->interface = list->count++;
  *list->end = device;
  list->end = &device->next;
}

static struct virtio_net *allocate(void)
{
  struct virtio_net *net = kernel_allocate_zeroed(sizeof(*net));
  if (net != NULL)
    net->most_pairs = start_info->cpu_count;
  return net;
}

/* ---- PCI ---- */

/* A driver of network cards: null if the device is another's, or does not start. */
static struct net_device *start_virtio(const struct pci_device *pci)
{
  struct virtio_net *net = allocate();
  if (net == NULL)
    return NULL;
  if (virtio_pci_probe(&net->virtio, pci, VIRTIO_TYPE_NETWORK) == 0 &&
      virtio_net_start_found(net) == 0)
    return &net->device;
  kernel_free(net, sizeof(*net));
  return NULL;
}

static struct net_device *(*const drivers[])(const struct pci_device *pci) = {
    start_virtio,
    e1000_start,
    rtl8139_start,
};

#define CLASS_NETWORK 2

/* A program that waits for a network would not say why there is none. */
static void tell_of_card(const struct pci_device *pci)
{
  console_print("uhyve: a network card cannot be used: PCI device 0x");
  console_print_number(pci->vendor_id, 16);
  console_print(", 0x");
  console_print_number(pci->device_id, 16);
  console_print("\n");
}

static bool start_found(const struct pci_device *pci, void *context)
{
  struct list *list = context;
  if (pci->base_class != CLASS_NETWORK)
    return false;
  struct net_device *device = NULL;
  for (unsigned int i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && device == NULL; i++)
    device = drivers[i](pci);
  if (device != NULL)
    add(list, device);
  else
    tell_of_card(pci);
  return list->count == UHYVE_MOST_INTERFACES;
}

static bool is_there(const struct pci_device *pci, void *context)
{
  (void) pci;
  (void) context;
  return true;
}

/* ---- Behind registers that no bus tells of ---- */

#define SLOTS_GPA  0xfeb00000ull
#define SLOT_BYTES 512ull
#define SLOTS      24u

/* Where lines of slots begin: with firmware's tables (ACPI) behind those of legacy devices, or on
 * an I/O APIC of their own; without tables among those. Nothing else uses any of them. */
static const unsigned int first_lines[] = {5, 16, 24};

static int probe(struct virtio_device *device, uint64_t registers_gpa)
{
  int error = virtio_mmio_probe(device, registers_gpa, VIRTIO_TYPE_NETWORK);
  if (error == -ENOTSUP)
    console_print("uhyve: a network card cannot be used: its virtio is older than 1.0 (QEMU: "
                  "-global virtio-mmio.force-legacy=false)\n");
  return error;
}

static void use_lines(struct virtio_net *net, unsigned int slot)
{
  for (unsigned int i = 0; i < sizeof(first_lines) / sizeof(first_lines[0]); i++)
    virtio_mmio_use_line(&net->virtio, first_lines[i] + slot, UHYVE_VECTOR_NETWORK);
}

static void look_into_slots(struct list *list)
{
  struct virtio_net *net = allocate();
  for (unsigned int slot = 0; slot < SLOTS && net != NULL && list->count < UHYVE_MOST_INTERFACES;
       slot++)
  {
    if (probe(&net->virtio, SLOTS_GPA + slot * SLOT_BYTES) != 0)
      continue;
    use_lines(net, slot);
    if (virtio_net_start_found(net) != 0)
      continue;
    add(list, &net->device);
    net = allocate();
  }
  if (net != NULL)
    kernel_free(net, sizeof(*net));
}

/* ---- All ---- */

int bare_start_behind(struct virtio_net *net, const struct uhyve_interface *interface)
{
  int error = probe(&net->virtio, interface->registers_gpa);
  if (error == 0)
    error = virtio_mmio_use_line(&net->virtio, interface->interrupt_line, UHYVE_VECTOR_NETWORK);
  return error == 0 ? virtio_net_start_found(net) : error;
}

struct net_device *bare_devices(void)
{
  struct list list = {.count = start_info->interface_count};
  list.end = &list.first;
  if (list.count >= UHYVE_MOST_INTERFACES)
    return NULL;
  pci_find(start_found, &list);
  if (list.count == 0 && !pci_find(is_there, NULL))
    look_into_slots(&list);
  return list.first;
}

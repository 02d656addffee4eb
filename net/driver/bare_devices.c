/* Network devices of a machine without a monitor: those on PCI, and if there is no PCI, those in
 * the slots for virtio-mmio that QEMU's microvm has. */
#include "net/driver/bare_devices.h"

#include "bare/console.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "mm/kernel_heap.h"
#include "net/driver/cards.h"
#include "start_info.h"
#include "virtio/virtio_slots.h"

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
  if (virtio_pci_probe(&net->virtio, pci, VIRTIO_TYPE_NETWORK, UHYVE_VECTOR_NETWORK,
                       UHYVE_VECTOR_LINK) == 0 &&
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
  bare_log_begin(BARE_LOG_QUIET);
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

/* ---- Behind registers that no bus tells of ---- */

static bool look_into_slot(const struct virtio_slot *slot, void *context)
{
  struct list *list = context;
  struct virtio_net *net = allocate();
  if (net != NULL && virtio_slot_probe(&net->virtio, slot, VIRTIO_TYPE_NETWORK) == 0 &&
      virtio_slot_use_lines(&net->virtio, slot, UHYVE_VECTOR_NETWORK) == 0 &&
      virtio_net_start_found(net) == 0)
    add(list, &net->device);
  else
    kernel_free(net, sizeof(*net));
  return list->count == UHYVE_MOST_INTERFACES;
}

/* ---- All ---- */

int bare_start_behind(struct virtio_net *net, const struct uhyve_interface *interface)
{
  const struct virtio_slot slot = virtio_slot_named(interface);
  int error = virtio_slot_probe(&net->virtio, &slot, VIRTIO_TYPE_NETWORK);
  if (error == 0)
    error = virtio_slot_use_lines(&net->virtio, &slot, UHYVE_VECTOR_NETWORK);
  return error == 0 ? virtio_net_start_found(net) : error;
}

struct net_device *bare_devices(void)
{
  struct list list = {.count = start_info->interface_count};
  list.end = &list.first;
  if (list.count >= UHYVE_MOST_INTERFACES)
    return NULL;
  pci_find(start_found, &list);
  if (list.count == 0)
    virtio_slots_find(look_into_slot, &list);
  return list.first;
}

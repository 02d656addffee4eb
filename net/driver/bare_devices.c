/* Network devices of a machine without a monitor: those on PCI, and if there is no PCI, those in
 * the slots for virtio-mmio that QEMU's microvm has. */
#include "net/driver/bare_devices.h"

#include <errno.h>

#include "bare/console.h"
#include "bare/log.h"
#include "bare/pci.h"
#include "mm/kernel_heap.h"
#include "net/driver/attention.h"
#include "net/driver/cards.h"
#include "start_info.h"
#include "virtio/virtio_slots.h"

static const char no_room[] = "there are 8 network devices already";

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

static struct net_device *start_virtio(const struct pci_device *pci, const char **reason)
{
  struct virtio_net *net = allocate();
  if (net == NULL)
    return NULL;
  int error = virtio_pci_probe(&net->virtio, pci, VIRTIO_TYPE_NETWORK, UHYVE_VECTOR_NETWORK,
                               UHYVE_VECTOR_LINK);
  if (error == 0 && virtio_net_start_found(net) == 0)
    return &net->device;
  if (error == -ENOTSUP)
    *reason = "its virtio is older than 1.0 (QEMU: disable-modern=off)";
  kernel_free(net, sizeof(*net));
  return NULL;
}

/* Null: the device is another's, or does not start; the reason is set if there is one to tell. */
static struct net_device *(*const drivers[])(const struct pci_device *pci, const char **reason) = {
    start_virtio,
    e1000_start,
    rtl8139_start,
};

#define CLASS_NETWORK 2

/* A program that waits for a network would not say why there is none. */
static void tell_of_card(const struct pci_device *pci, const char *reason)
{
  bare_log_begin(BARE_LOG_QUIET);
  console_print("uhyve: a network card cannot be used: PCI device 0x");
  console_print_number(pci->vendor_id, 16);
  console_print(", 0x");
  console_print_number(pci->device_id, 16);
  console_print(reason != NULL ? ": " : "");
  console_print(reason != NULL ? reason : "");
  console_print("\n");
}

static bool has_room(const struct list *list)
{
  return list->count < UHYVE_MOST_INTERFACES;
}

static bool start_found(const struct pci_device *pci, void *context)
{
  struct list *list = context;
  if (pci->base_class != CLASS_NETWORK)
    return false;
  struct net_device *device = NULL;
  const char *reason = has_room(list) ? NULL : no_room;
  for (unsigned int i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && device == NULL; i++)
    device = has_room(list) ? drivers[i](pci, &reason) : NULL;
  if (device != NULL)
    add(list, device);
  else
    tell_of_card(pci, reason);
  return false;
}

static bool set_aside(const struct pci_device *pci, void *context)
{
  (void) context;
  rtl8139_set_aside(pci);
  return false;
}

void net_set_aside(void)
{
  pci_find(set_aside, NULL);
}

/* ---- Behind registers that no bus tells of ---- */

/* Returns 0 or as virtio_slot_probe(), -ENOSYS: there is no such line, -ENOMEM. */
static int start_behind(struct virtio_net *net, const struct virtio_slot *slot)
{
  int error = virtio_slot_probe(&net->virtio, slot, VIRTIO_TYPE_NETWORK);
  if (error == 0)
    error = virtio_slot_use_lines(&net->virtio, slot, UHYVE_VECTOR_NETWORK);
  return error == 0 ? virtio_net_start_found(net) : error;
}

static void tell_of_slot(const struct virtio_slot *slot, const char *reason)
{
  bare_log_begin(BARE_LOG_QUIET);
  console_print("uhyve: a network card cannot be used: virtio-mmio at 0x");
  console_print_number(slot->registers_gpa, 16);
  console_print(": ");
  console_print(reason);
  console_print("\n");
}

static bool look_into_slot(const struct virtio_slot *slot, void *context)
{
  struct list *list = context;
  struct virtio_net *net = allocate();
  if (net == NULL)
    return true;
  if (has_room(list) && start_behind(net, slot) == 0)
  {
    add(list, &net->device);
    return false;
  }
  if (!has_room(list) && virtio_slot_probe(&net->virtio, slot, VIRTIO_TYPE_NETWORK) == 0)
    tell_of_slot(slot, no_room);
  kernel_free(net, sizeof(*net));
  return false;
}

/* ---- All ---- */

int bare_start_behind(struct virtio_net *net, const struct uhyve_interface *interface)
{
  const struct virtio_slot slot = virtio_slot_named(interface);
  int error = start_behind(net, &slot);
  if (error == -ENXIO)
    tell_of_slot(&slot, "no device is there");
  else if (error == -ENOSYS)
    tell_of_slot(&slot, "there is no such interrupt line");
  return error;
}

struct net_device *bare_devices(bool has_named)
{
  struct list list = {.count = start_info->interface_count};
  list.end = &list.first;
  pci_find(start_found, &list);
  if (list.first == NULL && !has_named)
    virtio_slots_find(look_into_slot, &list);
  return list.first;
}

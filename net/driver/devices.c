/* The network devices of this machine: those that the start information names, and without a
 * monitor those that are found (bare_devices.c). */
#include "bare/pci.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "net/driver/attention.h"
#include "net/driver/bare_devices.h"
#include "net/driver/virtio_net.h"
#include "sched/mutex.h"
#include "start_info.h"

static struct mutex starting;
static bool is_started;

static const struct uhyve_interface *interface_at(uint32_t index)
{
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  return (const struct uhyve_interface *) start_info->interfaces_gva + index;
}

/* Null: there is no such device, or no memory for it. */
static struct virtio_net *start_interface(uint32_t index)
{
  struct virtio_net *net = kernel_allocate_zeroed(sizeof(*net));
  if (net == NULL)
    return NULL;
  net->device.interface = index;
  net->most_pairs = start_info->cpu_count;
  if (start_info->is_bare != 0 ? bare_start_behind(net, interface_at(index)) == 0
                               : virtio_net_start(net, interface_at(index)->registers_gpa) == 0)
    return net;
  kernel_free(net, sizeof(*net));
  return NULL;
}

/* A line that has risen before does not rise again. */
static void take_early(void)
{
  uint32_t was_masked = cpu_mask_save();
  pci_line_interrupt();
  cpu_mask_restore(was_masked);
}

/* Interrupts see the list when it is complete. */
static void start_all(void)
{
  struct net_device *first = NULL;
  struct net_device **end = &first;
  for (uint32_t i = 0; i < start_info->interface_count && i < UHYVE_MOST_INTERFACES; i++)
  {
    struct virtio_net *net = start_interface(i);
    if (net == NULL)
      continue;
    *end = &net->device;
    end = &net->device.next;
  }
  if (start_info->is_bare != 0)
    *end = bare_devices(first != NULL);
  __atomic_store_n(&net_device_list, first, __ATOMIC_RELEASE);
  if (start_info->is_bare != 0)
    take_early();
}

struct net_device *net_devices(void)
{
  mutex_lock(&starting);
  if (!is_started)
    start_all();
  is_started = true;
  mutex_unlock(&starting);
  return net_device_list;
}

/* What came before waits in the rings. */
void net_device_use(struct net_device *device, const struct net_device_user *user)
{
  uint32_t was_masked = cpu_mask_save();
  device->user = *user;
  cpu_mask_restore(was_masked);
}

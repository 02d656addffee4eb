/* Network interfaces of a virtual machine: their ways out, their doorbells and interrupts in KVM.
 */
#include "vm_net.h"

#include <errno.h>
#include <linux/kvm.h>
#include <linux/virtio_mmio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#include "affinity.h"
#include "exit_status.h"
#include "net/net_interface.h"

/* Routes below are those of pins of a chip, which have ends that KVM would tell of: kvm.c. */
#define FIRST_ROUTE          24
#define ROUTES_OF_INTERFACE  2

#define LOCALLY_ADMINISTERED 2u
#define GROUP                1u

static int fail(struct vm *vm, int error, const char *what)
{
  snprintf(vm->end.message, sizeof(vm->end.message), "%s: %s", what, strerror(-error));
  vm->end.status = STATUS_MONITOR;
  return error;
}

int vm_net_open(struct vm *vm)
{
  const struct net_options *options = &vm->options->net;
  int error = 0;
  while (vm->net.way_count < options->count && error == 0)
  {
    error =
        net_way_open(&vm->net.ways[vm->net.way_count], options, vm->net.way_count, vm->end.message);
    if (error == 0)
      vm->net.way_count++;
  }
  if (error == 0)
    return 0;
  vm->end.status = STATUS_MONITOR;
  vm_net_close(vm);
  return error;
}

void vm_net_close(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->net.way_count; i++)
  {
    if (i < vm->net.interface_count)
      net_interface_destroy(vm->net.interfaces[i]);
    else
      vm->net.ways[i]->operations->close(vm->net.ways[i]);
  }
  vm->net.way_count = vm->net.interface_count = 0;
}

void vm_net_stop(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->net.interface_count; i++)
    net_interface_stop(vm->net.interfaces[i]);
}

/* ---- Bring-up ---- */

/* By option or by chance. */
static int choose_mac(const struct net_option *option, uint8_t mac[static 6])
{
  memcpy(mac, option->mac, sizeof(option->mac));
  if (option->has_mac)
    return 0;
  if (getrandom(mac, 6, 0) != 6)
    return -errno;
  mac[0] = (uint8_t) ((mac[0] & ~GROUP) | LOCALLY_ADMINISTERED);
  return 0;
}

/* The way is the interface's from here on. */
static int create_interface(struct vm *vm, unsigned int index)
{
  const struct net_option *option = &vm->options->net.list[index];
  struct net_way *way = vm->net.ways[index];
  uint32_t mtu_bytes = option->mtu_bytes != 0 ? option->mtu_bytes : way->mtu_bytes;
  uint8_t mac[6];
  int error = choose_mac(option, mac);
  if (error == 0)
    error = net_interface_create(&vm->net.interfaces[index], way, &vm->memory, mac, mtu_bytes);
  if (error != 0)
    return error;
  vm->net.interfaces[index]->number = index;
  vm->net.interface_count++;
  return 0;
}

static int add_doorbells(struct vm *vm, unsigned int index)
{
  const struct net_interface *interface = vm->net.interfaces[index];
  for (uint64_t queue = 0; queue < interface->net.virtio.queue_count; queue++)
  {
    struct kvm_ioeventfd doorbell = {
        .datamatch = queue,
        .addr = UHYVE_REGISTERS_BASE + index * GUEST_PAGE_BYTES + VIRTIO_MMIO_QUEUE_NOTIFY,
        .len = sizeof(uint32_t),
        .fd = interface->event_fd,
        .flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
    };
    if (ioctl(vm->kvm.vm_fd, KVM_IOEVENTFD, &doorbell) != 0)
      return -errno;
  }
  return 0;
}

/* A message signalled interrupt to CPU 0 for each of the two events of every interface. Each thread
 * sets the same table, by when it needs it. */
static int set_routes(void *context)
{
  const struct vm *vm = context;
  struct
  {
    struct kvm_irq_routing routing;
    struct kvm_irq_routing_entry entries[UHYVE_MOST_INTERFACES * ROUTES_OF_INTERFACE];
  } table = {.routing.nr = vm->net.interface_count * ROUTES_OF_INTERFACE};
  for (unsigned int i = 0; i < table.routing.nr; i++)
    table.entries[i] = (struct kvm_irq_routing_entry){
        .gsi = FIRST_ROUTE + i,
        .type = KVM_IRQ_ROUTING_MSI,
        .u.msi = {.address_lo = 0xfee00000u,
                  .data = i % ROUTES_OF_INTERFACE == 0 ? UHYVE_VECTOR_NETWORK : UHYVE_VECTOR_LINK},
    };
  return ioctl(vm->kvm.vm_fd, KVM_SET_GSI_ROUTING, &table) == 0 ? 0 : -errno;
}

static int add_interrupts(struct vm *vm, unsigned int index)
{
  const struct net_interface *interface = vm->net.interfaces[index];
  const int fds[ROUTES_OF_INTERFACE] = {interface->ring_fd, interface->change_fd};
  for (unsigned int i = 0; i < ROUTES_OF_INTERFACE; i++)
  {
    struct kvm_irqfd interrupt = {.fd = (uint32_t) fds[i],
                                  .gsi = FIRST_ROUTE + index * ROUTES_OF_INTERFACE + i};
    if (ioctl(vm->kvm.vm_fd, KVM_IRQFD, &interrupt) != 0)
      return -errno;
  }
  return 0;
}

/* How many CPUs the host has that no CPU of the guest needs. */
static unsigned int count_spare_cpus(const struct vm *vm)
{
  long own = affinity_count_own();
  long busy = vm->vcpu_count;
  if (vm->options->affinity_given && CPU_COUNT(&vm->options->affinity) < busy)
    busy = CPU_COUNT(&vm->options->affinity);
  return own > busy ? (unsigned int) (own - busy) : 0;
}

int vm_net_start(struct vm *vm)
{
  const unsigned int count = vm->net.way_count;
  if (count == 0)
    return 0;
  int error = 0;
  for (unsigned int i = 0; i < count && error == 0; i++)
    error = create_interface(vm, i);
  for (unsigned int i = 0; i < count && error == 0; i++)
  {
    error = add_doorbells(vm, i);
    if (error == 0)
      error = add_interrupts(vm, i);
  }
  unsigned int spare = count_spare_cpus(vm);
  for (unsigned int i = 0; i < count && error == 0; i++)
    error =
        net_interface_start(vm->net.interfaces[i],
                            (struct net_connect){.connect = set_routes, .context = vm}, i < spare);
  return error == 0 ? 0 : fail(vm, error, "cannot start the guest's network");
}

/* ---- Exits ---- */

bool vm_net_serve(struct vm *vm, struct kvm_run *run)
{
  uint64_t offset = run->mmio.phys_addr - UHYVE_REGISTERS_BASE;
  uint64_t index = offset / GUEST_PAGE_BYTES;
  uint64_t value = 0;
  if (index >= vm->net.interface_count || run->mmio.len > sizeof(value))
    return false;
  struct net_interface *interface = vm->net.interfaces[index];
  offset %= GUEST_PAGE_BYTES;
  memcpy(&value, run->mmio.data, run->mmio.len);
  if (run->mmio.is_write)
    net_interface_write(interface, offset, run->mmio.len, value);
  else
  {
    value = net_interface_read(interface, offset, run->mmio.len);
    memcpy(run->mmio.data, &value, run->mmio.len);
  }
  return true;
}

size_t vm_net_list_fds(const struct vm *vm, int fds[static VM_NET_FDS])
{
  size_t count = 0;
  for (unsigned int i = 0; i < vm->net.interface_count; i++)
  {
    const struct net_interface *interface = vm->net.interfaces[i];
    for (const struct net_way *way = interface->net.way; way != NULL; way = way->next)
      fds[count++] = way->fd;
    fds[count++] = interface->event_fd;
    fds[count++] = interface->ring_fd;
    fds[count++] = interface->change_fd;
  }
  return count;
}

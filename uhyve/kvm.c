/* Opens /dev/kvm and makes a virtual machine. */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define KVM_DEVICE "/dev/kvm"

/* One page and three pages in the hole below 4 GiB. */
#define IDENTITY_MAP_GPA 0xfffbc000ul
#define TASK_STATE_GPA   0xfffbd000ul

/* Routes for interrupts that are no pins of a chip (MSI). */
#define SPLIT_IRQCHIP_ROUTES 24

static const struct
{
  int capability;
  const char *name;
} required_capabilities[] = {
    {KVM_CAP_USER_MEMORY, "user memory"},
    {KVM_CAP_SPLIT_IRQCHIP, "the split interrupt controller"},
    {KVM_CAP_SYNC_REGS, "shared registers"},
    {KVM_CAP_TSC_DEADLINE_TIMER, "the TSC deadline timer"},
    {KVM_CAP_X2APIC_API, "x2APIC"},
    {KVM_CAP_SIGNAL_MSI, "message signalled interrupts"},
    {KVM_CAP_IMMEDIATE_EXIT, "immediate exits"},
    {KVM_CAP_VCPU_ATTRIBUTES, "control of the time stamp counter (Linux 5.16)"},
};

static int explain_open_error(int error, char message[static 256])
{
  switch (error)
  {
  case ENOENT:
  case ENXIO:
  case ENODEV:
    snprintf(message, 256,
             KVM_DEVICE " is missing: enable virtualisation in the firmware and load the kernel "
                        "module (modprobe kvm_intel or kvm_amd)");
    break;
  case EACCES:
  case EPERM:
    snprintf(message, 256,
             "no permission for " KVM_DEVICE
             ": add yourself to its group (sudo usermod -aG kvm $USER) and log in again");
    break;
  default:
    snprintf(message, 256, "cannot open " KVM_DEVICE ": %s", strerror(error));
    break;
  }
  return -error;
}

static int enable(int vm_fd, unsigned int capability, uint64_t argument)
{
  struct kvm_enable_cap enable_cap = {.cap = capability, .args = {argument}};
  return ioctl(vm_fd, KVM_ENABLE_CAP, &enable_cap) == 0 ? 0 : -errno;
}

static int check_host(int fd, char message[static 256])
{
  int version = ioctl(fd, KVM_GET_API_VERSION, 0);
  if (version < 0)
  {
    snprintf(message, 256, KVM_DEVICE " is no KVM device: %s", strerror(errno));
    return -ENODEV;
  }
  if (version != KVM_API_VERSION)
  {
    snprintf(message, 256, KVM_DEVICE " speaks version %d of the KVM interface, needed is %d",
             version, KVM_API_VERSION);
    return -ENOTSUP;
  }
  for (size_t i = 0; i < sizeof(required_capabilities) / sizeof(required_capabilities[0]); i++)
  {
    if (ioctl(fd, KVM_CHECK_EXTENSION, required_capabilities[i].capability) <= 0)
    {
      snprintf(message, 256, "this host's KVM lacks %s: a newer kernel is needed",
               required_capabilities[i].name);
      return -ENOTSUP;
    }
  }
  return 0;
}

static int configure_vm(struct kvm *kvm)
{
  int error = enable(kvm->vm_fd, KVM_CAP_SPLIT_IRQCHIP, SPLIT_IRQCHIP_ROUTES);
  if (error == 0)
    error = enable(kvm->vm_fd, KVM_CAP_X2APIC_API,
                   KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
  /* Intel processors without unrestricted guest need room for a task state and an identity map; no
   * other back end has the calls (Documentation/virt/kvm/api.rst, 4.35 and 4.40). */
  uint64_t identity_map_gpa = IDENTITY_MAP_GPA;
  if (error == 0 && ioctl(kvm->vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map_gpa) != 0 &&
      errno != ENOTTY)
    error = -errno;
  if (error == 0 && ioctl(kvm->vm_fd, KVM_SET_TSS_ADDR, TASK_STATE_GPA) != 0 && errno != ENOTTY)
    error = -errno;
  return error;
}

int kvm_create_vm(struct kvm *kvm, char message[static 256])
{
  kvm->vm_fd = -1;
  kvm->fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
  if (kvm->fd < 0)
    return explain_open_error(errno, message);
  int error = check_host(kvm->fd, message);
  if (error != 0)
    goto close_device;
  do
    kvm->vm_fd = ioctl(kvm->fd, KVM_CREATE_VM, 0);
  while (kvm->vm_fd < 0 && errno == EINTR);
  if (kvm->vm_fd < 0)
  {
    error = -errno;
    snprintf(message, 256, "cannot create a virtual machine: %s%s", strerror(-error),
             error == -EBUSY ? ": another hypervisor uses the processor" : "");
    goto close_device;
  }
  error = configure_vm(kvm);
  if (error != 0)
  {
    snprintf(message, 256, "cannot configure the virtual machine: %s", strerror(-error));
    goto close_vm;
  }
  kvm->run_bytes = ioctl(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
  return 0;

close_vm:
  close(kvm->vm_fd);
close_device:
  close(kvm->fd);
  return error;
}

void kvm_close(struct kvm *kvm)
{
  close(kvm->vm_fd);
  close(kvm->fd);
}

int kvm_attach_memory(const struct kvm *kvm, struct guest_memory *memory, uint64_t ram_bytes)
{
  while (memory->attached_bytes < ram_bytes)
  {
    uint64_t piece_bytes = guest_memory_piece(memory, memory->attached_bytes, ram_bytes);
    uint64_t gpa = guest_memory_gpa(memory, memory->attached_bytes);
    struct kvm_userspace_memory_region region = {
        .slot = memory->attached_slots,
        .guest_phys_addr = gpa,
        .memory_size = piece_bytes,
        .userspace_addr = (uintptr_t) guest_memory_hva(memory, gpa, piece_bytes),
    };
    if (ioctl(kvm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region) != 0)
      return -errno;
    memory->attached_bytes += piece_bytes;
    memory->attached_slots++;
  }
  return 0;
}

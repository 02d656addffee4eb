/* The least a launch costs: a VM with one memory slot and one vCPU (split interrupt controller)
 * executes one `out` and is gone. The reference of launch_hello; it checks only what can fail. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define MEMORY_BYTES ((size_t) 64 << 20)
#define CODE_GPA     0x1000
#define ROUTES       24

static int fail(const char *what)
{
  perror(what);
  return 1;
}

int main(void)
{
  static const uint8_t code[] = {0xe6, 0x10}; /* out %al, $0x10 */

  int kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm_fd < 0)
    return fail("/dev/kvm");
  int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
  if (vm_fd < 0)
    return fail("KVM_CREATE_VM");
  struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {ROUTES}};
  if (ioctl(vm_fd, KVM_ENABLE_CAP, &split) != 0)
    return fail("KVM_CAP_SPLIT_IRQCHIP");

  uint8_t *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    return fail("mmap");
  memcpy(memory + CODE_GPA, code, sizeof(code));
  struct kvm_userspace_memory_region slot = {.memory_size = MEMORY_BYTES,
                                             .userspace_addr = (uintptr_t) memory};
  if (ioctl(vm_fd, KVM_SET_USER_MEMORY_REGION, &slot) != 0)
    return fail("KVM_SET_USER_MEMORY_REGION");

  int vcpu_fd = ioctl(vm_fd, KVM_CREATE_VCPU, 0);
  if (vcpu_fd < 0)
    return fail("KVM_CREATE_VCPU");
  int run_bytes = ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
  struct kvm_run *run =
      mmap(NULL, (size_t) run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_fd, 0);
  if (run == MAP_FAILED)
    return fail("mmap of the vCPU");

  /* Real mode needs no tables: the shortest way to an instruction. */
  struct kvm_sregs sregs;
  if (ioctl(vcpu_fd, KVM_GET_SREGS, &sregs) != 0)
    return fail("KVM_GET_SREGS");
  sregs.cs.base = 0;
  sregs.cs.selector = 0;
  if (ioctl(vcpu_fd, KVM_SET_SREGS, &sregs) != 0)
    return fail("KVM_SET_SREGS");
  struct kvm_regs regs = {.rip = CODE_GPA, .rflags = 2};
  if (ioctl(vcpu_fd, KVM_SET_REGS, &regs) != 0)
    return fail("KVM_SET_REGS");
  if (ioctl(vcpu_fd, KVM_RUN, 0) != 0)
    return fail("KVM_RUN");
  if (run->exit_reason != KVM_EXIT_IO)
  {
    fprintf(stderr, "launch_floor: exit reason %u, not the port write\n", run->exit_reason);
    return 1;
  }
  return 0;
}

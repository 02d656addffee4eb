/* Asks KVM what a stopped CPU did; what it was interrupted at if it was in the nucleus. */
#include "stopped_cpu.h"

#include <string.h>
#include <sys/ioctl.h>

#include "vm.h"

struct hc_registers stopped_cpu_registers(const struct vm *vm, unsigned int cpu)
{
  const struct kvm_regs *from = &vm->vcpus[cpu].run->s.regs.regs;
  return (struct hc_registers){
      .rax = from->rax,
      .rcx = from->rcx,
      .rdx = from->rdx,
      .rbx = from->rbx,
      .rsp = from->rsp,
      .rbp = from->rbp,
      .rsi = from->rsi,
      .rdi = from->rdi,
      .r8 = from->r8,
      .r9 = from->r9,
      .r10 = from->r10,
      .r11 = from->r11,
      .r12 = from->r12,
      .r13 = from->r13,
      .r14 = from->r14,
      .r15 = from->r15,
      .rip = from->rip,
      .rflags = from->rflags,
  };
}

/* What `iretq` pops. */
struct return_frame
{
  uint64_t rip, cs, rflags, rsp, ss;
};

/* The nucleus has entered from ring 3 with this at the top of its stack, below its data. For an
 * upcall it changes where that goes on, the instruction before the stack. */
static void take_return_frame(const struct vm *vm, unsigned int cpu, struct stopped_cpu *stopped)
{
  struct hc_registers *registers = &stopped->registers;
  uint64_t frame_gva = guest_layout_nucleus_gva(&vm->layout, cpu) + CPU_NUCLEUS_STACK_OFFSET +
                       GUEST_PAGE_BYTES - sizeof(struct uhyve_nucleus_cpu) -
                       sizeof(struct return_frame);
  struct return_frame frame;
  memcpy(&frame, guest_layout_boot_hva(&vm->layout, &vm->memory, frame_gva), sizeof(frame));
  registers->rip = frame.rip;
  registers->rsp = frame.rip == vm->layout.image_gva + vm->image.layout.upcall_entry
                       ? stopped->area_gva
                       : frame.rsp;
  registers->rflags = frame.rflags;
}

void stopped_cpu_read(const struct vm *vm, unsigned int cpu, struct stopped_cpu *stopped)
{
  struct kvm_sregs sregs;
  *stopped = (struct stopped_cpu){
      .known = ioctl(vm->vcpus[cpu].fd, KVM_GET_SREGS, &sregs) == 0,
      .registers = stopped_cpu_registers(vm, cpu),
      .area_gva = guest_layout_upcall_gva(&vm->layout, cpu) + CPU_UPCALL_AREA_OFFSET,
  };
  if (stopped->known && sregs.cs.dpl == 0)
    take_return_frame(vm, cpu, stopped);
}

/* Where an XSAVE area has room that the processor does not use: Linux keeps XCR0 there, and
 * debuggers look for it in a core file. */
#define XSAVE_XCR0_OFFSET  464
#define XSAVE_LEGACY_BYTES 576 /* with the header */
#define XCR0_X87_AND_SSE   3ull
#define XCR0_AVX           4ull
#define XSAVE_UP_TO_AVX    832
#define XSTATE_BV_OFFSET   512

/* Up to AVX the places are the same on every processor. */
uint32_t stopped_cpu_vectors(const struct vm *vm, unsigned int cpu, void *area, uint32_t len_bytes)
{
  struct kvm_xsave xsave;
  struct kvm_xcrs xcrs;
  int fd = vm->vcpus[cpu].fd;
  if (len_bytes < XSAVE_UP_TO_AVX || ioctl(fd, KVM_GET_XSAVE, &xsave) != 0)
    return 0;
  uint64_t xcr0 = XCR0_X87_AND_SSE;
  if (ioctl(fd, KVM_GET_XCRS, &xcrs) == 0 && xcrs.nr_xcrs > 0)
    xcr0 |= xcrs.xcrs[0].value & XCR0_AVX;
  uint32_t used_bytes = (xcr0 & XCR0_AVX) != 0 ? XSAVE_UP_TO_AVX : XSAVE_LEGACY_BYTES;
  uint64_t present;
  memcpy(area, xsave.region, used_bytes);
  memcpy(&present, (char *) area + XSTATE_BV_OFFSET, sizeof(present));
  present &= xcr0;
  memcpy((char *) area + XSTATE_BV_OFFSET, &present, sizeof(present));
  memcpy((char *) area + XSAVE_XCR0_OFFSET, &xcr0, sizeof(xcr0));
  return used_bytes;
}

/* The run loop of a vCPU. */
#include "vcpu_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "hypercall_table.h"
#include "stopped_cpu.h"
#include "vm_net.h"
#include "vm_threads.h"

/* The guest ends here, unless another CPU was first. */
__attribute__((format(printf, 4, 5))) static void
end_with(struct vm *vm, unsigned int cpu, enum vm_end_kind kind, const char *format, ...)
{
  if (!vm_begin_end(vm))
    return;
  vm->end.kind = kind;
  vm->end.cpu = cpu;
  vm->end.registers = stopped_cpu_registers(vm, cpu);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(vm->end.message, sizeof(vm->end.message), format, arguments);
  va_end(arguments);
  vm_stop_cpus(vm);
}

/* The nucleus has its exception frame at the stack pointer, on a stack of this CPU. Without such
 * a frame it was not the nucleus that failed. */
static void serve_nucleus_failure(struct vm *vm, unsigned int cpu)
{
  struct vcpu *vcpu = &vm->vcpus[cpu];
  struct kvm_sregs sregs;
  struct hc_nucleus_frame frame;
  uint64_t stacks_gva = guest_layout_nucleus_gva(&vm->layout, cpu) + CPU_NUCLEUS_STACK_OFFSET;
  uint64_t offset = vcpu->run->s.regs.regs.rsp - stacks_gva;
  if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) != 0 || sregs.cs.dpl != 0 ||
      offset > 2 * GUEST_PAGE_BYTES - sizeof(frame))
  {
    end_with(vm, cpu, VM_END_BROKEN, "a failure of the nucleus without the frame of one");
    return;
  }
  memcpy(&frame, guest_layout_boot_hva(&vm->layout, &vm->memory, stacks_gva + offset),
         sizeof(frame));
  if (!vm_begin_end(vm))
    return;
  vm->end.kind = VM_END_NUCLEUS_FAILURE;
  vm->end.cpu = cpu;
  vm->end.nucleus_frame = frame;
  vm->end.fault_gva = sregs.cr2;
  vm->end.registers = stopped_cpu_registers(vm, cpu);
  vm_stop_cpus(vm);
}

static void serve_io(struct vm *vm, unsigned int cpu)
{
  struct kvm_run *run = vm->vcpus[cpu].run;
  uint16_t port = run->io.port;
  if (run->io.direction != KVM_EXIT_IO_OUT || run->io.size != 4 || run->io.count != 1)
  {
    end_with(vm, cpu, VM_END_BROKEN, "port 0x%x used by another instruction than out %%eax, %%dx",
             port);
    return;
  }
  if (port == HC_PORT_NUCLEUS_FAILURE)
  {
    serve_nucleus_failure(vm, cpu);
    return;
  }
  char message[256];
  stats_count_hypercall(&vm->stats, cpu, port);
  if (hypercall_serve(vm, cpu, port, run->s.regs.regs.rdi, message) == HYPERCALL_BROKEN)
    end_with(vm, cpu, VM_END_BROKEN, "%s", message);
}

/* Pages of a file that was cut are gone: nothing that a guest or KVM did is to blame. */
static bool file_was_cut(int fd, uint64_t len_bytes)
{
  struct stat status;
  return fstat(fd, &status) == 0 && (uint64_t) status.st_size < len_bytes;
}

static void serve_exit_reason(struct vm *vm, unsigned int cpu)
{
  struct kvm_run *run = vm->vcpus[cpu].run;
  if (run->exit_reason == KVM_EXIT_MMIO && vm_net_serve(vm, run))
    return;
  bool is_call = run->exit_reason == KVM_EXIT_IO;
  if (!is_call && file_was_cut(vm->image.fd, vm->image.file_size))
  {
    end_with(vm, cpu, VM_END_MONITOR, "%s has become shorter while it ran", vm->options->file);
    return;
  }
  if (!is_call && vm->initrd.len_bytes > 0 && file_was_cut(vm->initrd.fd, vm->initrd.len_bytes))
  {
    end_with(vm, cpu, VM_END_MONITOR, "%s has become shorter while the program ran",
             vm->options->initrd);
    return;
  }
  switch (run->exit_reason)
  {
  case KVM_EXIT_IO:
    serve_io(vm, cpu);
    break;
  case KVM_EXIT_MMIO:
    end_with(vm, cpu, VM_END_BROKEN, "%s of guest-physical address 0x%llx, where it may not",
             run->mmio.is_write ? "write" : "read", (unsigned long long) run->mmio.phys_addr);
    break;
  case KVM_EXIT_SHUTDOWN:
    end_with(vm, cpu, VM_END_BROKEN, "a triple fault: the processor's tables are damaged");
    break;
  case KVM_EXIT_INTERNAL_ERROR:
    end_with(vm, cpu, VM_END_BROKEN, "KVM cannot emulate an instruction (internal error %u)",
             run->internal.suberror);
    break;
  case KVM_EXIT_FAIL_ENTRY:
    end_with(vm, cpu, VM_END_MONITOR,
             "the processor refuses to enter the guest (hardware reason 0x%llx)",
             (unsigned long long) run->fail_entry.hardware_entry_failure_reason);
    break;
  case KVM_EXIT_INTR:
    break;
  default:
    end_with(vm, cpu, VM_END_MONITOR, "KVM ended the guest for an unknown reason (%u)",
             run->exit_reason);
    break;
  }
}

static void tell_tsc_shift(struct vm *vm, unsigned int cpu)
{
  uint64_t shift;
  if (vcpu_tsc_shift(&vm->vcpus[cpu], &shift) == 0)
    clock_follow_tell_shift(&vm->clock, shift);
}

void vcpu_run(struct vm *vm, unsigned int cpu)
{
  struct vcpu *vcpu = &vm->vcpus[cpu];
  bool interrupted = false;
  while (!atomic_load(&vm->ending))
  {
    /* A suspend of the host interrupts. */
    if (interrupted || atomic_load(&vm->clock.shift_wanted))
      tell_tsc_shift(vm, cpu);
    interrupted = false;
    if (ioctl(vcpu->fd, KVM_RUN, 0) == 0)
    {
      stats_count_exit(&vm->stats, cpu, vcpu->run->exit_reason);
      serve_exit_reason(vm, cpu);
    }
    else if (errno == EFAULT || errno == ENOMEM || errno == EHWPOISON)
      end_with(vm, cpu, VM_END_MONITOR,
               "the host has no memory for the guest, or the program's file has changed: %s",
               strerror(errno));
    else if (errno == EINTR)
      interrupted = true;
    else if (errno != EAGAIN)
      end_with(vm, cpu, VM_END_MONITOR, "KVM cannot run the guest: %s", strerror(errno));
  }
}

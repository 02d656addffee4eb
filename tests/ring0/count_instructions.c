/* Counts the instructions that a guest executes in ring 0, by KVM's guest debugging.
 *
 * usage: count_instructions LIMIT_BOOT LIMIT_VISIT PROGRAM
 * LIMIT_BOOT: from the first instruction of the guest to main(). LIMIT_VISIT: from any entry into
 * ring 0, or from the `hlt` there, until ring 3 runs again. Where KVM steps ring 3 as well, those
 * steps are not counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "uhyve/hypercall_table.h"
#include "uhyve/start_block.h"
#include "uhyve/vm.h"

#define OPCODE_HLT 0xf4

static struct vm vm;

static void fail(const char *what)
{
  fprintf(stderr, "count_instructions: %s\n", what);
  exit(EXIT_FAILURE);
}

static void single_step(void)
{
  struct kvm_guest_debug debug = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP};
  if (ioctl(vm.vcpus[0].fd, KVM_SET_GUEST_DEBUG, &debug) != 0)
    fail("KVM cannot single-step a guest");
}

static bool in_ring_0(void)
{
  struct kvm_sregs sregs;
  if (ioctl(vm.vcpus[0].fd, KVM_GET_SREGS, &sregs) != 0)
    fail("cannot read registers");
  return sregs.cs.dpl == 0;
}

/* Whether the instruction to come is the nucleus's `hlt`. */
static bool about_to_halt(void)
{
  uint8_t opcode = 0;
  vm_read_virtual(&vm, vm.vcpus[0].run->s.regs.regs.rip, &opcode, sizeof(opcode));
  return opcode == OPCODE_HLT;
}

/* Waits in place of the guest's `hlt` until its timer, of 2 ms, has run out, and goes on behind it
 * where the interrupt is taken at once. KVM's emulator remembers a `hlt` that is single-stepped and
 * may halt later, when the interrupt is over, for good. */
static void halt_in_place(void)
{
  const struct timespec longer_than_the_timer = {.tv_nsec = 10000000};
  nanosleep(&longer_than_the_timer, NULL);
  struct kvm_regs regs = vm.vcpus[0].run->s.regs.regs;
  regs.rip++;
  struct kvm_vcpu_events events;
  if (ioctl(vm.vcpus[0].fd, KVM_SET_REGS, &regs) != 0 ||
      ioctl(vm.vcpus[0].fd, KVM_GET_VCPU_EVENTS, &events) != 0)
    fail("cannot go on behind a halt");
  /* No longer the instruction behind `sti`. */
  events.interrupt.shadow = 0;
  events.flags = KVM_VCPUEVENT_VALID_SHADOW;
  if (ioctl(vm.vcpus[0].fd, KVM_SET_VCPU_EVENTS, &events) != 0)
    fail("cannot go on behind a halt");
}

/* Whether the instruction to come is an `iretq` to ring 3. Its step ends in ring 3, where some
 * hosts do not report it. */
static bool about_to_leave(void)
{
  const struct kvm_regs *regs = &vm.vcpus[0].run->s.regs.regs;
  uint8_t code[2] = {0};
  uint64_t frame[2] = {0}; /* RIP, CS */
  vm_read_virtual(&vm, regs->rip, code, sizeof(code));
  vm_read_virtual(&vm, regs->rsp, frame, sizeof(frame));
  return code[0] == 0x48 && code[1] == 0xcf && (frame[1] & 3) == 3;
}

struct counts
{
  unsigned long boot;
  unsigned long visit; /* the longest */
  unsigned long halts;
  unsigned long interrupts; /* entries by the timer's vector */
  unsigned long total;
};

static bool in_timer_stub(void)
{
  uint64_t stub = vm.layout.image_gva + vm.image.layout.vector_stubs +
                  (uint64_t) UHYVE_VECTOR_TIMER * vm.image.layout.vector_stub_bytes;
  return vm.vcpus[0].run->s.regs.regs.rip - stub < vm.image.layout.vector_stub_bytes;
}

static void count_steps(struct counts *counts)
{
  const struct uhyve_start_info *info = start_block_info(&vm.layout, &vm.memory);
  struct kvm_run *run = vm.vcpus[0].run;
  unsigned long visit = 0;
  while (!atomic_load(&vm.ending))
  {
    if (ioctl(vm.vcpus[0].fd, KVM_RUN, 0) != 0)
      fail("KVM cannot run the guest");
    if (run->exit_reason == KVM_EXIT_IO)
    {
      char message[256];
      if (hypercall_serve(&vm, 0, run->io.port, run->s.regs.regs.rdi, message) == HYPERCALL_BROKEN)
        fail(message);
      continue;
    }
    if (run->exit_reason != KVM_EXIT_DEBUG)
      fail("an exit that is neither a step nor a hypercall");
    if (!in_ring_0())
      continue;
    bool leaves = about_to_leave();
    unsigned long executed = leaves ? 2 : 1;
    counts->total += executed;
    visit += executed;
    if (info->mark_tsc[UHYVE_MARK_MAIN] == 0)
      counts->boot += executed;
    if (in_timer_stub())
      counts->interrupts++;
    if (leaves && visit > counts->visit)
      counts->visit = visit;
    if (leaves)
      visit = 0;
    if (about_to_halt())
    {
      counts->halts++;
      visit = 0;
      halt_in_place();
    }
  }
}

int main(int argc, char **argv, char **envp)
{
  if (argc != 4)
    fail("usage: count_instructions LIMIT_BOOT LIMIT_VISIT PROGRAM");
  char message[256];
  char *arguments[] = {argv[0], argv[3], NULL};
  struct options options;
  if (options_parse(&options, 2, arguments, envp, message) != 0)
    fail(message);
  /* A debugger's calls are not for a monitor. */
  options.isolation = ISOLATION_NONE;
  if (vm_create(&vm, &options) != 0)
    fail(vm.end.message);
  single_step();
  struct counts counts = {0};
  count_steps(&counts);
  printf("ring0_boot_instructions %lu (at most %s)\n", counts.boot, argv[1]);
  printf("ring0_visit_instructions %lu (at most %s; %lu halts, %lu interrupts)\n", counts.visit,
         argv[2], counts.halts, counts.interrupts);
  printf("ring0_total_instructions %lu\n", counts.total);
  if (vm.end.kind != VM_END_EXIT || vm.end.status != 0)
    fail("the program failed");
  if (counts.boot == 0 || counts.boot > strtoul(argv[1], NULL, 10))
    fail("too many instructions in ring 0 before main(), or none seen");
  if (counts.halts == 0 || counts.interrupts == 0 || counts.visit > strtoul(argv[2], NULL, 10))
    fail("too many instructions in ring 0 at a time, or no halt or interrupt seen");
  return EXIT_SUCCESS;
}

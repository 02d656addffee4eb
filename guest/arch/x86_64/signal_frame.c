/* Handlers of signals out of upcalls, and all that have the state of what they interrupt.
 *
 * An upcall writes nothing on the interrupted stack: it leaves what it has interrupted in the task,
 * and goes on at signal_enter() there, masked, which may fault on that stack and moves the state to
 * it. Built for general registers only: the vector registers are the interrupted code's until they
 * are saved.
 */
#include "arch/x86_64/signal_frame.h"

#include "arch/x86_64/context.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vector_state.h"
#include "crash.h"
#include "posix/sys.h"
#include "signal/delivery.h"
#include "signal/signal.h"

#define RED_ZONE_BYTES 128
#define HANDLER_RFLAGS 0x202
#define ADDRESSES_END  (1ull << 47)
#define MXCSR_BITS     0xffffu

/* Of 24 words that the processor leaves alone the last 12 are free (SDM vol. 1, 10.5.1): says that
 * the image goes on behind. */
#define IMAGE_MARK_AT 12
#define IMAGE_MARK    0x76796875u

/* What a handler has at least, below what is saved. */
#define LEAST_STACK_BYTES 512

/* Flags that a program may set for itself: CF PF AF ZF SF TF DF OF RF AC (SDM vol. 1, 3.4.3). */
#define RFLAGS_OF_PROGRAM 0x50dd5ull

/* As Linux's, whose selectors a program sees on some hosts: %cs, and %ss in the highest word. */
#define SELECTORS 0x002b000000000033ll

void signal_frame_info(siginfo_t *info, const struct signal_info *from)
{
  uint64_t *words = (uint64_t *) (void *) info;
  for (unsigned int i = 0; i < sizeof(*info) / sizeof(words[0]); i++)
    __atomic_store_n(&words[i], 0, __ATOMIC_RELAXED);
  info->si_signo = from->number;
  info->si_code = from->code;
  if (from->code > 0)
  {
    info->si_addr = (void *) from->data; /* NOLINT(performance-no-int-to-ptr) */
    return;
  }
  info->si_pid = from->pid;
  info->si_uid = (uid_t) from->uid;
  info->si_value.sival_ptr = (void *) from->data; /* NOLINT(performance-no-int-to-ptr) */
}

static void fill_context(ucontext_t *context, const struct task *task,
                         const struct signal_frame *frame)
{
  const struct task_signals *signals = &task->signals;
  const struct trap_registers *registers = &frame->trap.registers;
  greg_t *to = context->uc_mcontext.gregs;
  context->uc_flags = 0;
  context->uc_link = NULL;
  context->uc_stack.ss_sp = (void *) signals->alternate_gva; /* NOLINT(performance-no-int-to-ptr) */
  context->uc_stack.ss_size = signals->alternate_bytes;
  context->uc_stack.ss_flags = signals->alternate_bytes == 0 ? SS_DISABLE : 0;
  if (signal_on_alternate(task, frame->trap.rsp))
    context->uc_stack.ss_flags = SS_ONSTACK;
  context->uc_sigmask = frame->taken.former_mask;
  context->uc_mcontext.fpregs = frame->vector_state;
  to[REG_R8] = (greg_t) registers->r8;
  to[REG_R9] = (greg_t) registers->r9;
  to[REG_R10] = (greg_t) registers->r10;
  to[REG_R11] = (greg_t) registers->r11;
  to[REG_R12] = (greg_t) registers->r12;
  to[REG_R13] = (greg_t) registers->r13;
  to[REG_R14] = (greg_t) registers->r14;
  to[REG_R15] = (greg_t) registers->r15;
  to[REG_RDI] = (greg_t) registers->rdi;
  to[REG_RSI] = (greg_t) registers->rsi;
  to[REG_RBP] = (greg_t) registers->rbp;
  to[REG_RBX] = (greg_t) registers->rbx;
  to[REG_RDX] = (greg_t) registers->rdx;
  to[REG_RAX] = (greg_t) registers->rax;
  to[REG_RCX] = (greg_t) registers->rcx;
  to[REG_RSP] = (greg_t) frame->trap.rsp;
  to[REG_RIP] = (greg_t) frame->trap.rip;
  to[REG_EFL] = (greg_t) frame->trap.rflags;
  to[REG_CSGSFS] = SELECTORS;
  to[REG_ERR] = frame->taken.error_code;
  to[REG_TRAPNO] = frame->taken.vector;
  to[REG_OLDMASK] = (greg_t) frame->taken.former_mask;
  to[REG_CR2] = (greg_t) frame->taken.fault_gva;
}

/* Takes over what a handler has made of it. */
static void read_context(struct trap_frame *trap, const ucontext_t *context)
{
  const greg_t *from = context->uc_mcontext.gregs;
  trap->registers = (struct trap_registers){.rax = (uint64_t) from[REG_RAX],
                                            .rcx = (uint64_t) from[REG_RCX],
                                            .rdx = (uint64_t) from[REG_RDX],
                                            .rbx = (uint64_t) from[REG_RBX],
                                            .rbp = (uint64_t) from[REG_RBP],
                                            .rsi = (uint64_t) from[REG_RSI],
                                            .rdi = (uint64_t) from[REG_RDI],
                                            .r8 = (uint64_t) from[REG_R8],
                                            .r9 = (uint64_t) from[REG_R9],
                                            .r10 = (uint64_t) from[REG_R10],
                                            .r11 = (uint64_t) from[REG_R11],
                                            .r12 = (uint64_t) from[REG_R12],
                                            .r13 = (uint64_t) from[REG_R13],
                                            .r14 = (uint64_t) from[REG_R14],
                                            .r15 = (uint64_t) from[REG_R15]};
  trap->rip = (uint64_t) from[REG_RIP];
  trap->rsp = (uint64_t) from[REG_RSP];
  trap->rflags =
      (trap->rflags & ~RFLAGS_OF_PROGRAM) | ((uint64_t) from[REG_EFL] & RFLAGS_OF_PROGRAM);
  if (trap->rip >= ADDRESSES_END)
    crash_by_signal(SIGSEGV, "a signal handler returns to no address");
}

/* The handler may have changed what fpregs points to, or the pointer: to the image of another
 * signal, or one without what FXSAVE does not know. */
static void restore_vectors(const ucontext_t *context)
{
  struct _libc_fpstate *image = context->uc_mcontext.fpregs;
  if (image == NULL)
    return;
  image->mxcsr &= MXCSR_BITS; /* others fault */
  if (image->__reserved[IMAGE_MARK_AT] == IMAGE_MARK)
    vector_state_restore(image);
  else
    vector_legacy_restore(image);
}

static void run_handler(struct signal_frame *frame)
{
  void (*handler)(int, siginfo_t *, void *) =
      (void (*)(int, siginfo_t *,
                void *)) frame->taken.action.handler_gva; /* NOLINT(performance-no-int-to-ptr) */
  handler(frame->taken.info.number, &frame->info, &frame->context);
}

/* ---- As a call ---- */

struct call_frame
{
  struct signal_frame frame;
  _Alignas(16) struct _libc_fpstate legacy;
};

/* Goes on with what the frame has. Masked to the end: off the alternate stack the next handler may
 * write where the frame is. */
static _Noreturn void leave(struct signal_frame *frame)
{
  struct task *task = cpu_current();
  /* From here on nothing may fault. */
  task->frame = frame->trap;
  restore_vectors(&frame->context);
  trap_put_back(&cpu_this()->area, &task->frame);
  context_return(&task->frame);
}

_Noreturn void signal_called(struct signal_frame *frame)
{
  vector_legacy_save(frame->vector_state);
  frame->vector_state->__reserved[IMAGE_MARK_AT] = 0;
  fill_context(&frame->context, cpu_current(), frame);
  signal_frame_info(&frame->info, &frame->taken.info);
  vector_state_begin();
  cpu_unmask_interrupts();
  run_handler(frame);
  cpu_mask_interrupts();
  uint64_t rip_gva = frame->trap.rip;
  read_context(&frame->trap, &frame->context);
  if (frame->trap.rip != rip_gva)
    signal_set_mask(frame->context.uc_sigmask);
  else
    frame->trap.registers.rax = frame->context.uc_sigmask; /* signal_call() returns it */
  leave(frame);
}

static _Noreturn void report_stack(const struct hc_registers *registers, uint64_t rsp_gva)
{
  struct crash crash = {.cause = HC_CRASH_STACK_OVERFLOW,
                        .signal = SIGSEGV,
                        .cpu = cpu_this()->area.cpu,
                        .fault_gva = rsp_gva,
                        .regs = *registers};
  crash_report(&crash);
}

/* Whether what is saved, down to an address, is on the stack that the stack pointer is in: known of
 * the alternate one and of the task's own. */
static bool has_room(const struct task *task, uint64_t rsp_gva, uint64_t down_to_gva)
{
  const struct task_signals *signals = &task->signals;
  down_to_gva -= LEAST_STACK_BYTES;
  if (signal_on_alternate(task, rsp_gva))
    return down_to_gva >= signals->alternate_gva && down_to_gva < rsp_gva;
  uint64_t low_gva = task->stack_gva - task->guard_bytes;
  return rsp_gva - low_gva >= task->guard_bytes + task->stack_bytes ||
         down_to_gva >= task->stack_gva;
}

uint64_t signal_frame_call(struct task *task, const struct signal_taken *taken)
{
  struct call_frame here;
  struct call_frame *call = &here;
  uint64_t rsp_gva = (uint64_t) &here;
  uint64_t top_gva = signal_stack_top(task, &taken->action, rsp_gva);
  if (top_gva != rsp_gva)
  {
    uint64_t call_gva = (top_gva - sizeof(*call)) & ~15ull;
    call = (struct call_frame *) call_gva; /* NOLINT(performance-no-int-to-ptr) */
    if (!has_room(task, top_gva, call_gva))
    {
      const struct hc_registers registers = {.rip = (uint64_t) signal_frame_call, .rsp = rsp_gva};
      report_stack(&registers, call_gva);
    }
  }
  /* A handler between here and there would begin where the frame is. */
  cpu_mask_interrupts();
  call->frame.taken = *taken;
  call->frame.vector_state = &call->legacy;
  /* What a call does not preserve counts for nothing. */
  call->frame.trap.registers.rax = 0;
  return signal_call(&call->frame, top_gva != rsp_gva ? (uint64_t) call : 0);
}

/* ---- Out of an upcall ---- */

_Noreturn void signal_enter(struct signal_frame *frame, void *vector_state)
{
  struct task *task = cpu_current();
  vector_state_prepare(vector_state);
  vector_state_save(vector_state);
  vector_state_complete(vector_state);
  frame->vector_state = vector_state;
  frame->vector_state->__reserved[IMAGE_MARK_AT] = IMAGE_MARK;
  frame->trap = task->frame;
  frame->taken = task->signals.taken;
  fill_context(&frame->context, task, frame);
  signal_frame_info(&frame->info, &frame->taken.info);
  vector_state_begin();
  uint32_t heeds = task_heed_signals(task);
  cpu_unmask_interrupts();
  if (frame->taken.info.number != 0)
    run_handler(frame);
  __atomic_store_n(&task->heeds, heeds, __ATOMIC_RELAXED);
  if (thread_cancel_check != NULL)
    thread_cancel_check();
  cpu_mask_interrupts();
  signal_set_mask(frame->context.uc_sigmask);
  read_context(&frame->trap, &frame->context);
  leave(frame);
}

/* Has the upcall return into signal_enter(). False if the stack has no room. */
static bool redirect(struct task *task, struct uhyve_upcall_area *area,
                     struct trap_registers *registers)
{
  uint64_t align = VECTOR_STATE_ALIGN_BYTES;
  uint64_t top_gva = signal_stack_top(task, &task->signals.taken.action, area->rsp);
  uint64_t rsp_gva = top_gva;
  if (top_gva == area->rsp)
    top_gva -= RED_ZONE_BYTES;
  uint64_t state_gva = (top_gva - vector_state_bytes()) & ~(align - 1);
  uint64_t frame_gva = (state_gva - sizeof(struct signal_frame)) & ~15ull;
  if (!has_room(task, rsp_gva, frame_gva))
    return false;
  task->frame = trap_take(area, registers);
  area->rip = (uint64_t) signal_trampoline;
  area->rsp = frame_gva;
  area->rflags = HANDLER_RFLAGS;
  area->was_masked = 1;
  registers->rbx = frame_gva;
  registers->rdi = frame_gva;
  registers->rsi = state_gva;
  registers->rbp = 0;
  return true;
}

void signal_redirect(struct percpu *cpu, struct trap_registers *registers)
{
  struct task *task = cpu->current;
  struct signal_taken *taken = &task->signals.taken;
  uint32_t attention = __atomic_fetch_and(&task->attention, ~TASK_SIGNALLED, __ATOMIC_SEQ_CST);
  spinlock_lock(&signal_lock);
  bool is_taken = signal_take(task, taken);
  spinlock_unlock(&signal_lock);
  while (is_taken && taken->action.handler_gva == (uint64_t) SIG_DFL &&
         signal_stops(taken->info.number))
  {
    sys_stop(taken->info.number);
    spinlock_lock(&signal_lock);
    is_taken = signal_take(task, taken);
    spinlock_unlock(&signal_lock);
  }
  if (!is_taken && ((attention & TASK_CANCELLED) == 0 || thread_cancel_check == NULL))
    return;
  const struct hc_registers interrupted = trap_interrupted(registers, &cpu->area);
  if (!is_taken)
    *taken = (struct signal_taken){.former_mask = task->signals.mask};
  else if (taken->action.handler_gva == (uint64_t) SIG_DFL)
  {
    struct crash crash = {.cause = HC_CRASH_SIGNAL,
                          .signal = taken->info.number,
                          .cpu = cpu->area.cpu,
                          .regs = interrupted};
    crash_report(&crash);
  }
  if (!redirect(task, &cpu->area, registers))
    report_stack(&interrupted, cpu->area.rsp);
}

bool signal_redirect_fault(struct percpu *cpu, struct trap_registers *registers,
                           const struct signal_fault *fault)
{
  struct task *task = cpu->current;
  struct signal_taken *taken = &task->signals.taken;
  const struct signal_action *action = &signal_actions[fault->number];
  spinlock_lock(&signal_lock);
  bool is_handled = action->handler_gva != (uint64_t) SIG_DFL &&
                    action->handler_gva != (uint64_t) SIG_IGN &&
                    (task->signals.mask & SIGNAL_BIT(fault->number)) == 0;
  if (is_handled)
  {
    *taken = (struct signal_taken){
        .info = {.number = fault->number, .code = fault->code, .data = fault->address_gva},
        .action = *action,
        .vector = fault->vector,
        .error_code = fault->error_code,
        .fault_gva = fault->fault_gva};
    is_handled = redirect(task, &cpu->area, registers);
  }
  if (is_handled)
    signal_begin_handler(task, taken);
  spinlock_unlock(&signal_lock);
  return is_handled;
}

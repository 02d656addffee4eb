/* Handlers with the state of what they interrupt, on the stack that they run on. */
#ifndef GUEST_ARCH_SIGNAL_FRAME_H
#define GUEST_ARCH_SIGNAL_FRAME_H

#include <signal.h>

#include "arch/x86_64/trap.h"
#include "signal/task_signals.h"

struct task;

struct signal_frame
{
  struct trap_frame trap; /* first: signal_entry.S */
  ucontext_t context;
  siginfo_t info;
  struct signal_taken taken;
  struct _libc_fpstate *vector_state; /* the begin of the image */
};

/* Runs a handler as a call, with what it may ask for: its state is that of a function call. Returns
 * the mask to go on with, unless the handler has had the program go on elsewhere. Unmasked. */
uint64_t signal_frame_call(struct task *task, const struct signal_taken *taken);

/* Fills a siginfo_t. */
void signal_frame_info(siginfo_t *info, const struct signal_info *from);

/* In signal_entry.S: where an upcall goes on, with %rbx, %rdi and %rsp the frame and %rsi the place
 * for the vector state; it calls signal_enter(). */
extern const char signal_trampoline[];
_Noreturn void signal_enter(struct signal_frame *frame, void *vector_state);

/* Calls signal_called(frame) on another stack, 0: on this one, with the caller's registers in
 * frame->trap; that goes on with what frame->trap has by then. Returns the mask that the handler
 * leaves. */
uint64_t signal_call(struct signal_frame *frame, uint64_t stack_gva);
_Noreturn void signal_called(struct signal_frame *frame);

#endif

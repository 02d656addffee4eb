/* What the program does about signals: sigaction() and its older forms, the stack of handlers. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "libc/result.h"
#include "signal/signal.h"

int sigaction(int number, const struct sigaction *restrict action,
              struct sigaction *restrict former)
{
  struct signal_action next;
  struct signal_action before;
  if (action != NULL)
    next = (struct signal_action){.handler_gva = (uint64_t) action->sa_handler,
                                  .mask = action->sa_mask,
                                  .flags = (uint32_t) action->sa_flags};
  int error = signal_set_action(number, action != NULL ? &next : NULL, &before);
  if (error == 0 && former != NULL)
  {
    *former = (struct sigaction){.sa_mask = before.mask, .sa_flags = (int) before.flags};
    former->sa_handler = (_sig_func_ptr) before.handler_gva; /* NOLINT(performance-no-int-to-ptr) */
  }
  return (int) libc_result(error);
}

static _sig_func_ptr set_handler(int number, _sig_func_ptr handler, uint32_t flags)
{
  const struct signal_action next = {.handler_gva = (uint64_t) handler, .flags = flags};
  struct signal_action before;
  if (libc_result(handler == SIG_ERR ? -EINVAL : signal_set_action(number, &next, &before)) != 0)
    return SIG_ERR;
  return (_sig_func_ptr) before.handler_gva; /* NOLINT(performance-no-int-to-ptr) */
}

_sig_func_ptr signal(int number, _sig_func_ptr handler)
{
  return set_handler(number, handler, SA_RESTART);
}

int siginterrupt(int number, int interrupts)
{
  struct signal_action action;
  int error = signal_set_action(number, NULL, &action);
  if (error == 0)
  {
    action.flags &= ~(uint32_t) SA_RESTART;
    if (interrupts == 0)
      action.flags |= SA_RESTART;
    error = signal_set_action(number, &action, NULL);
  }
  return (int) libc_result(error);
}

int sigaltstack(const stack_t *restrict stack, stack_t *restrict former)
{
  struct task *task = cpu_current();
  struct task_signals *signals = &task->signals;
  bool is_on = signal_on_alternate(task, (uint64_t) __builtin_frame_address(0));
  stack_t before = {.ss_sp =
                        (void *) signals->alternate_gva, /* NOLINT(performance-no-int-to-ptr) */
                    .ss_size = signals->alternate_bytes,
                    .ss_flags = signals->alternate_bytes == 0 ? SS_DISABLE : 0};
  if (is_on)
    before.ss_flags = SS_ONSTACK;
  if (stack != NULL)
  {
    stack_t next = *stack;
    if (is_on)
      return (int) libc_result(-EPERM);
    if ((next.ss_flags & ~(SS_DISABLE | SS_ONSTACK)) != 0)
      return (int) libc_result(-EINVAL);
    if ((next.ss_flags & SS_DISABLE) != 0)
      next = (stack_t){.ss_flags = SS_DISABLE};
    else if (next.ss_size < MINSIGSTKSZ)
      return (int) libc_result(-ENOMEM);
    /* A signal in between takes the stack to be none. */
    uint32_t was_masked = cpu_mask_save();
    signals->alternate_gva = (uint64_t) next.ss_sp;
    signals->alternate_bytes = next.ss_size;
    cpu_mask_restore(was_masked);
  }
  if (former != NULL)
    *former = before;
  return 0;
}

/* ---- System V ---- */

_sig_func_ptr sigset(int number, _sig_func_ptr handler)
{
  struct signal_action before;
  if (libc_result(signal_set_action(number, NULL, &before)) != 0)
    return SIG_ERR;
  uint64_t mask = cpu_current()->signals.mask;
  bool was_held = (mask & SIGNAL_BIT(number)) != 0;
  if (handler != SIG_HOLD && set_handler(number, handler, 0) == SIG_ERR)
    return SIG_ERR;
  signal_set_mask(handler == SIG_HOLD ? mask | SIGNAL_BIT(number) : mask & ~SIGNAL_BIT(number));
  return was_held ? SIG_HOLD
                  : (_sig_func_ptr) before.handler_gva; /* NOLINT(performance-no-int-to-ptr) */
}

static int check(int number)
{
  return number <= 0 || number >= NSIG ? -EINVAL : 0;
}

int sighold(int number)
{
  int error = check(number);
  if (error == 0)
    signal_set_mask(cpu_current()->signals.mask | SIGNAL_BIT(number));
  return (int) libc_result(error);
}

int sigrelse(int number)
{
  int error = check(number);
  if (error == 0)
    signal_set_mask(cpu_current()->signals.mask & ~SIGNAL_BIT(number));
  return (int) libc_result(error);
}

int sigignore(int number)
{
  return set_handler(number, SIG_IGN, 0) == SIG_ERR ? -1 : 0;
}

int sigpause(int number)
{
  int error = check(number);
  if (error == 0)
    error = signal_suspend(cpu_current()->signals.mask & ~SIGNAL_BIT(number));
  return (int) libc_result(error);
}

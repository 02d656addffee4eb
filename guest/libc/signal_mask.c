/* Which signals a thread holds back; the jump that restores that. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "libc/result.h"
#include "signal/signal.h"

/* Returns the error, as POSIX has it for this one. */
int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict former)
{
  uint64_t before = cpu_current()->signals.mask;
  if (set != NULL)
  {
    uint64_t given = *set;
    if (how == SIG_BLOCK || how == SIG_SETMASK)
      signal_hold(given);
    if (how == SIG_BLOCK)
      signal_set_mask(before | given);
    else if (how == SIG_UNBLOCK)
      signal_set_mask(before & ~given);
    else if (how == SIG_SETMASK)
      signal_set_mask(given);
    else
      return EINVAL;
  }
  if (former != NULL)
    *former = before;
  return 0;
}

int sigprocmask(int how, const sigset_t *restrict set, sigset_t *restrict former)
{
  return (int) libc_result(-pthread_sigmask(how, set, former));
}

int sigpending(sigset_t *set)
{
  const struct task_signals *signals = &cpu_current()->signals;
  *set = (__atomic_load_n(&signals->queue.pending, __ATOMIC_RELAXED) |
          __atomic_load_n(&signal_process_queue.pending, __ATOMIC_RELAXED)) &
         signals->mask;
  return 0;
}

void siglongjmp(sigjmp_buf target, int value)
{
  _JBTYPE *words = target;
  if (words[_SAVEMASK] != 0)
    pthread_sigmask(SIG_SETMASK, (const sigset_t *) &words[_SIGMASK], NULL);
  longjmp(words, value);
}

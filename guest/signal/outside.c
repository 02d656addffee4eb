/* Signals from outside: what the monitor is told of those that the program sees to, and what comes.
 *
 * The monitor is told of a signal when the program does something about it. What was ever blocked
 * or waited for is seen to here from then on, its default too. SIGTTIN and SIGTTOU that are blocked
 * count as ignored: the host's terminal then fails calls of the background, which would be tried
 * for ever else.
 */
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "hypercall.h"
#include "sched/sched.h"
#include "signal/delivery.h"
#include "signal/signal.h"
#include "start_info.h"

#define SIGNALS_OF_TERMINALS (SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

/* What the monitor never gives. */
#define SIGNALS_OF_INSIDE                                                                \
  (SIGNALS_UNBLOCKABLE | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGFPE) | \
   SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGSYS))

uint64_t signals_held = SIGNALS_OF_INSIDE;

/* As the monitor has them. */
static uint64_t caught;
static uint64_t ignored;

static uint64_t ask(enum hc_signals_operation operation, uint64_t mask, uint64_t *sender)
{
  HC_BLOCK(struct hc_signals) block;
  block.operation = operation;
  block.mask = mask;
  block.sender = 0;
  hypercall(HC_signals, &block);
  *sender = block.sender;
  return block.mask;
}

static void tell(enum hc_signals_operation operation, uint64_t mask)
{
  uint64_t sender;
  if (mask != 0)
    ask(operation, mask, &sender);
}

static bool is_to_ignore(int number)
{
  uint64_t bit = SIGNAL_BIT(number);
  bool is_held = (signals_held & bit) != 0;
  bool is_ignored = signal_actions[number].handler_gva == (uint64_t) SIG_IGN;
  return (bit & SIGNALS_OF_TERMINALS) != 0 ? is_held || is_ignored : is_ignored && !is_held;
}

void signal_tell_locked(uint64_t set)
{
  uint64_t to_ignore = 0;
  uint64_t to_catch = 0;
  uint64_t to_default = 0;
  for (uint64_t left = set & ~SIGNALS_OF_INSIDE; left != 0; left &= left - 1)
  {
    int number = __builtin_ctzll(left) + 1;
    uint64_t bit = SIGNAL_BIT(number);
    if (is_to_ignore(number))
      to_ignore |= bit & ~ignored;
    else if (signal_actions[number].handler_gva != (uint64_t) SIG_DFL || (signals_held & bit) != 0)
      to_catch |= bit & ~caught;
    else
      to_default |= bit & (caught | ignored);
  }
  /* With one CPU nobody waits in the monitor for long from now on. */
  if (to_catch != 0)
    __atomic_store_n(&sched_has_signals, 1, __ATOMIC_RELAXED);
  caught = (caught | to_catch) & ~(to_ignore | to_default);
  ignored = (ignored | to_ignore) & ~(to_catch | to_default);
  tell(HC_SIGNALS_DEFAULT, to_default);
  tell(HC_SIGNALS_CATCH, to_catch);
  tell(HC_SIGNALS_IGNORE, to_ignore);
}

void signal_tell_held(uint64_t set)
{
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  __atomic_fetch_or(&signals_held, set, __ATOMIC_RELAXED);
  signal_tell_locked(set);
  spinlock_unlock_restore(&signal_lock, was_masked);
}

void signal_begin(void)
{
  ignored = start_info->signals_ignored & ~SIGNALS_OF_INSIDE;
  for (uint64_t left = ignored; left != 0; left &= left - 1)
    signal_actions[__builtin_ctzll(left) + 1].handler_gva = (uint64_t) SIG_IGN;
}

void signal_interrupt(void)
{
  uint64_t sender;
  uint64_t come = ask(HC_SIGNALS_TAKE, 0, &sender);
  for (; come != 0; come &= come - 1)
  {
    const struct signal_info info = {.number = __builtin_ctzll(come) + 1,
                                     .code = sender != 0 ? SI_USER : SI_KERNEL,
                                     .pid = (int) sender,
                                     .uid = (int) (sender >> 32)};
    signal_send(NULL, &info);
  }
}

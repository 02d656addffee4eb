/* Handlers that run as calls: which signal is next, the mask around its handler. */
#include "signal/delivery.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/signal_frame.h"
#include "arch/x86_64/vector_state.h"
#include "crash.h"
#include "posix/sys.h"
#include "signal/signal.h"

#define SIGNALS_ENDING                                                                     \
  (SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGINT) | SIGNAL_BIT(SIGQUIT) | SIGNAL_BIT(SIGABRT) |   \
   SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGUSR2) | SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGALRM) | \
   SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGSTKFLT) | SIGNAL_BIT(SIGIO) | SIGNAL_BIT(SIGPWR) |  \
   SIGNAL_BIT(SIGXCPU) | SIGNAL_BIT(SIGXFSZ) | SIGNAL_BIT(SIGVTALRM) | SIGNAL_BIT(SIGPROF))

void signal_begin_handler(struct task *task, struct signal_taken *taken)
{
  struct task_signals *signals = &task->signals;
  const struct signal_action *action = &taken->action;
  uint64_t bit = SIGNAL_BIT(taken->info.number);
  uint64_t mask = signals->mask | action->mask | ((action->flags & SA_NODEFER) != 0 ? 0 : bit);
  taken->former_mask = signals->mask;
  if ((action->flags & SA_RESETHAND) != 0)
    signal_actions[taken->info.number].handler_gva = (uint64_t) SIG_DFL;
  signals->handled++;
  if ((action->flags & SA_RESTART) == 0)
    signals->interruptions++;
  __atomic_store_n(&signals->mask, mask, __ATOMIC_SEQ_CST);
  uint64_t passed_on = signal_process_queue.pending & mask & ~taken->former_mask;
  if (passed_on != 0)
    signal_pass_on(passed_on);
}

bool signal_take(struct task *task, struct signal_taken *taken)
{
  struct task_signals *signals = &task->signals;
  while (signal_take_of(task, ~signals->mask, &taken->info))
  {
    int number = taken->info.number;
    if (signal_is_ignored(number))
      continue;
    taken->action = signal_actions[number];
    taken->vector = 0;
    taken->error_code = 0;
    taken->fault_gva = 0;
    if (taken->action.handler_gva != (uint64_t) SIG_DFL)
      signal_begin_handler(task, taken);
    return true;
  }
  return false;
}

uint64_t signal_stack_top(const struct task *task, const struct signal_action *action,
                          uint64_t rsp_gva)
{
  const struct task_signals *signals = &task->signals;
  if ((action->flags & SA_ONSTACK) == 0 || signals->alternate_bytes == 0 ||
      signal_on_alternate(task, rsp_gva))
    return rsp_gva;
  return signals->alternate_gva + signals->alternate_bytes;
}

/* Whether the task must see to something under its mask. A full barrier comes before. */
static bool has_ready(const struct task *task)
{
  const struct task_signals *signals = &task->signals;
  return ((__atomic_load_n(&signals->queue.pending, __ATOMIC_SEQ_CST) |
           __atomic_load_n(&signal_process_queue.pending, __ATOMIC_SEQ_CST)) &
          ~signals->mask) != 0;
}

/* Sets the mask of the running task. What it was told of and does not let in any more goes to
 * others. */
static void replace_mask(struct task *task, uint64_t mask)
{
  mask &= ~SIGNALS_UNBLOCKABLE;
  uint64_t blocked = mask & ~__atomic_exchange_n(&task->signals.mask, mask, __ATOMIC_SEQ_CST);
  if (__builtin_expect(
          (blocked & __atomic_load_n(&signal_process_queue.pending, __ATOMIC_SEQ_CST)) == 0, 1))
    return;
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  signal_pass_on(blocked & signal_process_queue.pending);
  spinlock_unlock_restore(&signal_lock, was_masked);
}

/* Runs a handler on the way that it asks for, and restores the mask. Unmasked. */
static void run_handler(struct task *task, const struct signal_taken *taken)
{
  const struct signal_action *action = &taken->action;
  uint64_t rsp_gva = (uint64_t) __builtin_frame_address(0);
  uint64_t mask = taken->former_mask;
  /* What waits in the handler is no part of the wait that it interrupts. */
  uint32_t heeds = task_heed_signals(task);
  if ((action->flags & SA_SIGINFO) != 0 || signal_stack_top(task, action, rsp_gva) != rsp_gva)
    mask = signal_frame_call(task, taken);
  else
  {
    struct vector_control control;
    vector_control_begin(&control);
    ((void (*)(int)) action->handler_gva)(
        taken->info.number); /* NOLINT(performance-no-int-to-ptr) */
    vector_control_end(&control);
  }
  /* It may have disabled cancellation, also for the rest of that wait. */
  if (thread_is_immune != NULL && thread_is_immune())
    heeds &= ~(TASK_CANCELLED | TASK_AT_POINT);
  __atomic_store_n(&task->heeds, heeds, __ATOMIC_RELAXED);
  replace_mask(task, mask);
}

static void handle(struct task *task, const struct signal_taken *taken)
{
  if (taken->action.handler_gva != (uint64_t) SIG_DFL)
    run_handler(task, taken);
  else if (signal_stops(taken->info.number))
    sys_stop(taken->info.number);
  else
    crash_by_signal(taken->info.number, NULL);
}

void signal_deliver(void)
{
  struct task *task = cpu_current();
  struct signal_taken taken;
  __atomic_fetch_and(&task->attention, ~TASK_SIGNALLED, __ATOMIC_SEQ_CST);
  if (thread_cancel_check != NULL)
    thread_cancel_check();
  while (has_ready(task))
  {
    uint32_t was_masked = spinlock_lock_masked(&signal_lock);
    bool is_taken = signal_take(task, &taken);
    spinlock_unlock_restore(&signal_lock, was_masked);
    if (is_taken)
      handle(task, &taken);
  }
}

/* Here, for who wants that needs what delivers them, too, which others refer to weakly. */
void signal_keep_ends(void)
{
  signal_tell_held(SIGNALS_ENDING);
}

void signal_attend(struct task *task)
{
  sched_attend(task, TASK_SIGNALLED);
}

/* Without a queue, where nobody else needs to know. */
int signal_raise(int number)
{
  if (number <= 0 || number >= NSIG)
    return number == 0 ? 0 : -EINVAL;
  struct task *task = cpu_current();
  struct signal_info info = signal_info_sent(number, SI_TKILL);
  struct signal_taken taken = {.info = info};
  uint64_t bit = SIGNAL_BIT(number);
  if (__builtin_expect(task->priority >= TASK_PRIORITIES || (task->heeds & TASK_HOLDS) != 0, 0))
    return signal_send(task, &info);
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  if (((task->signals.mask | task->signals.queue.pending) & bit) != 0)
  {
    spinlock_unlock_restore(&signal_lock, was_masked);
    return signal_send(task, &info);
  }
  taken.action = signal_actions[number];
  bool is_ignored = signal_is_ignored(number);
  if (!is_ignored && taken.action.handler_gva != (uint64_t) SIG_DFL)
    signal_begin_handler(task, &taken);
  spinlock_unlock_restore(&signal_lock, was_masked);
  if (is_ignored)
    return 0;
  handle(task, &taken);
  if (__builtin_expect(has_ready(task), 0))
    signal_deliver();
  return 0;
}

void signal_set_mask(uint64_t mask)
{
  struct task *task = cpu_current();
  replace_mask(task, mask);
  if (__builtin_expect(!has_ready(task), 1))
    return;
  uint32_t was_masked = cpu_mask_save();
  signal_attend(task);
  cpu_mask_restore(was_masked);
}

void signal_thread_begin(void)
{
  signal_set_mask(cpu_current()->signals.inherited);
}

void signal_thread_end(void)
{
  struct task *task = cpu_current();
  signal_set_mask(~0ull);
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  __atomic_store_n(&task->signals.mask, ~0ull, __ATOMIC_SEQ_CST);
  task->signals.is_over = true;
  signal_queue_drop(&task->signals.queue, ~0ull);
  spinlock_unlock_restore(&signal_lock, was_masked);
}

int signal_kill(int number)
{
  struct signal_info info = signal_info_sent(number, SI_USER);
  if (number < 0 || number >= NSIG)
    return -EINVAL;
  return number == 0 ? 0 : signal_send(NULL, &info);
}

void signal_abort(void)
{
  uint64_t mask = cpu_current()->signals.mask;
  signal_set_mask(mask & ~SIGNAL_BIT(SIGABRT));
  signal_raise(SIGABRT);
}

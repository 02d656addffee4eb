/* Sending signals: to a task, or to the process, where one of its tasks is chosen. */
#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "sched/lifetime.h"
#include "signal/delivery.h"
#include "signal/signal.h"

#define GUEST_PID 1

bool signal_is_ignored(int number)
{
  uint64_t handler = signal_actions[number].handler_gva;
  return handler == (uint64_t) SIG_IGN ||
         (handler == (uint64_t) SIG_DFL && signal_is_ignored_by_default(number));
}

struct signal_info signal_info_sent(int number, int code)
{
  return (struct signal_info){.number = number, .code = code, .pid = GUEST_PID};
}

static bool takes(const struct task *task, uint64_t set)
{
  return (set & ~__atomic_load_n(&task->signals.mask, __ATOMIC_SEQ_CST)) != 0;
}

/* Has the task see to one of a set, if it waits for that or does not block it. */
static bool tell_waiter(struct task *task, void *set)
{
  return (task->signals.wanted & *(uint64_t *) set) != 0 && sched_wake(task, WAIT_WOKEN);
}

static bool tell_taker(struct task *task, void *set)
{
  if (!takes(task, *(uint64_t *) set))
    return false;
  sched_attend(task, TASK_SIGNALLED);
  return true;
}

/* Who waits for it comes first, then the first task, then who runs here. */
static void tell_anybody(uint64_t set)
{
  struct task *current = cpu_this()->current;
  if (tasks_visit(tell_waiter, &set) || tell_taker(&main_task, &set) ||
      (current != NULL && tell_taker(current, &set)))
    return;
  tasks_visit(tell_taker, &set);
}

static bool takes_any(struct task *task, void *set)
{
  return takes(task, *(uint64_t *) set) && (task->signals.wanted & *(uint64_t *) set) == 0;
}

/* Nobody needs to know: it is ignored, and nobody holds it back until it is looked at again. */
static bool is_dropped(struct task *task, uint64_t set, int number)
{
  if (task != NULL && task->signals.is_over)
    return true;
  if (!signal_is_ignored(number))
    return false;
  return task != NULL ? takes_any(task, &set) : tasks_visit(takes_any, &set);
}

static bool drop_of(struct task *task, void *set)
{
  signal_queue_drop(&task->signals.queue, *(uint64_t *) set);
  return false;
}

/* Going on and stopping take each other back. */
static void drop_opposite(int number)
{
  uint64_t set = 0;
  if (number == SIGCONT)
    set = SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);
  else if (signal_stops(number))
    set = SIGNAL_BIT(SIGCONT);
  if (set == 0)
    return;
  signal_queue_drop(&signal_process_queue, set);
  tasks_visit(drop_of, &set);
}

int signal_send_locked(struct task *task, const struct signal_info *info, struct signal_node *own)
{
  uint64_t set = SIGNAL_BIT(info->number);
  drop_opposite(info->number);
  if (is_dropped(task, set, info->number))
    return 0;
  int error =
      signal_queue_add(task != NULL ? &task->signals.queue : &signal_process_queue, info, own);
  if (error == 0 && task == NULL)
    tell_anybody(set);
  else if (error == 0 && !tell_waiter(task, &set))
    tell_taker(task, &set);
  return error;
}

int signal_send(struct task *task, const struct signal_info *info)
{
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  int error = signal_send_locked(task, info, NULL);
  spinlock_unlock_restore(&signal_lock, was_masked);
  return error;
}

struct search
{
  int id;
  struct task *found;
};

static bool has_id(struct task *task, void *context)
{
  struct search *search = context;
  if (task_id(task) != search->id || task->signals.is_over)
    return false;
  search->found = task;
  return true;
}

/* A task with signals of its own ends only with the lock, signal_thread_end(). */
int signal_send_to_id_locked(int id, const struct signal_info *info, struct signal_node *own)
{
  struct search search = {.id = id};
  if (!tasks_visit(has_id, &search))
    return -ESRCH;
  return info->number != 0 ? signal_send_locked(search.found, info, own) : 0;
}

int signal_send_to_id(int id, const struct signal_info *info)
{
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  int error = signal_send_to_id_locked(id, info, NULL);
  spinlock_unlock_restore(&signal_lock, was_masked);
  return error;
}

void signal_pass_on(uint64_t set)
{
  tell_anybody(set);
}

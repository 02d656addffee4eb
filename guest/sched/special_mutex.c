/* Robust mutexes, priority inheritance and priority ceilings.
 *
 * What a task inherits is the highest of the ceilings of the mutexes that it holds and of the
 * priorities of those who wait for them. It is worked out anew, from these lists, whenever one of
 * them changes; if that changes the priority of a task that waits itself, the same is done for the
 * holder of what it waits for.
 */
#include "sched/special_mutex.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "sched/sched.h"
#include "time/clock.h"

/* Guards the lists of all such mutexes and of all tasks. Run locks are taken inside. */
static struct spinlock lists_lock;

/* The holder of a mutex that is not robust and whose holder has ended. */
static struct task gone;

static struct task *owner_of(const struct special_mutex *special)
{
  return (struct task *) special->mutex.owner; /* NOLINT(performance-no-int-to-ptr) */
}

static unsigned int ceiling_of(const struct special_mutex *special)
{
  return special->mutex.kind >> MUTEX_CEILING_SHIFT;
}

static bool has_flags(const struct special_mutex *special, uint32_t flags)
{
  return (special->mutex.kind & flags) != 0;
}

static uint32_t type_of(const struct special_mutex *special)
{
  return special->mutex.kind & MUTEX_TYPE;
}

bool special_mutex_is_mine(const struct special_mutex *special)
{
  return __atomic_load_n(&special->mutex.owner, __ATOMIC_RELAXED) == (uintptr_t) cpu_current();
}

/* ---- Priorities; the lock is held ---- */

static unsigned int owed_by(const struct task *task)
{
  unsigned int owed = 0;
  for (const struct special_mutex *special = task->held; special != NULL; special = special->next)
  {
    if (has_flags(special, MUTEX_PROTECT) && ceiling_of(special) > owed)
      owed = ceiling_of(special);
    const struct task *waiter = has_flags(special, MUTEX_INHERIT) ? special->waiters : NULL;
    for (; waiter != NULL; waiter = waiter->waits_next)
    {
      if (task_plain_priority(waiter) > owed)
        owed = task_plain_priority(waiter);
    }
  }
  return owed;
}

/* Ends: in a circle of tasks that wait for one another, too, each step but the last changes a
 * priority, and towards the same end. */
static void settle(struct task *task)
{
  while (task != &gone)
  {
    unsigned int before = task_plain_priority(task);
    unsigned int owed = owed_by(task);
    if (owed != task->inherited)
      task_inherit(task, owed);
    if (task_plain_priority(task) == before || task->waits_for == NULL ||
        owner_of(task->waits_for) == NULL)
      return;
    task = owner_of(task->waits_for);
  }
}

/* ---- The lists; the lock is held ---- */

static void take(struct special_mutex *special, struct task *task)
{
  special->mutex.word = MUTEX_TAKEN;
  __atomic_store_n(&special->mutex.owner, (uintptr_t) task, __ATOMIC_RELAXED);
  special->next = task->held;
  task->held = special;
}

static void drop(struct special_mutex *special, struct task *task)
{
  struct special_mutex **link = &task->held;
  while (*link != NULL && *link != special)
    link = &(*link)->next;
  if (*link != NULL)
    *link = special->next;
}

static void enqueue(struct special_mutex *special, struct task *task)
{
  struct task **link = &special->waiters;
  while (*link != NULL)
    link = &(*link)->waits_next;
  *link = task;
  task->waits_next = NULL;
  task->waits_for = special;
}

static void dequeue(struct special_mutex *special, struct task *task)
{
  struct task **link = &special->waiters;
  while (*link != NULL && *link != task)
    link = &(*link)->waits_next;
  if (*link != NULL)
    *link = task->waits_next;
  task->waits_for = NULL;
}

static struct task *first_waiter(const struct special_mutex *special)
{
  struct task *best = special->waiters;
  for (struct task *task = best; task != NULL; task = task->waits_next)
  {
    if (task_plain_priority(task) > task_plain_priority(best))
      best = task;
  }
  return best;
}

/* Ends the wait of the first waiter that has not ended it itself. Returns it for sched_deliver(),
 * which is to be called without the lock, or null. */
static struct task *end_wait(struct special_mutex *special)
{
  struct task *task;
  while ((task = first_waiter(special)) != NULL)
  {
    dequeue(special, task);
    uint32_t pending = WAIT_PENDING;
    if (__atomic_compare_exchange_n(&task->wait_end, &pending, WAIT_WOKEN, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
      return task;
  }
  return NULL;
}

/* It has no owner any more. Returns whom to deliver: its next owner if it knows priorities, else
 * one that may try to take it. */
static struct task *pass_on(struct special_mutex *special)
{
  special->mutex.word = MUTEX_FREE;
  __atomic_store_n(&special->mutex.owner, 0, __ATOMIC_RELAXED);
  struct task *next = end_wait(special);
  if (next != NULL && has_flags(special, MUTEX_INHERIT | MUTEX_PROTECT) &&
      !has_flags(special, MUTEX_NOT_RECOVERABLE))
  {
    take(special, next);
    settle(next);
  }
  return next;
}

/* ---- The operations ---- */

/* Without waiting: the result, or -EBUSY. is_bound: the ceiling holds for the caller. */
static int try_take(struct special_mutex *special, bool is_bound)
{
  struct task *self = cpu_current();
  if (owner_of(special) == self)
  {
    if (type_of(special) == MUTEX_ERRORCHECK)
      return -EDEADLK;
    if (type_of(special) == MUTEX_NORMAL)
      return -EBUSY;
    if (special->mutex.depth == UINT32_MAX)
      return -EAGAIN;
    special->mutex.depth++;
    return 0;
  }
  if (has_flags(special, MUTEX_NOT_RECOVERABLE))
    return -ENOTRECOVERABLE;
  if (is_bound && has_flags(special, MUTEX_PROTECT) && self->base_priority > ceiling_of(special))
    return -EINVAL;
  if (owner_of(special) != NULL)
    return -EBUSY;
  take(special, self);
  if (has_flags(special, MUTEX_PROTECT))
    settle(self);
  return has_flags(special, MUTEX_OWNER_DIED) ? -EOWNERDEAD : 0;
}

/* Waits once; the lock is held before and afterwards. 0: it is to be looked at again. */
static int wait(struct special_mutex *special, uint64_t deadline_tsc)
{
  struct task *self = cpu_current();
  wait_begin(self);
  enqueue(special, self);
  settle(owner_of(special));
  spinlock_unlock(&lists_lock);
  enum wait_end end = sched_block(deadline_tsc);
  spinlock_lock(&lists_lock);
  if (self->waits_for != NULL)
  {
    dequeue(special, self);
    if (owner_of(special) != NULL)
      settle(owner_of(special));
  }
  if (end == WAIT_INTERRUPTED)
  {
    /* Handlers of signals run in between. */
    spinlock_unlock_restore(&lists_lock, 0);
    spinlock_lock_masked(&lists_lock);
  }
  return end == WAIT_TIMED_OUT ? -ETIMEDOUT : 0;
}

static int lock_slow(struct special_mutex *special, uint64_t deadline_tsc, bool is_bound)
{
  struct task *self = cpu_current();
  int error;
  while ((error = try_take(special, is_bound)) == -EBUSY)
  {
    bool is_own = owner_of(special) == self; /* a normal one: it waits for itself */
    error = wait(special, deadline_tsc);
    if (!is_own && owner_of(special) == self)
      return has_flags(special, MUTEX_OWNER_DIED) ? -EOWNERDEAD : 0;
    if (error != 0)
      return error;
  }
  return error;
}

static int lock_until(struct special_mutex *special, uint64_t deadline_ns, bool is_bound)
{
  uint64_t deadline_tsc = clock_tsc_of_ns(deadline_ns);
  bool heeds = task_heed_cancellation(false);
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  int error = lock_slow(special, deadline_tsc, is_bound);
  spinlock_unlock_restore(&lists_lock, was_masked);
  task_heed_cancellation(heeds);
  return error;
}

int special_mutex_lock(struct special_mutex *special, uint64_t deadline_ns)
{
  return lock_until(special, deadline_ns, true);
}

int special_mutex_lock_above(struct special_mutex *special)
{
  return lock_until(special, FUTEX_FOREVER, false);
}

int special_mutex_try_lock(struct special_mutex *special)
{
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  int error = try_take(special, true);
  spinlock_unlock_restore(&lists_lock, was_masked);
  return error == -EDEADLK ? -EBUSY : error;
}

/* Unlocks the lists, and lets those run whose waits have ended. */
static void deliver(struct task *woken, uint32_t was_masked)
{
  spinlock_unlock(&lists_lock);
  while (woken != NULL)
  {
    struct task *task = woken;
    woken = task->waits_next;
    sched_deliver(task);
  }
  cpu_mask_restore(was_masked);
}

/* Adds all who wait to a list: nobody will ever get it. */
static struct task *refuse_all(struct special_mutex *special, struct task *woken)
{
  struct task *task;
  while ((task = end_wait(special)) != NULL)
  {
    task->waits_next = woken;
    woken = task;
  }
  return woken;
}

int special_mutex_unlock(struct special_mutex *special)
{
  if (!special_mutex_is_mine(special))
    return -EPERM;
  if (special->mutex.depth != 0)
  {
    special->mutex.depth--;
    return 0;
  }
  struct task *self = cpu_current();
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  if (has_flags(special, MUTEX_OWNER_DIED))
    special->mutex.kind = (special->mutex.kind & ~MUTEX_OWNER_DIED) | MUTEX_NOT_RECOVERABLE;
  drop(special, self);
  struct task *woken = pass_on(special);
  if (woken != NULL)
    woken->waits_next = NULL;
  if (has_flags(special, MUTEX_NOT_RECOVERABLE))
    woken = refuse_all(special, woken);
  settle(self);
  deliver(woken, was_masked);
  return 0;
}

int special_mutex_make_consistent(struct special_mutex *special)
{
  if (!has_flags(special, MUTEX_ROBUST) || !has_flags(special, MUTEX_OWNER_DIED) ||
      !special_mutex_is_mine(special))
    return -EINVAL;
  special->mutex.kind &= ~MUTEX_OWNER_DIED;
  return 0;
}

void special_mutex_set_ceiling(struct special_mutex *special, unsigned int ceiling)
{
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  uint32_t rest = special->mutex.kind & ((1u << MUTEX_CEILING_SHIFT) - 1);
  special->mutex.kind = rest | ceiling << MUTEX_CEILING_SHIFT;
  settle(cpu_current());
  spinlock_unlock_restore(&lists_lock, was_masked);
}

/* ---- What happens to tasks ---- */

void special_mutex_abandon(void)
{
  struct task *self = cpu_current();
  struct task *woken = NULL;
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  while (self->held != NULL)
  {
    struct special_mutex *special = self->held;
    self->held = special->next;
    if (!has_flags(special, MUTEX_ROBUST))
    {
      __atomic_store_n(&special->mutex.owner, (uintptr_t) &gone, __ATOMIC_RELAXED);
      continue;
    }
    special->mutex.kind |= MUTEX_OWNER_DIED;
    special->mutex.depth = 0;
    struct task *next = pass_on(special);
    if (next != NULL)
    {
      next->waits_next = woken;
      woken = next;
    }
  }
  settle(self);
  deliver(woken, was_masked);
}

void special_mutex_follow(struct task *task)
{
  uint32_t was_masked = spinlock_lock_masked(&lists_lock);
  struct special_mutex *special = task->waits_for;
  if (special != NULL && owner_of(special) != NULL)
    settle(owner_of(special));
  spinlock_unlock_restore(&lists_lock, was_masked);
}

/* Futex: a table of buckets with the tasks that wait, by the address of the word. */
#include "sched/futex.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "large_data.h"
#include "sched/sched.h"
#include "time/clock.h"

#define BUCKETS 256

/* Tasks wait in the order they came. */
struct bucket
{
  struct spinlock lock;
  struct task *first;
  struct task *last;
};

static LARGE_DATA struct bucket buckets[BUCKETS];

static uint32_t bucket_of(const uint32_t *word)
{
  return (uint32_t) (((uint64_t) word >> 2) * 0x9e3779b97f4a7c15 >> 56) % BUCKETS;
}

/* The bucket's lock is held for both. */
static void append(uint32_t index, struct task *task, uint32_t *word)
{
  struct bucket *bucket = &buckets[index];
  task->futex_word = word;
  task->futex_bucket = index;
  task->futex_next = NULL;
  task->futex_previous = bucket->last;
  if (bucket->last != NULL)
    bucket->last->futex_next = task;
  else
    bucket->first = task;
  bucket->last = task;
}

static void unlink_task(struct bucket *bucket, struct task *task)
{
  if (task->futex_previous != NULL)
    task->futex_previous->futex_next = task->futex_next;
  else
    bucket->first = task->futex_next;
  if (task->futex_next != NULL)
    task->futex_next->futex_previous = task->futex_previous;
  else
    bucket->last = task->futex_previous;
  task->futex_word = NULL;
}

/* After a time-out: nobody has taken it out. It may be moved to another bucket until the lock of
 * the right one is held. */
static void leave_bucket(struct task *task)
{
  for (;;)
  {
    uint32_t index = __atomic_load_n(&task->futex_bucket, __ATOMIC_RELAXED);
    spinlock_lock(&buckets[index].lock);
    bool is_right = task->futex_bucket == index;
    if (is_right && task->futex_word != NULL)
      unlink_task(&buckets[index], task);
    spinlock_unlock(&buckets[index].lock);
    if (is_right)
      return;
  }
}

int futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  /* The first look may fault on memory that is not there: without a lock. */
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected)
    return -EAGAIN;
  uint64_t deadline_tsc = clock_tsc_of_ns(deadline_ns);
  uint32_t index = bucket_of(word);
  uint32_t was_masked = spinlock_lock_masked(&buckets[index].lock);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != expected)
  {
    spinlock_unlock_restore(&buckets[index].lock, was_masked);
    return -EAGAIN;
  }
  struct task *task = cpu_this()->current;
  wait_begin(task);
  append(index, task, word);
  spinlock_unlock(&buckets[index].lock);
  enum wait_end end = sched_block(deadline_tsc);
  if (end != WAIT_WOKEN)
    leave_bucket(task);
  cpu_mask_restore(was_masked);
  if (end == WAIT_INTERRUPTED)
    return -EINTR;
  return end == WAIT_WOKEN ? 0 : -ETIMEDOUT;
}

/* The one to be woken next: of the highest priority, the first. */
static struct task *choose(const struct bucket *bucket, const uint32_t *word)
{
  struct task *best = NULL;
  for (struct task *task = bucket->first; task != NULL; task = task->futex_next)
  {
    if (task->futex_word == word && (best == NULL || task->priority > best->priority))
      best = task;
  }
  return best;
}

/* Ends the waits of up to `count` tasks; adds the tasks to a list for deliver_all. */
static int take_woken(struct bucket *bucket, const uint32_t *word, int count, struct task **woken)
{
  int taken = 0;
  while (taken < count)
  {
    struct task *task = choose(bucket, word);
    if (task == NULL)
      break;
    unlink_task(bucket, task);
    uint32_t pending = WAIT_PENDING;
    if (!__atomic_compare_exchange_n(&task->wait_end, &pending, WAIT_WOKEN, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
      continue; /* its time is over */
    *woken = task;
    woken = &task->futex_next;
    taken++;
  }
  *woken = NULL;
  return taken;
}

static void deliver_all(struct task *woken)
{
  while (woken != NULL)
  {
    struct task *task = woken;
    woken = task->futex_next;
    sched_deliver(task);
  }
}

int futex_wake(uint32_t *word, int count)
{
  struct bucket *bucket = &buckets[bucket_of(word)];
  struct task *woken;
  uint32_t was_masked = spinlock_lock_masked(&bucket->lock);
  int taken = take_woken(bucket, word, count, &woken);
  spinlock_unlock(&bucket->lock);
  deliver_all(woken);
  cpu_mask_restore(was_masked);
  return taken;
}

static int move_tasks(struct bucket *from, const uint32_t *word, int count, uint32_t to,
                      uint32_t *target)
{
  int moved = 0;
  while (moved < count)
  {
    struct task *task = choose(from, word);
    if (task == NULL)
      break;
    unlink_task(from, task);
    append(to, task, target);
    moved++;
  }
  return moved;
}

int futex_requeue(uint32_t *word, int wake, int move, uint32_t *target)
{
  uint32_t from = bucket_of(word);
  uint32_t to = bucket_of(target);
  struct task *woken;
  if (word == target)
    return futex_wake(word, wake);
  uint32_t was_masked = spinlock_lock_masked(&buckets[from < to ? from : to].lock);
  if (from != to)
    spinlock_lock(&buckets[from < to ? to : from].lock);
  int count = take_woken(&buckets[from], word, wake, &woken);
  count += move_tasks(&buckets[from], word, move, to, target);
  if (from != to)
    spinlock_unlock(&buckets[to].lock);
  spinlock_unlock(&buckets[from].lock);
  deliver_all(woken);
  cpu_mask_restore(was_masked);
  return count;
}

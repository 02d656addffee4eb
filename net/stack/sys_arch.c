/* What lwIP asks of an operating system: semaphores, mutexes, mailboxes, time, protection of a few
 * instructions. */
#include <errno.h>
#include <string.h>

#include "lwip/opt.h"
#include "lwip/sys.h"

#include "crash.h"
#include "mm/kernel_heap.h"
#include "sched/condition.h"
#include "sched/spinlock.h"
#include "sched/task.h"
#include "time/clock.h"

#define NS_PER_MS        1000000ull
#define MAILBOX_ROOM_MIN 8u

struct net_mailbox
{
  struct mutex mutex;
  struct condition filled;
  void **ring;
  uint32_t room; /* of the ring, which grows */
  uint32_t most;
  uint32_t first, count;
};

void sys_init(void)
{
}

_Noreturn void net_assertion_failed(const char *message)
{
  panic(message);
}

u32_t sys_now(void)
{
  return (u32_t) (clock_monotonic_ns() / NS_PER_MS);
}

/* ---- A few instructions that exclude each other; never nested ---- */

static struct spinlock protection;

sys_prot_t sys_arch_protect(void)
{
  return spinlock_lock_masked(&protection);
}

void sys_arch_unprotect(sys_prot_t was_masked)
{
  spinlock_unlock_restore(&protection, was_masked);
}

/* ---- Mutexes and semaphores ---- */

err_t sys_mutex_new(sys_mutex_t *mutex)
{
  memset(mutex, 0, sizeof(*mutex));
  return ERR_OK;
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
  mutex_lock(mutex);
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
  mutex_unlock(mutex);
}

void sys_mutex_free(sys_mutex_t *mutex)
{
  (void) mutex;
}

err_t sys_sem_new(sys_sem_t *semaphore, u8_t units)
{
  semaphore_init(&semaphore->semaphore, units);
  semaphore->is_valid = true;
  return ERR_OK;
}

void sys_sem_free(sys_sem_t *semaphore)
{
  semaphore->is_valid = false;
}

void sys_sem_signal(sys_sem_t *semaphore)
{
  semaphore_post(&semaphore->semaphore);
}

static uint64_t deadline_of(u32_t timeout_ms)
{
  return timeout_ms == 0 ? FUTEX_FOREVER : clock_monotonic_ns() + timeout_ms * NS_PER_MS;
}

/* lwIP has no word for a wait that was interrupted: it goes on. */
u32_t sys_arch_sem_wait(sys_sem_t *semaphore, u32_t timeout_ms)
{
  uint64_t deadline_ns = deadline_of(timeout_ms);
  int error;
  bool heeded = task_heed_cancellation(false);
  do
    error = semaphore_wait_until(&semaphore->semaphore, deadline_ns);
  while (error == -EINTR);
  task_heed_cancellation(heeded);
  return error == 0 ? 0 : SYS_ARCH_TIMEOUT;
}

/* ---- Mailboxes ---- */

err_t sys_mbox_new(sys_mbox_t *mailbox, int most)
{
  struct net_mailbox *made = kernel_allocate_zeroed(sizeof(*made));
  if (made == NULL)
    return ERR_MEM;
  made->most = most > 0 ? (uint32_t) most : MAILBOX_ROOM_MIN;
  *mailbox = made;
  return ERR_OK;
}

void sys_mbox_free(sys_mbox_t *mailbox)
{
  struct net_mailbox *freed = *mailbox;
  kernel_free(freed->ring, freed->room * sizeof(*freed->ring));
  kernel_free(freed, sizeof(*freed));
}

/* The place of the message that so many come before. */
static uint32_t place_of(const struct net_mailbox *mailbox, uint32_t index)
{
  uint32_t place = mailbox->first + index;
  return place < mailbox->room ? place : place - mailbox->room;
}

/* Doubles the ring; the first message is the first in it afterwards. */
static bool mailbox_grow(struct net_mailbox *mailbox)
{
  uint32_t room = mailbox->room == 0 ? MAILBOX_ROOM_MIN : 2 * mailbox->room;
  if (mailbox->room >= mailbox->most)
    return false;
  void **ring = kernel_allocate(room * sizeof(*ring));
  if (ring == NULL)
    return false;
  for (uint32_t i = 0; i < mailbox->count; i++)
    ring[i] = mailbox->ring[place_of(mailbox, i)];
  kernel_free(mailbox->ring, mailbox->room * sizeof(*ring));
  mailbox->ring = ring;
  mailbox->room = room;
  mailbox->first = 0;
  return true;
}

err_t sys_mbox_trypost(sys_mbox_t *to, void *message)
{
  struct net_mailbox *mailbox = *to;
  err_t error = ERR_MEM;
  mutex_lock(&mailbox->mutex);
  if (mailbox->count < mailbox->room || mailbox_grow(mailbox))
  {
    mailbox->ring[place_of(mailbox, mailbox->count)] = message;
    mailbox->count++;
    error = ERR_OK;
    condition_signal(&mailbox->filled);
  }
  mutex_unlock(&mailbox->mutex);
  return error;
}

/* The mailbox is locked. */
static bool mailbox_take(struct net_mailbox *mailbox, void **message)
{
  if (mailbox->count == 0)
    return false;
  if (message != NULL)
    *message = mailbox->ring[mailbox->first];
  mailbox->first = place_of(mailbox, 1);
  mailbox->count--;
  return true;
}

u32_t sys_arch_mbox_tryfetch(sys_mbox_t *from, void **message)
{
  struct net_mailbox *mailbox = *from;
  if (__atomic_load_n(&mailbox->count, __ATOMIC_RELAXED) == 0)
    return SYS_MBOX_EMPTY;
  mutex_lock(&mailbox->mutex);
  bool taken = mailbox_take(mailbox, message);
  mutex_unlock(&mailbox->mutex);
  return taken ? 0 : SYS_MBOX_EMPTY;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *from, void **message, u32_t timeout_ms)
{
  struct net_mailbox *mailbox = *from;
  uint64_t deadline_ns = deadline_of(timeout_ms);
  int error = 0;
  bool heeded = task_heed_cancellation(false);
  mutex_lock(&mailbox->mutex);
  bool taken = mailbox_take(mailbox, message);
  while (!taken && error != -ETIMEDOUT)
  {
    error = condition_wait_until(&mailbox->filled, &mailbox->mutex, deadline_ns);
    taken = mailbox_take(mailbox, message);
  }
  mutex_unlock(&mailbox->mutex);
  task_heed_cancellation(heeded);
  return taken ? 0 : SYS_ARCH_TIMEOUT;
}

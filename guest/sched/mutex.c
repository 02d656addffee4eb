/* Mutex: the part that waits. */
#include "sched/mutex.h"

#include "sched/spin.h"
#include "sched/task.h"

bool mutex_tasks_many;

int mutex_wait(struct mutex *mutex, uint64_t deadline_ns, bool contended)
{
  if (!contended && spin_until(&mutex->word, true, &mutex->history) && mutex_take(mutex))
    return 0;
  /* To wait for a mutex is no cancellation point, not even within one. */
  bool heeds = task_heed_cancellation(false);
  int error = 0;
  /* Whoever has slept takes it as contended, for others may sleep still: the one wake-up too many
   * at the end costs less than a count of sleepers. */
  while (error != -ETIMEDOUT &&
         __atomic_exchange_n(&mutex->word, MUTEX_CONTENDED, __ATOMIC_ACQUIRE) != MUTEX_FREE)
    error = futex_wait(&mutex->word, MUTEX_CONTENDED, deadline_ns);
  task_heed_cancellation(heeds);
  return error == -ETIMEDOUT ? error : 0;
}

uint32_t mutex_release_all(struct mutex *mutex)
{
  uint32_t depth = mutex->depth;
  mutex->depth = 0;
  mutex_set_owner(mutex, 0);
  mutex_let_go(mutex);
  return depth;
}

void mutex_take_back(struct mutex *mutex, uint32_t depth, bool contended)
{
  if (contended || !mutex_take(mutex))
    mutex_wait(mutex, FUTEX_FOREVER, contended);
  mutex_set_owner(mutex, mutex_self());
  mutex->depth = depth;
}

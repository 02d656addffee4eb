/* Semaphores of POSIX, without names: the kernel library's, with POSIX's names and errors. */
#include "sched/semaphore.h"

#include <errno.h>
#include <semaphore.h>

#include "arch/x86_64/cpu.h"
#include "libc/cancel.h"
#include "libc/deadline.h"
#include "libc/pthread_objects.h"
#include "libc/result.h"
#include "signal/delivery.h"

int sem_init(sem_t *semaphore, int shared, unsigned int value)
{
  (void) shared; /* there is one process */
  if (value > SEM_VALUE_MAX)
    return (int) libc_result(-EINVAL);
  semaphore_init(semaphore_of(semaphore), value);
  return 0;
}

int sem_destroy(sem_t *semaphore)
{
  (void) semaphore;
  return 0;
}

/* Whether to wait again after a handler: as on Linux not with a time-out. */
static bool waits_again(const struct signal_mark *mark, uint64_t deadline_ns)
{
  return deadline_ns == FUTEX_FOREVER ? signal_restart(mark) : signal_sleep_again(mark);
}

/* Also -EINTR. Masked, so that no handler comes between the look and the wait. */
static int wait_until(sem_t *semaphore, uint64_t deadline_ns)
{
  struct signal_mark mark = signal_mark();
  int error;
  thread_point_begin();
  do
  {
    uint32_t was_masked = cpu_mask_save();
    error = -EINTR;
    if (waits_again(&mark, deadline_ns))
      error = semaphore_wait_until(semaphore_of(semaphore), deadline_ns);
    cpu_mask_restore(was_masked);
  } while (error == -EINTR && waits_again(&mark, deadline_ns));
  thread_point_end(error);
  return error;
}

int sem_wait(sem_t *semaphore)
{
  thread_test_cancel();
  /* Not masked: without a semaphore there this is a signal, not the end. */
  if (semaphore_try_wait(semaphore_of(semaphore)))
    return 0;
  return (int) libc_result(wait_until(semaphore, FUTEX_FOREVER));
}

int sem_trywait(sem_t *semaphore)
{
  return (int) libc_result(semaphore_try_wait(semaphore_of(semaphore)) ? 0 : -EAGAIN);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  thread_test_cancel();
  if (semaphore_try_wait(semaphore_of(semaphore)))
    return 0;
  int error = deadline_from(clock, until, &deadline_ns);
  if (error == 0)
    error = wait_until(semaphore, deadline_ns);
  return (int) libc_result(error);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
  return sem_clockwait(semaphore, CLOCK_REALTIME, until);
}

int sem_post(sem_t *semaphore)
{
  return (int) libc_result(semaphore_post(semaphore_of(semaphore)));
}

int sem_getvalue(sem_t *restrict semaphore, int *restrict value)
{
  *value = (int) semaphore_units(semaphore_of(semaphore));
  return 0;
}

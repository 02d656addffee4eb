/* Sending signals to threads, and with values. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "libc/result.h"
#include "libc/thread.h"
#include "posix/sys.h"
#include "signal/delivery.h"
#include "signal/signal.h"

static int check(int number)
{
  return number < 0 || number >= NSIG ? -EINVAL : 0;
}

/* Returns the error, as POSIX has it for this one. */
int pthread_kill(pthread_t thread, int number)
{
  struct thread *target = (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
  int error = check(number);
  if (error != 0 || number == 0)
    return -error;
  if (target == NULL)
    return ESRCH;
  if (target->task == cpu_current())
    return -signal_raise(number);
  const struct signal_info info = signal_info_sent(number, SI_TKILL);
  return -signal_send(target->task, &info);
}

static struct signal_info info_queued(int number, union sigval value)
{
  struct signal_info info = signal_info_sent(number, SI_QUEUE);
  info.data = (uint64_t) value.sival_ptr;
  return info;
}

int pthread_sigqueue(pthread_t thread, int number, const union sigval value)
{
  struct thread *target = (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
  int error = check(number);
  if (error != 0 || number == 0)
    return -error;
  if (target == NULL)
    return ESRCH;
  const struct signal_info info = info_queued(number, value);
  return -signal_send(target->task, &info);
}

int sigqueue(pid_t pid, int number, union sigval value)
{
  int error = check(number);
  if (error == 0 && pid != sys_getpid())
    error = -ESRCH;
  if (error == 0 && number != 0)
  {
    const struct signal_info info = info_queued(number, value);
    error = signal_send(NULL, &info);
  }
  return (int) libc_result(error);
}

int tgkill(pid_t pid, pid_t id, int number)
{
  int error = check(number);
  if (error == 0 && (pid <= 0 || id <= 0))
    error = -EINVAL;
  if (error == 0 && pid != sys_getpid())
    error = -ESRCH;
  if (error == 0)
  {
    const struct signal_info info = signal_info_sent(number, SI_TKILL);
    error = signal_send_to_id(id, &info);
  }
  return (int) libc_result(error);
}

/* Scheduling by POSIX's and Linux's names: of the calling thread. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "libc/result.h"
#include "libc/sched_policy.h"
#include "libc/thread.h"
#include "sched/task.h"

int sched_yield(void)
{
  task_yield();
  return 0;
}

int sched_getcpu(void)
{
  return (int) task_cpu();
}

int sched_get_priority_max(int policy)
{
  return (int) libc_result(sched_policy_max(policy));
}

int sched_get_priority_min(int policy)
{
  int max = sched_policy_max(policy);
  return (int) libc_result(max < 0 ? max : 0);
}

/* As on Linux the number names a thread: 0 is the calling one. */
static int check_is_self(pid_t pid)
{
  return pid == 0 || pid == task_id(task_current()) ? 0 : -ESRCH;
}

int sched_getscheduler(pid_t pid)
{
  int error = check_is_self(pid);
  return (int) libc_result(error != 0 ? error : thread_self()->policy);
}

int sched_getparam(pid_t pid, struct sched_param *parameters)
{
  int policy;
  int error = check_is_self(pid);
  if (error == 0)
    error = -pthread_getschedparam(pthread_self(), &policy, parameters);
  return (int) libc_result(error);
}

/* 0 for success, as on Linux. */
int sched_setscheduler(pid_t pid, int policy, const struct sched_param *parameters)
{
  int error = check_is_self(pid);
  if (error == 0)
    error = -pthread_setschedparam(pthread_self(), policy, parameters);
  return (int) libc_result(error);
}

int sched_setparam(pid_t pid, const struct sched_param *parameters)
{
  return sched_setscheduler(pid, thread_self()->policy, parameters);
}

/* Equals share a CPU in slices of this length under each policy. */
int sched_rr_get_interval(pid_t pid, struct timespec *interval)
{
  int error = check_is_self(pid);
  if (error == 0)
    *interval = (struct timespec){.tv_nsec = TASK_SLICE_NS};
  return (int) libc_result(error);
}

int getcpu(unsigned int *cpu, unsigned int *node)
{
  if (cpu != NULL)
    *cpu = task_cpu();
  if (node != NULL)
    *node = 0;
  return 0;
}

int sched_setaffinity(pid_t pid, size_t set_bytes, const cpu_set_t *set)
{
  int error = check_is_self(pid);
  if (error == 0)
    error = -pthread_setaffinity_np(pthread_self(), set_bytes, set);
  return (int) libc_result(error);
}

int sched_getaffinity(pid_t pid, size_t set_bytes, cpu_set_t *set)
{
  int error = check_is_self(pid);
  if (error == 0)
    error = -pthread_getaffinity_np(pthread_self(), set_bytes, set);
  return (int) libc_result(error);
}

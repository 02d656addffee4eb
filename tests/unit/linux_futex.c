/* The futex of the kernel library on Linux's system call, and two CPUs. */
#include "linux_futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sched/futex.h"
#include "sched/task.h"

#define NS_PER_S   1000000000ull
#define LATE_EVERY 8

static uint64_t calls;

uint64_t linux_futex_calls(void)
{
  return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

/* Moves all of them from one word to another, and returns how many. */
static int move_all(uint32_t *from, uint32_t *to)
{
  return (int) syscall(SYS_futex, from, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, (long) INT_MAX,
                       to, __atomic_load_n(from, __ATOMIC_RELAXED));
}

int linux_futex_count_asleep(uint32_t *word)
{
  static uint32_t elsewhere;
  int count = move_all(word, &elsewhere);
  return move_all(&elsewhere, word) == count ? count : -1;
}

uint64_t linux_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * NS_PER_S + (uint64_t) now.tv_nsec;
}

bool cpus_may_spin(void)
{
  return true;
}

bool task_heed_cancellation(bool heed)
{
  (void) heed;
  return false;
}

int futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  struct timespec until = {.tv_sec = (time_t) (deadline_ns / NS_PER_S),
                           .tv_nsec = (long) (deadline_ns % NS_PER_S)};
  /* Now and then late: what happened since the word was looked at must not be lost. */
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % LATE_EVERY == 0)
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
  long result;
  do
    result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                     deadline_ns == FUTEX_FOREVER ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

int futex_wake(uint32_t *word, int count)
{
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  return (int) syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count);
}

int futex_requeue(uint32_t *word, int wake, int move, uint32_t *target)
{
  __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
  return (int) syscall(SYS_futex, word, FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG, wake, (long) move,
                       target);
}

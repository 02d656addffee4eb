/* timer_create() and its like. */
#include "libc/signal_timer.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <time.h>

#include "arch/x86_64/cpu.h"
#include "large_data.h"
#include "libc/pthread_attr.h"
#include "libc/result.h"
#include "libc/timer_thread.h"
#include "mm/kernel_heap.h"
#include "sched/mutex.h"
#include "signal/timers.h"
#include "time/clock.h"

#define TIMERS_MOST 1024
#define NS_PER_S    1000000000ll
#define S_MAX       (INT64_MAX / 2 / NS_PER_S)

struct program_timer
{
  struct signal_timer timer; /* first: expired() gets this */
  struct timer_call call;
  pthread_attr_t attributes; /* of the threads for calls: the program's may go */
  bool is_used;
  clockid_t clock;
};

/* Kept for the next timer_create() when they are deleted. */
static LARGE_DATA struct program_timer *timers[TIMERS_MOST];
static struct mutex table_mutex;

static struct program_timer *timer_at(timer_t id)
{
  unsigned long index = (unsigned long) id;
  struct program_timer *timer =
      index < TIMERS_MOST ? __atomic_load_n(&timers[index], __ATOMIC_ACQUIRE) : NULL;
  return timer != NULL && __atomic_load_n(&timer->is_used, __ATOMIC_ACQUIRE) ? timer : NULL;
}

/* With the mutex. -EAGAIN: too many, or no memory. */
static int take_place(struct program_timer **timer)
{
  for (int i = 0; i < TIMERS_MOST; i++)
  {
    if (timers[i] == NULL)
      __atomic_store_n(&timers[i], kernel_allocate_zeroed(sizeof(*timers[i])), __ATOMIC_RELEASE);
    if (timers[i] == NULL)
      return -EAGAIN;
    *timer = timers[i];
    if (!timers[i]->is_used)
      return i;
  }
  return -EAGAIN;
}

static int clock_of(clockid_t clock, struct signal_timer *timer)
{
  switch (clock)
  {
  case CLOCK_REALTIME:
  case CLOCK_MONOTONIC:
  case CLOCK_BOOTTIME:
    timer->clock = TIMER_CLOCK_MONOTONIC;
    return 0;
  case CLOCK_PROCESS_CPUTIME_ID:
    timer->clock = TIMER_CLOCK_PROCESS;
    return 0;
  case CLOCK_THREAD_CPUTIME_ID:
    timer->clock = TIMER_CLOCK_THREAD;
    timer->clock_id = task_id(cpu_current());
    return 0;
  case CLOCK_MONOTONIC_RAW:
  case CLOCK_MONOTONIC_COARSE:
  case CLOCK_REALTIME_COARSE:
    return -ENOTSUP;
  default:
    return -EINVAL;
  }
}

static void expired(struct signal_timer *timer)
{
  timer_thread_call(&((struct program_timer *) timer)->call);
}

static int prepare_call(struct program_timer *timer, const struct sigevent *event)
{
  const pthread_attr_t *attributes = event->sigev_notify_attributes;
  timer->call = (struct timer_call){.function = event->sigev_notify_function,
                                    .value = event->sigev_value,
                                    .attributes = attributes != NULL ? &timer->attributes : NULL};
  int error = timer_thread_prepare();
  if (error == 0 && attributes != NULL)
    error = attr_copy(attr_of(&timer->attributes), attr_of_const(attributes));
  return error != 0 ? -EAGAIN : 0;
}

/* What the event asks for, but for the timer's number. */
static int prepare(struct program_timer *timer, clockid_t clock, const struct sigevent *event)
{
  struct signal_timer made = {.node = {.is_own = true}, .arms = timer->timer.arms};
  int error = clock_of(clock, &made);
  bool has_signal = event->sigev_notify != SIGEV_NONE && event->sigev_notify != SIGEV_THREAD;
  if (error != 0)
    return error;
  if (has_signal && (event->sigev_signo <= 0 || event->sigev_signo >= NSIG))
    return -EINVAL;
  made.info = (struct signal_info){.number = event->sigev_signo,
                                   .code = SI_TIMER,
                                   .data = (uint64_t) event->sigev_value.sival_ptr};
  made.expired = expired;
  switch (event->sigev_notify)
  {
  case SIGEV_NONE:
    made.notify = TIMER_NOTIFY_NOBODY;
    break;
  case SIGEV_SIGNAL:
    made.notify = TIMER_NOTIFY_PROCESS;
    break;
  case SIGEV_THREAD_ID:
    made.notify = TIMER_NOTIFY_THREAD;
    made.target_id = event->sigev_notify_thread_id;
    if (signal_send_to_id(made.target_id, &(struct signal_info){0}) != 0)
      return -EINVAL;
    break;
  case SIGEV_THREAD:
    made.notify = TIMER_NOTIFY_CALL;
    error = prepare_call(timer, event);
    if (error != 0)
      return error;
    break;
  default:
    return -EINVAL;
  }
  timer->timer = made;
  timer->clock = clock;
  return 0;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict id)
{
  struct sigevent by_default = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  struct program_timer *timer;
  mutex_lock(&table_mutex);
  int place = take_place(&timer);
  if (place >= 0)
  {
    by_default.sigev_value.sival_int = place;
    int error = prepare(timer, clock, event != NULL ? event : &by_default);
    timer->timer.info.pid = place;
    if (error == 0)
      __atomic_store_n(&timer->is_used, true, __ATOMIC_RELEASE);
    else
      place = error;
  }
  mutex_unlock(&table_mutex);
  if (place < 0)
    return (int) libc_result(place);
  *id = (timer_t) (unsigned long) place; /* NOLINT(performance-no-int-to-ptr) */
  return 0;
}

int timer_delete(timer_t id)
{
  mutex_lock(&table_mutex);
  struct program_timer *timer = timer_at(id);
  if (timer != NULL)
  {
    signal_timer_stop(&timer->timer);
    timer->call.due = 0;
    pthread_attr_destroy(&timer->attributes);
    __atomic_store_n(&timer->is_used, false, __ATOMIC_RELEASE);
  }
  mutex_unlock(&table_mutex);
  return (int) libc_result(timer != NULL ? 0 : -EINVAL);
}

bool timer_make_call(void (*make)(const struct timer_call *call))
{
  bool is_taken = false;
  mutex_lock(&table_mutex);
  for (int i = 0; i < TIMERS_MOST && timers[i] != NULL && !is_taken; i++)
  {
    uint32_t was_masked = spinlock_lock_masked(&signal_lock);
    is_taken = timers[i]->is_used && timers[i]->call.due != 0;
    if (is_taken)
    {
      timers[i]->call.due--;
      timers[i]->timer.node.told_overruns = (int) timers[i]->timer.overruns;
      timers[i]->timer.overruns = 0;
    }
    spinlock_unlock_restore(&signal_lock, was_masked);
    if (is_taken)
      make(&timers[i]->call);
  }
  mutex_unlock(&table_mutex);
  return is_taken;
}

/* ---- Time ---- */

static bool is_valid(const struct timespec *time)
{
  return time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < NS_PER_S;
}

static uint64_t ns_of(const struct timespec *time)
{
  int64_t seconds = time->tv_sec < S_MAX ? time->tv_sec : S_MAX;
  return (uint64_t) (seconds * NS_PER_S + time->tv_nsec);
}

static struct timespec timespec_of(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / (uint64_t) NS_PER_S),
                           .tv_nsec = (long) (ns % (uint64_t) NS_PER_S)};
}

static struct itimerspec itimerspec_of(const struct signal_timer_setting *setting)
{
  return (struct itimerspec){.it_value = timespec_of(setting->left_ns),
                             .it_interval = timespec_of(setting->interval_ns)};
}

int timer_settime(timer_t id, int flags, const struct itimerspec *restrict value,
                  struct itimerspec *restrict former)
{
  struct program_timer *timer = timer_at(id);
  struct signal_timer_setting before;
  if (timer == NULL || !is_valid(&value->it_value) || !is_valid(&value->it_interval))
    return (int) libc_result(-EINVAL);
  struct signal_timer_setting setting = {.left_ns = ns_of(&value->it_value),
                                         .interval_ns = ns_of(&value->it_interval)};
  bool is_absolute = (flags & TIMER_ABSTIME) != 0;
  if (is_absolute && setting.left_ns != 0 && timer->clock == CLOCK_REALTIME)
  {
    uint64_t now_ns = clock_realtime_ns();
    setting.left_ns = setting.left_ns > now_ns ? setting.left_ns - now_ns : 1;
    is_absolute = false;
  }
  int error = signal_timer_set(&timer->timer, &setting, is_absolute, &before);
  if (error == 0 && former != NULL)
    *former = itimerspec_of(&before);
  return (int) libc_result(error);
}

int timer_gettime(timer_t id, struct itimerspec *value)
{
  struct program_timer *timer = timer_at(id);
  struct signal_timer_setting setting;
  if (timer == NULL)
    return (int) libc_result(-EINVAL);
  signal_timer_get(&timer->timer, &setting);
  *value = itimerspec_of(&setting);
  return 0;
}

int timer_getoverrun(timer_t id)
{
  struct program_timer *timer = timer_at(id);
  return (int) libc_result(timer != NULL ? signal_timer_overruns(&timer->timer) : -EINVAL);
}

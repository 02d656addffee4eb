/* Timers that send signals: alarm(), setitimer(), timer_create() and its like. */
#include "signal_check.h"

#include <limits.h>
#include <sys/time.h>

#ifdef __uhyve__
#include <uhyve/task.h>
#define OWN_ID uhyve_task_id(uhyve_task_current())
#else
#define OWN_ID gettid()
#endif

static volatile int count;
static siginfo_t told;
static volatile double when;
static volatile int overruns;

static void note(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) context;
  told = *info;
  when = seconds_now();
  overruns += info->si_overrun;
  __atomic_add_fetch(&count, 1, __ATOMIC_RELEASE);
}

static int noted(void)
{
  return __atomic_load_n(&count, __ATOMIC_ACQUIRE);
}

static struct itimerspec after_ms(long first_ms, long interval_ms)
{
  return (struct itimerspec){
      .it_value = {.tv_sec = first_ms / 1000, .tv_nsec = first_ms % 1000 * MS},
      .it_interval = {.tv_sec = interval_ms / 1000, .tv_nsec = interval_ms % 1000 * MS}};
}

/* ---- alarm(), setitimer() ---- */

static void test_alarm(void)
{
  act_info(SIGALRM, note, 0);
  CHECK(alarm(100) == 0);
  unsigned int left = alarm(0);
  CHECK(left == 100 || left == 99);
  CHECK(alarm(0) == 0);
  count = 0;
  double begin = seconds_now();
  /* Again and again, as the first one may come before pause() waits. */
  CHECK(ualarm(3000, 3000) == 0);
  CHECK(pause() == -1 && errno == EINTR);
  ualarm(0, 0);
  CHECK(count >= 1 && when - begin >= 0.003 * count);
  CHECK(told.si_signo == SIGALRM && told.si_code == SI_KERNEL);
}

static void test_interval(void)
{
  struct itimerval value = {.it_value = {.tv_usec = 2000}, .it_interval = {.tv_usec = 1000}};
  struct itimerval now;
  count = 0;
  double begin = seconds_now();
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
  CHECK(getitimer(ITIMER_REAL, &now) == 0);
  CHECK(now.it_interval.tv_usec == 1000 && now.it_value.tv_sec == 0 &&
        now.it_value.tv_usec <= 2000);
  while (noted() < 5)
    ;
  CHECK(seconds_now() - begin >= 0.006);
  CHECK(setitimer(ITIMER_REAL, &(struct itimerval){0}, &now) == 0);
  CHECK(now.it_interval.tv_usec == 1000);
  CHECK(getitimer(ITIMER_REAL, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_usec == 0);
  int before = noted();
  sleep_ns(3 * MS);
  CHECK(noted() == before);
  errno = 0;
  CHECK(setitimer(7, &value, NULL) == -1 && errno == EINVAL);
  value.it_value.tv_usec = 1000000;
  errno = 0;
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(getitimer(-1, &now) == -1 && errno == EINVAL);
}

static double used_seconds(clockid_t clock)
{
  struct timespec used;
  clock_gettime(clock, &used);
  return (double) used.tv_sec + (double) used.tv_nsec / 1e9;
}

/* The least of several tells: what the host takes from the CPU around a sleep does count. */
static bool sleep_counts(clockid_t clock)
{
  bool counts = true;
  for (int i = 0; i < 10 && counts; i++)
  {
    double begin = used_seconds(clock);
    sleep_ns(20 * MS);
    counts = used_seconds(clock) - begin >= 0.015;
  }
  return counts;
}

static void test_processor_time(void)
{
  struct itimerval value = {.it_value = {.tv_usec = 15000}};
  act_info(SIGPROF, note, 0);
  act_info(SIGVTALRM, note, 0);
  CHECK(!sleep_counts(CLOCK_PROCESS_CPUTIME_ID));
  for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++)
  {
    count = 0;
    double begin = used_seconds(CLOCK_PROCESS_CPUTIME_ID);
    CHECK(setitimer(which, &value, NULL) == 0);
    sleep_ns(20 * MS); /* does not count, or less than that is used at the end */
    while (noted() == 0)
      ;
    double used = used_seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
    CHECK(used >= 0.014);
    CHECK(told.si_signo == (which == ITIMER_PROF ? SIGPROF : SIGVTALRM));
  }
}

/* ---- timer_create() ---- */

static void test_signal(void)
{
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec value = after_ms(3, 0);
  struct itimerspec now;
  event.sigev_value.sival_int = 4711;
  act_info(SIGUSR1, note, 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
  count = 0;
  double begin = seconds_now();
  struct itimerspec later = after_ms(60000, 0);
  CHECK(timer_settime(timer, 0, &later, NULL) == 0);
  CHECK(timer_gettime(timer, &now) == 0);
  CHECK(now.it_value.tv_sec == 59 && now.it_value.tv_nsec > 0);
  /* Blocked, it cannot come between the look and the wait. */
  sigset_t none;
  sigemptyset(&none);
  block(SIGUSR1);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  while (noted() == 0)
    sigsuspend(&none);
  unblock(SIGUSR1);
  CHECK(when - begin >= 0.003);
  CHECK(told.si_signo == SIGUSR1 && told.si_code == SI_TIMER && told.si_value.sival_int == 4711);
  CHECK(told.si_overrun == 0 && timer_getoverrun(timer) == 0);
  CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);

  /* Absolute, of both clocks; in the past: at once. */
  const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME};
  for (int i = 0; i < 2; i++)
  {
    timer_t other;
    struct timespec from;
    CHECK(timer_create(clocks[i], &event, &other) == 0);
    begin = seconds_now();
    clock_gettime(clocks[i], &from);
    value = (struct itimerspec){.it_value = from};
    value.it_value.tv_nsec += 2 * MS;
    if (value.it_value.tv_nsec >= 1000000000)
    {
      value.it_value.tv_nsec -= 1000000000;
      value.it_value.tv_sec++;
    }
    count = 0;
    CHECK(timer_settime(other, TIMER_ABSTIME, &value, NULL) == 0);
    while (noted() == 0)
      ;
    CHECK(when - begin >= 0.0018);
    value.it_value = (struct timespec){.tv_nsec = 1};
    count = 0;
    CHECK(timer_settime(other, TIMER_ABSTIME, &value, NULL) == 0);
    while (noted() == 0)
      ;
    CHECK(timer_delete(other) == 0);
  }

  /* Taken back. */
  count = 0;
  value = after_ms(5, 7);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  CHECK(timer_settime(timer, 0, &(struct itimerspec){0}, &now) == 0);
  CHECK(now.it_value.tv_nsec > 0 && now.it_interval.tv_nsec == 7 * MS);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  CHECK(timer_delete(timer) == 0);
  int before = noted(); /* not 0 if it was due before it was taken back */
  sleep_ns(8 * MS);
  CHECK(noted() == before);
}

/* Expiries while the signal waits are counted, and told once. */
static void test_overruns(void)
{
  timer_t timer;
  struct itimerspec value = after_ms(1, 1);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = FIRST_REALTIME};
  act_info(FIRST_REALTIME, note, 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  block(FIRST_REALTIME);
  count = 0;
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  sleep_ns(12 * MS);
  overruns = 0;
  unblock(FIRST_REALTIME);
  CHECK(timer_settime(timer, 0, &(struct itimerspec){0}, NULL) == 0);
  CHECK(count >= 1 && overruns >= 8);
  CHECK(timer_getoverrun(timer) >= 0);
  CHECK(timer_delete(timer) == 0);
}

static void test_default(void)
{
  timer_t timer;
  struct itimerspec value = after_ms(1, 0);
  act_info(SIGALRM, note, 0);
  CHECK(timer_create(CLOCK_REALTIME, NULL, &timer) == 0);
  count = 0;
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  while (noted() == 0)
    ;
  CHECK(told.si_signo == SIGALRM && told.si_code == SI_TIMER);
  CHECK(timer_delete(timer) == 0);

  /* Nobody is told. */
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  struct itimerspec now;
  count = 0;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  sleep_ns(3 * MS);
  CHECK(timer_gettime(timer, &now) == 0 && now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
  CHECK(noted() == 0);
  CHECK(timer_delete(timer) == 0);
}

static void test_thread_time(void)
{
  timer_t timer;
  struct itimerspec value = after_ms(15, 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  CHECK(!sleep_counts(CLOCK_THREAD_CPUTIME_ID));
  CHECK(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0);
  count = 0;
  double begin = used_seconds(CLOCK_THREAD_CPUTIME_ID);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  sleep_ns(20 * MS);
  while (noted() == 0)
    ;
  CHECK(used_seconds(CLOCK_THREAD_CPUTIME_ID) - begin >= 0.014);
  CHECK(timer_delete(timer) == 0);
}

/* ---- To one thread ---- */

static volatile int target_id;
static volatile int handled_by;
static volatile bool is_done;

static void note_thread(int number)
{
  (void) number;
  handled_by = OWN_ID;
}

static void *be_target(void *argument)
{
  target_id = OWN_ID;
  while (!is_done)
    sched_yield();
  return argument;
}

static void test_target(void)
{
  pthread_t thread;
  timer_t timer;
  struct itimerspec value = after_ms(1, 0);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR2};
  act(SIGUSR2, note_thread, 0);
  CHECK(pthread_create(&thread, NULL, be_target, NULL) == 0);
  while (target_id == 0)
    sched_yield();
#ifdef __uhyve__
  event.sigev_notify_thread_id = target_id;
#else
  event._sigev_un._tid = target_id;
#endif
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  while (handled_by == 0)
    sched_yield();
  CHECK(handled_by == target_id);
  CHECK(timer_delete(timer) == 0);
  is_done = true;
  CHECK(pthread_join(thread, NULL) == 0);
}

static void test_errors(void)
{
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65};
  struct itimerspec value = after_ms(1, 0);
  errno = 0;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(timer_create(4711, NULL, &timer) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(timer_create(CLOCK_MONOTONIC_RAW, NULL, &timer) == -1 && errno == EOPNOTSUPP);
  event = (struct sigevent){.sigev_notify = 77, .sigev_signo = SIGUSR1};
  errno = 0;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
  CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
  value.it_value.tv_nsec = 1000000000;
  errno = 0;
  CHECK(timer_settime(timer, 0, &value, NULL) == -1 && errno == EINVAL);
  value.it_value.tv_nsec = -1;
  errno = 0;
  CHECK(timer_settime(timer, 0, &value, NULL) == -1 && errno == EINVAL);
  CHECK(timer_delete(timer) == 0);
#ifdef __uhyve__
  value = after_ms(1, 0);
  errno = 0;
  CHECK(timer_delete(timer) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(timer_settime(timer, 0, &value, NULL) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(timer_gettime(timer, &value) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(timer_getoverrun(timer) == -1 && errno == EINVAL);
#endif
}

/* Many at once, set anew from several threads, and so on several CPUs. */
#define TIMERS  40
#define SETTERS 3

static timer_t many[TIMERS];
static int fired[TIMERS];

static void note_many(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) context;
  __atomic_add_fetch(&fired[info->si_value.sival_int], 1, __ATOMIC_RELAXED);
}

static void *set_many(void *argument)
{
  for (int round = 0; round < 30; round++)
  {
    for (int i = 0; i < TIMERS; i++)
    {
      struct itimerspec value = {.it_value = {.tv_nsec = 50000 + 1000 * (i + round)},
                                 .it_interval = {.tv_nsec = 2 * MS}};
      CHECK(timer_settime(many[i], 0, &value, NULL) == 0);
    }
    sched_yield();
  }
  return argument;
}

static void test_many(void)
{
  pthread_t threads[SETTERS];
  const int number = FIRST_REALTIME + 1;
  act_info(number, note_many, SA_RESTART);
  for (int i = 0; i < TIMERS; i++)
  {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
    event.sigev_value.sival_int = i;
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &many[i]) == 0);
  }
  for (int i = 0; i < SETTERS; i++)
    CHECK(pthread_create(&threads[i], NULL, set_many, NULL) == 0);
  for (int i = 0; i < SETTERS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  double end = seconds_now() + 10;
  for (int i = 0; i < TIMERS; i++)
  {
    int before = __atomic_load_n(&fired[i], __ATOMIC_RELAXED);
    while (__atomic_load_n(&fired[i], __ATOMIC_RELAXED) == before && seconds_now() < end)
      sched_yield();
    CHECK(__atomic_load_n(&fired[i], __ATOMIC_RELAXED) != before);
  }
  for (int i = 0; i < TIMERS; i++)
    CHECK(timer_delete(many[i]) == 0);
  sleep_ns(MS);
  int sum = 0;
  for (int i = 0; i < TIMERS; i++)
    sum += fired[i];
  sleep_ns(5 * MS);
  for (int i = 0; i < TIMERS; i++)
    sum -= fired[i];
  CHECK(sum == 0);
}

int main(void)
{
  test_alarm();
  test_interval();
  test_processor_time();
  test_signal();
  test_overruns();
  test_default();
  test_thread_time();
  test_target();
  test_errors();
  test_many();
  return check_finish();
}

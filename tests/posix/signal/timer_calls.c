/* Timers that share a signal, or call functions in threads. */
#include "signal_check.h"

#include <semaphore.h>
#include <stdint.h>

static timer_t start_timer(struct sigevent *event, int value, long first_ns, long interval_ns)
{
  timer_t timer;
  struct itimerspec setting = {.it_value = {.tv_nsec = first_ns},
                               .it_interval = {.tv_nsec = interval_ns}};
  event->sigev_value.sival_int = value;
  CHECK(timer_create(CLOCK_MONOTONIC, event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &setting, NULL) == 0);
  return timer;
}

/* ---- Each tells of itself, though the signal does not queue ---- */

#define SHARERS 3

static volatile int told_of[SHARERS];
static volatile int told;

static void note(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) context;
  told++;
  if (info->si_code == SI_TIMER)
    told_of[info->si_value.sival_int]++;
}

static void test_shared(void)
{
  timer_t timers[SHARERS];
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  act_info(SIGUSR1, note, 0);
  block(SIGUSR1);
  for (int i = 0; i < SHARERS; i++)
    timers[i] = start_timer(&event, i, MS, 0);
  sleep_ns(5 * MS);
  CHECK(kill(getpid(), SIGUSR1) == 0); /* not once more */
  unblock(SIGUSR1);
  for (int i = 0; i < SHARERS; i++)
  {
    CHECK(told_of[i] == 1);
    CHECK(timer_delete(timers[i]) == 0);
  }
  CHECK(told == SHARERS);
}

/* ---- Threads ---- */

enum
{
  PLAIN,
  WITH_ATTRIBUTES,
  KINDS
};

#define GUARD_BYTES (3ul << 12)

static sem_t called[KINDS];
static pthread_t call_thread[KINDS];
static size_t call_guard_bytes[KINDS];

static void on_call(union sigval value)
{
  int kind = value.sival_int;
  pthread_attr_t attributes;
  call_thread[kind] = pthread_self();
  CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0);
  CHECK(pthread_attr_getguardsize(&attributes, &call_guard_bytes[kind]) == 0);
  CHECK(pthread_attr_destroy(&attributes) == 0);
  sem_post(&called[kind]);
}

static bool comes(sem_t *semaphore)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 10;
  return sem_timedwait(semaphore, &end) == 0;
}

static void test_calls(void)
{
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_call};
  timer_t timer = start_timer(&event, PLAIN, 2 * MS, 2 * MS);
  for (int i = 0; i < 3; i++)
    CHECK(comes(&called[PLAIN]));
  CHECK(!pthread_equal(call_thread[PLAIN], pthread_self()));
  CHECK(timer_delete(timer) == 0);
}

/* The attributes are the program's again when the timer is made. */
static void test_attributes(void)
{
  pthread_attr_t attributes;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_call};
  event.sigev_notify_attributes = &attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setguardsize(&attributes, GUARD_BYTES) == 0);
  CHECK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
  timer_t timer = start_timer(&event, WITH_ATTRIBUTES, 20 * MS, MS);
  CHECK(pthread_attr_destroy(&attributes) == 0);
  memset(&attributes, 0xa5, sizeof(attributes));
  for (int i = 0; i < 10; i++)
    CHECK(comes(&called[WITH_ATTRIBUTES]) && call_guard_bytes[WITH_ATTRIBUTES] == GUARD_BYTES);
  CHECK(timer_delete(timer) == 0);
}

/* ---- Overruns: times that the timer is due and nobody is called ---- */

#define US 1000ul

static timer_t counted;
static uint64_t first_ns; /* when the timer was due first */
static uint64_t interval_ns;

static uint64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

/* How often it has been due. */
static uint64_t times_due(void)
{
  return (now_ns() - first_ns) / interval_ns + 1;
}

static struct timespec timespec_of(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / 1000000000),
                           .tv_nsec = (long) (ns % 1000000000)};
}

static void start_counted(struct sigevent *event, int value)
{
  struct itimerspec setting = {.it_value = timespec_of(first_ns),
                               .it_interval = timespec_of(interval_ns)};
  event->sigev_value.sival_int = value;
  CHECK(timer_create(CLOCK_MONOTONIC, event, &counted) == 0);
  CHECK(timer_settime(counted, TIMER_ABSTIME, &setting, NULL) == 0);
}

/* ---- The first call is told of those before the timer was started, the next ones are not ---- */

#define BEFORE 4
#define CALLS  3
#define ROUNDS 12

/* A call that comes late writes to its own round. */
static struct round
{
  int begun;
  int ended;
  int overruns[CALLS];
  uint64_t due[CALLS]; /* at the end of the call */
} rounds[ROUNDS];

static void on_late_call(union sigval value)
{
  struct round *round = &rounds[value.sival_int];
  int call = __atomic_fetch_add(&round->begun, 1, __ATOMIC_RELAXED);
  if (call >= CALLS)
    return;
  round->overruns[call] = timer_getoverrun(counted);
  round->due[call] = times_due();
  __atomic_fetch_add(&round->ended, 1, __ATOMIC_RELEASE);
}

static bool has_ended(const struct round *round)
{
  return __atomic_load_n(&round->ended, __ATOMIC_ACQUIRE) == CALLS;
}

/* Whether each call has asked before the next one was due, so that what it is told is certain. */
static bool was_in_time(const struct round *round)
{
  bool is_in_time = has_ended(round);
  for (unsigned int i = 0; i < CALLS && is_in_time; i++)
    is_in_time = round->due[i] == BEFORE + 1 + i;
  return is_in_time;
}

/* At a rate that this machine can follow. */
static void test_overruns_before(void)
{
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_late_call};
  struct round *round = NULL;
  interval_ns = 2 * MS;
  for (int i = 0; i < ROUNDS && (round == NULL || !was_in_time(round)); i++)
  {
    round = &rounds[i];
    interval_ns *= 2;
    /* The clock may have begun with this guest. */
    while (now_ns() <= BEFORE * interval_ns)
      sleep_ns(MS);
    first_ns = now_ns() - BEFORE * interval_ns;
    start_counted(&event, i);
    while (!has_ended(round) && times_due() <= BEFORE + 2 * CALLS)
      sched_yield();
    CHECK(timer_delete(counted) == 0);
  }
  CHECK(was_in_time(round));
  for (int i = 0; i < CALLS; i++)
    CHECK(round->overruns[i] == (i == 0 ? BEFORE : 0));
}

/* ---- All times that it is due are told of, none twice, when there is no time for calls ---- */

#ifdef __uhyve__

static uint64_t times_to_tell;
static uint64_t times_told;
static sem_t first_told;
static sem_t all_told;

static void on_fast_call(union sigval value)
{
  (void) value;
  bool is_first = times_told == 0;
  bool was_all = times_told >= times_to_tell;
  times_told += (uint64_t) timer_getoverrun(counted) + 1;
  CHECK(times_told <= times_due());
  if (is_first)
    sem_post(&first_told);
  if (!was_all && times_told >= times_to_tell)
    sem_post(&all_told);
}

static void set_own_priority(int policy, int priority)
{
  struct sched_param param = {.sched_priority = priority};
  CHECK(pthread_setschedparam(pthread_self(), policy, &param) == 0);
}

/* On one CPU, where calls go before whoever makes them, one has asked when the next is made. This
 * goes before all of them: while it runs no call is made. */
static void test_overruns_of_many(uint64_t every_ns, uint64_t times)
{
  pthread_attr_t attributes;
  struct sched_param above = {.sched_priority = 20};
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED) == 0);
  CHECK(pthread_attr_setschedpolicy(&attributes, SCHED_RR) == 0);
  CHECK(pthread_attr_setschedparam(&attributes, &above) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                           .sigev_notify_function = on_fast_call,
                           .sigev_notify_attributes = &attributes};
  CHECK(sem_init(&first_told, 0, 0) == 0 && sem_init(&all_told, 0, 0) == 0);
  struct sigevent signal_event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  set_own_priority(SCHED_RR, 25);
  interval_ns = every_ns;
  times_told = 0;
  times_to_tell = times;
  int told_before = told;
  first_ns = now_ns();
  start_counted(&event, 0);
  /* When this one runs out, the other just has, for the last time that counts. */
  timer_t end = start_timer(&signal_event, 0, (long) (times * interval_ns), 0);
  while (told == told_before)
    ;
  CHECK(sem_wait(&first_told) == 0);
  /* Calls for what has been until here still come. */
  CHECK(timer_settime(counted, 0, &(struct itimerspec){0}, NULL) == 0);
  CHECK(comes(&all_told));
  CHECK(timer_delete(counted) == 0 && timer_delete(end) == 0);
  set_own_priority(SCHED_OTHER, 0);
  CHECK(pthread_attr_destroy(&attributes) == 0);
}

#endif

int main(void)
{
  for (int i = 0; i < KINDS; i++)
    CHECK(sem_init(&called[i], 0, 0) == 0);
  test_shared();
  test_calls();
  test_attributes();
  test_overruns_before();
#ifdef __uhyve__
  if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
  {
    test_overruns_of_many(US, 20000);
    test_overruns_of_many(100 * US, 200);
  }
#endif
  return check_finish();
}

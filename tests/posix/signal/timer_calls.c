/* Timers that share a signal, or call functions in threads. */
#include "signal_check.h"

#include <semaphore.h>

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

static bool comes(int kind)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 2;
  return sem_timedwait(&called[kind], &end) == 0;
}

static void test_calls(void)
{
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_call};
  timer_t timer = start_timer(&event, PLAIN, 2 * MS, 2 * MS);
  for (int i = 0; i < 3; i++)
    CHECK(comes(PLAIN));
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
    CHECK(comes(WITH_ATTRIBUTES) && call_guard_bytes[WITH_ATTRIBUTES] == GUARD_BYTES);
  CHECK(timer_delete(timer) == 0);
}

/* Overruns are told once: of calls faster than they can be made, some tell fewer than one before.
 */
static timer_t fast;
static volatile int most;
static volatile bool was_less;

static void on_fast_call(union sigval value)
{
  (void) value;
  int overruns = timer_getoverrun(fast);
  was_less = was_less || overruns < most;
  most = overruns > most ? overruns : most;
}

static void test_overruns(void)
{
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_fast_call};
  double end = seconds_now() + 2;
  fast = start_timer(&event, 0, 1000, 1000);
  while (!was_less && seconds_now() < end)
    sched_yield();
  CHECK(was_less);
  /* It stays: calls may still ask for it. */
  CHECK(timer_settime(fast, 0, &(struct itimerspec){0}, NULL) == 0);
}

int main(void)
{
  for (int i = 0; i < KINDS; i++)
    CHECK(sem_init(&called[i], 0, 0) == 0);
  test_shared();
  test_calls();
  test_attributes();
  test_overruns();
  return check_finish();
}

/* Waiting for signals: sigwait() and its like, sigsuspend(), pause(). */
#include "signal_check.h"

static volatile int count;
static volatile int last;

static void note(int number)
{
  count++;
  last = number;
}

static const struct timespec soon = {.tv_nsec = 3 * MS};

static void test_taken(void)
{
  sigset_t set = set_of(SIGUSR1, SIGUSR2);
  siginfo_t info;
  int number = 0;
  block(SIGUSR1);
  block(SIGUSR2);
  raise(SIGUSR2);
  raise(SIGUSR1);
  CHECK(sigwait(&set, &number) == 0 && number == SIGUSR1);
  CHECK(sigwaitinfo(&set, &info) == SIGUSR2 && info.si_signo == SIGUSR2);
  CHECK(info.si_code == SI_USER && info.si_pid == getpid());
  CHECK(!is_pending(SIGUSR1) && !is_pending(SIGUSR2));

  CHECK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 33}) == 0);
  CHECK(sigtimedwait(&set, &info, &soon) == SIGUSR1);
  CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == 33);
  raise(SIGUSR1);
  CHECK(sigtimedwait(&set, NULL, &(struct timespec){0}) == SIGUSR1);

  errno = 0;
  CHECK(sigtimedwait(&set, &info, &(struct timespec){0}) == -1 && errno == EAGAIN);
  double begin = seconds_now();
  errno = 0;
  CHECK(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
  CHECK(seconds_now() - begin >= 0.003);
  errno = 0;
  CHECK(sigtimedwait(&set, &info, &(struct timespec){.tv_nsec = 1000000000}) == -1 &&
        errno == EINVAL);
  errno = 0;
  CHECK(sigtimedwait(&set, &info, &(struct timespec){.tv_sec = -1}) == -1 && errno == EINVAL);
}

/* ---- From other threads ---- */

static void *send_usr1(void *thread)
{
  sleep_ns(5 * MS);
  pthread_kill(*(pthread_t *) thread, SIGUSR1);
  return NULL;
}

static void *send_process(void *argument)
{
  (void) argument;
  sleep_ns(5 * MS);
  kill(getpid(), SIGUSR1);
  return NULL;
}

static pthread_t start(void *(*entry)(void *) )
{
  static pthread_t self;
  pthread_t thread;
  self = pthread_self();
  CHECK(pthread_create(&thread, NULL, entry, &self) == 0);
  return thread;
}

static void test_waited(void)
{
  sigset_t set = set_of(SIGUSR1, 0);
  int number = 0;
  pthread_t thread = start(send_usr1);
  CHECK(sigwait(&set, &number) == 0 && number == SIGUSR1);
  pthread_join(thread, NULL);
  thread = start(send_process);
  CHECK(sigwaitinfo(&set, NULL) == SIGUSR1);
  pthread_join(thread, NULL);

  /* A handler of another signal interrupts it, but not sigwait(). */
  count = 0;
  act(SIGTERM, note, SA_RESTART);
  struct sender sender;
  thread = begin_signals(&sender, SIGTERM);
  errno = 0;
  CHECK(sigwaitinfo(&set, NULL) == -1 && errno == EINTR && count >= 1);
  end_signals(&sender, thread);
}

static void test_suspend(void)
{
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  act(SIGUSR1, note, 0);
  act(SIGUSR2, note, 0);
  count = 0;
  /* What waits already. */
  raise(SIGUSR1);
  raise(SIGUSR2);
  errno = 0;
  CHECK(sigsuspend(&mask) == -1 && errno == EINTR);
  CHECK(count == 1 && last == SIGUSR1);
  CHECK(is_blocked(SIGUSR1) && is_blocked(SIGUSR2) && is_pending(SIGUSR2));
  sigset_t set = set_of(SIGUSR2, 0);
  CHECK(sigwaitinfo(&set, NULL) == SIGUSR2);
  /* What comes later; ignored signals do not end it. */
  pthread_t thread = start(send_usr1);
  signal(SIGURG, SIG_IGN);
  kill(getpid(), SIGURG);
  CHECK(sigsuspend(&mask) == -1 && errno == EINTR && count == 2);
  pthread_join(thread, NULL);
  unblock(SIGUSR1);
  struct sender sender;
  thread = begin_signals(&sender, SIGUSR1);
  errno = 0;
  CHECK(pause() == -1 && errno == EINTR && count >= 3);
  end_signals(&sender, thread);
  block(SIGUSR1);
}

/* ---- Several that wait: each signal to one of them ---- */

#define WAITERS 4
#define SIGNALS 400

static int taken;
static int taken_sum;

static void *take_all(void *argument)
{
  const sigset_t *set = argument;
  siginfo_t info;
  for (;;)
  {
    if (sigwaitinfo(set, &info) < 0)
      continue;
    if (info.si_value.sival_int == 0)
      return NULL;
    __atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&taken_sum, info.si_value.sival_int, __ATOMIC_RELAXED);
  }
}

static void test_many(void)
{
  static sigset_t set;
  const int number = FIRST_REALTIME + 3;
  pthread_t threads[WAITERS];
  set = set_of(number, 0);
  block(number);
  for (int i = 0; i < WAITERS; i++)
    CHECK(pthread_create(&threads[i], NULL, take_all, &set) == 0);
  for (int i = 1; i <= SIGNALS; i++)
  {
    while (sigqueue(getpid(), number, (union sigval){.sival_int = i}) != 0)
      sched_yield();
  }
  for (int i = 0; i < WAITERS; i++)
    CHECK(sigqueue(getpid(), number, (union sigval){.sival_int = 0}) == 0);
  for (int i = 0; i < WAITERS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(taken == SIGNALS && taken_sum == SIGNALS * (SIGNALS + 1) / 2);
}

#ifdef __uhyve__
#define ABOVE_OTHERS 30

static void *take_one(void *argument)
{
  const sigset_t set = set_of(SIGUSR1, SIGUSR2);
  int number = 0;
  sigwait(&set, &number);
  *(int *) argument = number;
  return NULL;
}

static void set_own_priority(int policy, int priority)
{
  struct sched_param param = {.sched_priority = priority};
  CHECK(pthread_setschedparam(pthread_self(), policy, &param) == 0);
}

/* One of two that wait is woken for the signal to the process, and gets another one before it runs:
 * then the other one takes the first. Neither runs before it has both, as all are on one CPU, where
 * this thread goes before them. */
static void take_two(int target, const pthread_attr_t *attr)
{
  pthread_t threads[2];
  int numbers[2] = {0};
  struct timespec end;
  for (int i = 0; i < 2; i++)
    CHECK(pthread_create(&threads[i], attr, take_one, &numbers[i]) == 0);
  sleep_ns(5 * MS);
  set_own_priority(SCHED_FIFO, ABOVE_OTHERS);
  CHECK(kill(getpid(), SIGUSR1) == 0 && pthread_kill(threads[target], SIGUSR2) == 0);
  set_own_priority(SCHED_OTHER, 0);
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 10;
  for (int i = 0; i < 2; i++)
    if (!CHECK(pthread_timedjoin_np(threads[i], NULL, &end) == 0))
      exit(check_finish());
  CHECK(numbers[0] + numbers[1] == SIGUSR1 + SIGUSR2);
}

static void test_passed_on(void)
{
  pthread_attr_t attr;
  cpu_set_t all, first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setaffinity_np(&attr, sizeof(first), &first) == 0);
  CHECK(pthread_getaffinity_np(pthread_self(), sizeof(all), &all) == 0);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(first), &first) == 0);
  for (int target = 0; target < 2; target++)
    take_two(target, &attr);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(all), &all) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
}
#endif

int main(void)
{
  test_taken();
  test_waited();
  test_suspend();
  test_many();
#ifdef __uhyve__
  test_passed_on();
#endif
  return check_finish();
}

/* Mutexes that know priorities: inheritance, also through several mutexes, and ceilings. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "pthread_check.h"

#define LOW    2
#define MIDDLE 10
#define HIGH   20
#define MAIN   30

static pthread_mutex_t make(int protocol, int ceiling)
{
  pthread_mutexattr_t attributes;
  pthread_mutex_t mutex;
  int value;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_getprotocol(&attributes, &value) == 0 && value == PTHREAD_PRIO_NONE);
  CHECK(pthread_mutexattr_setprotocol(&attributes, 9) == EINVAL);
  CHECK(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
  CHECK(pthread_mutexattr_getprotocol(&attributes, &value) == 0 && value == protocol);
  CHECK(pthread_mutexattr_setprioceiling(&attributes, -1) == EINVAL);
  CHECK(pthread_mutexattr_setprioceiling(&attributes, 1000) == EINVAL);
  if (ceiling != 0)
  {
    CHECK(pthread_mutexattr_setprioceiling(&attributes, ceiling) == 0);
    CHECK(pthread_mutexattr_getprioceiling(&attributes, &value) == 0 && value == ceiling);
  }
  CHECK(pthread_mutex_init(&mutex, &attributes) == 0);
  CHECK(pthread_mutexattr_destroy(&attributes) == 0);
  return mutex;
}

static pthread_t start_at(int priority, void *(*run)(void *), void *argument)
{
  pthread_attr_t attr;
  pthread_t thread;
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED) == 0);
  CHECK(pthread_attr_setschedpolicy(&attr, SCHED_FIFO) == 0);
  CHECK(pthread_attr_setschedparam(&attr, &(struct sched_param){priority}) == 0);
  CHECK(pthread_attr_setaffinity_np(&attr, sizeof(first), &first) == 0);
  CHECK(pthread_create(&thread, &attr, run, argument) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
  return thread;
}

/* ---- Inheritance: all threads are on one CPU, where the highest priority runs ---- */

static pthread_mutex_t first, second;
static volatile int low_has, middle_has, high_has, spins;
static char order[16];
static int order_count;

static void note(char who)
{
  order[__atomic_fetch_add(&order_count, 1, __ATOMIC_RELAXED)] = who;
}

/* Works for a while, which only ends soon if it is not kept from the CPU. */
static void work(void)
{
  for (volatile int i = 0; i < 3000000; i++)
    ;
}

static void *run_low(void *argument)
{
  (void) argument;
  pthread_mutex_lock(&first);
  set(&low_has, 1);
  while (!__atomic_load_n(&high_has, __ATOMIC_ACQUIRE))
    ;
  work();
  note('l');
  int policy;
  struct sched_param param;
  CHECK(pthread_getschedparam(pthread_self(), &policy, &param) == 0);
  CHECK(param.sched_priority == LOW);
  pthread_mutex_unlock(&first);
  work();
  note('L');
  return NULL;
}

static void *run_middle(void *argument)
{
  (void) argument;
  work();
  note('M');
  return NULL;
}

static void *run_high(void *argument)
{
  pthread_mutex_t *mutex = argument;
  set(&high_has, 1);
  pthread_mutex_lock(mutex);
  note('h');
  pthread_mutex_unlock(mutex);
  note('H');
  return NULL;
}

/* Holds the second mutex, waits for the first. */
static void *run_between(void *argument)
{
  (void) argument;
  pthread_mutex_lock(&second);
  set(&middle_has, 1);
  pthread_mutex_lock(&first);
  note('b');
  pthread_mutex_unlock(&first);
  pthread_mutex_unlock(&second);
  note('B');
  return NULL;
}

/* The main thread is above all of them, and sleeps to let them run. */
static void begin_round(void)
{
  order_count = 0;
  for (size_t i = 0; i < sizeof(order); i++)
    order[i] = '\0';
  low_has = middle_has = high_has = 0;
}

static bool order_is(const char *expected)
{
  bool same = true;
  for (int i = 0; expected[i] != '\0' || order[i] != '\0'; i++)
  {
    same = same && expected[i] == order[i];
    if (expected[i] == '\0')
      break;
  }
  if (!same)
    fprintf(stderr, "order is %s\n", order);
  return same;
}

static void check_inheritance(void)
{
  first = make(PTHREAD_PRIO_INHERIT, 0);
  second = make(PTHREAD_PRIO_INHERIT, 0);

  begin_round();
  pthread_t low = start_at(LOW, run_low, NULL);
  CHECK(comes(&low_has, 1));
  pthread_t high = start_at(HIGH, run_high, &first);
  pthread_t middle = start_at(MIDDLE, run_middle, NULL);
  result_of(low);
  result_of(middle);
  result_of(high);
  CHECK(order_is("lhHML"));

  /* Through a second mutex, whose holder waits for the first. */
  begin_round();
  low = start_at(LOW, run_low, NULL);
  CHECK(comes(&low_has, 1));
  pthread_t between = start_at(LOW + 1, run_between, NULL);
  CHECK(comes(&middle_has, 1));
  high = start_at(HIGH, run_high, &second);
  middle = start_at(MIDDLE, run_middle, NULL);
  result_of(low);
  result_of(middle);
  result_of(high);
  result_of(between);
  CHECK(order_is("lbhHMBL"));
}

/* Who waits gets a higher priority, or gives up. */
static void *wait_20_ms(void *argument)
{
  struct timespec until = in_ms(CLOCK_REALTIME, 20);
  set(&high_has, 1);
  CHECK(pthread_mutex_timedlock(argument, &until) == ETIMEDOUT);
  note('t');
  return NULL;
}

static void check_changes(void)
{
  begin_round();
  pthread_t low = start_at(LOW, run_low, NULL);
  CHECK(comes(&low_has, 1));
  pthread_t waiter = start_at(LOW + 1, run_high, &first);
  pthread_t middle;
  CHECK(pthread_setschedprio(waiter, HIGH) == 0);
  middle = start_at(MIDDLE, run_middle, NULL);
  result_of(low);
  result_of(middle);
  result_of(waiter);
  CHECK(order[0] == 'l' || order[0] == 'M');
  CHECK(order_count == 5);

  begin_round();
  pthread_mutex_lock(&first);
  waiter = start_at(HIGH, wait_20_ms, &first);
  result_of(waiter);
  pthread_mutex_unlock(&first);
  CHECK(order_is("t"));
}

/* ---- Many threads, many mutexes ---- */

static pthread_mutex_t many[3];
static long counts[3];

static void *lock_many(void *argument)
{
  unsigned int seed = (unsigned int) (intptr_t) argument;
  for (int i = 0; i < 500; i++)
  {
    seed = seed * 1103515245 + 12345;
    unsigned int one = (seed >> 16) % 3;
    pthread_mutex_lock(&many[one]);
    if (one < 2 && i % 3 == 0)
    {
      pthread_mutex_lock(&many[one + 1]);
      counts[one + 1]++;
      pthread_mutex_unlock(&many[one + 1]);
    }
    counts[one]++;
    if (i % 16 == 0)
      sched_yield();
    pthread_mutex_unlock(&many[one]);
  }
  return NULL;
}

static void check_many(void)
{
  pthread_t threads[6];
  for (int i = 0; i < 3; i++)
    many[i] = make(PTHREAD_PRIO_INHERIT, 0);
  for (int i = 0; i < 6; i++)
    threads[i] = start(lock_many, (void *) (intptr_t) (i + 1));
  for (int i = 0; i < 6; i++)
    result_of(threads[i]);
  CHECK(counts[0] + counts[1] + counts[2] > 6 * 500);
  for (int i = 0; i < 3; i++)
    CHECK(pthread_mutex_destroy(&many[i]) == 0);
}

/* ---- Ceilings ---- */

static pthread_mutex_t top;

static void *run_in_ceiling(void *argument)
{
  (void) argument;
  CHECK(pthread_mutex_lock(&top) == 0);
  set(&low_has, 1);
  while (!__atomic_load_n(&high_has, __ATOMIC_ACQUIRE))
    ;
  work();
  note('c');
  CHECK(pthread_mutex_unlock(&top) == 0);
  note('C');
  return NULL;
}

static void *lock_below(void *argument)
{
  (void) argument;
  CHECK(pthread_mutex_lock(&top) == 0);
  CHECK(pthread_mutex_unlock(&top) == 0);
  int former = 0;
  CHECK(pthread_mutex_setprioceiling(&top, HIGH + 1, &former) == 0);
  CHECK(former == HIGH);
  CHECK(pthread_mutex_getprioceiling(&top, &former) == 0 && former == HIGH + 1);
  CHECK(pthread_mutex_setprioceiling(&top, HIGH, &former) == 0);
  CHECK(pthread_mutex_setprioceiling(&top, 1000, &former) == EINVAL);
  return NULL;
}

static void check_ceiling(void)
{
  int value;
  top = make(PTHREAD_PRIO_PROTECT, HIGH);
  begin_round();
  CHECK(pthread_mutex_getprioceiling(&top, &value) == 0 && value == HIGH);
  CHECK(pthread_mutex_getprioceiling(&first, &value) == EINVAL);
  CHECK(pthread_mutex_setprioceiling(&first, HIGH, &value) == EINVAL);
  /* The main thread is above the ceiling. */
  CHECK(pthread_mutex_lock(&top) == EINVAL);
  CHECK(pthread_mutex_trylock(&top) == EINVAL);
  CHECK(pthread_mutex_setprioceiling(&top, HIGH + 1, &value) == 0 && value == HIGH);
  CHECK(pthread_mutex_setprioceiling(&top, HIGH, &value) == 0 && value == HIGH + 1);
  result_of(start_at(LOW, lock_below, NULL));
  pthread_t low = start_at(LOW, run_in_ceiling, NULL);
  CHECK(comes(&low_has, 1));
  pthread_t middle = start_at(MIDDLE, run_middle, NULL);
  set(&high_has, 1);
  result_of(low);
  result_of(middle);
  CHECK(order_is("cMC"));
  CHECK(pthread_mutex_destroy(&top) == 0);
}

/* ---- A thread above the main one waits by the time start_at() returns ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_main(void *argument)
{
  return pthread_mutex_lock(&gate) == 0 && pthread_mutex_unlock(&gate) == 0 ? argument : NULL;
}

static void *join_it(void *argument)
{
  return result_of(*(pthread_t *) argument);
}

/* POSIX does not say what this returns. The thread still goes away once. */
static void check_detach_of_joined(void)
{
  for (int i = 0; i < 10; i++)
  {
    CHECK(pthread_mutex_lock(&gate) == 0);
    pthread_t joined = start_at(MAIN + 1, wait_for_main, &gate);
    pthread_t joiner = start_at(MAIN + 1, join_it, &joined);
    pthread_detach(joined);
    CHECK(pthread_mutex_unlock(&gate) == 0);
    CHECK(result_of(joiner) == &gate);
  }
}

int main(void)
{
  cpu_set_t set_of_one;
  CPU_ZERO(&set_of_one);
  CPU_SET(0, &set_of_one);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(set_of_one), &set_of_one) == 0);
  CHECK(pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){MAIN}) == 0);
  check_inheritance();
  check_changes();
  check_many();
  check_ceiling();
  check_detach_of_joined();
  return check_finish();
}

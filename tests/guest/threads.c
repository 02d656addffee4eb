/* POSIX threads: creation and end, attributes, scheduling, keys, once, a C library of their own. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thread_check.h"

#define MANY 200

static void *give_back(void *argument)
{
  return argument;
}

static sem_t may_end;

static void *wait_to_end(void *argument)
{
  CHECK(sem_wait(&may_end) == 0);
  return argument;
}

/* ---- Start and end ---- */

static void check_join(void)
{
  pthread_t threads[MANY];
  bool good = true;
  for (intptr_t i = 0; i < MANY; i++)
    good = good && pthread_create(&threads[i], NULL, give_back, (void *) i) == 0;
  CHECK(good);
  for (intptr_t i = 0; i < MANY; i++)
  {
    void *result = NULL;
    good = good && pthread_join(threads[i], &result) == 0 && result == (void *) i;
  }
  CHECK(good);

  pthread_t thread;
  void *result = NULL;
  CHECK(sem_init(&may_end, 0, 0) == 0);
  CHECK(pthread_create(&thread, NULL, wait_to_end, threads) == 0);
  CHECK(pthread_equal(thread, thread) && !pthread_equal(thread, pthread_self()));
  CHECK(pthread_tryjoin_np(thread, NULL) == EBUSY);
  struct timespec soon = in_ms(CLOCK_REALTIME, 2);
  CHECK(pthread_timedjoin_np(thread, NULL, &soon) == ETIMEDOUT);
  CHECK(pthread_timedjoin_np(thread, NULL, &(struct timespec){.tv_nsec = -1}) == EINVAL);
  CHECK(sem_post(&may_end) == 0);
  soon = in_ms(CLOCK_MONOTONIC, 5000);
  CHECK(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &soon) == 0);
  CHECK(result == threads);
  CHECK(pthread_join(pthread_self(), NULL) == EDEADLK);
  CHECK(pthread_join(0, NULL) == ESRCH);
}

static void *exit_deep(void *argument)
{
  if (argument != NULL)
    pthread_exit(argument);
  return &errno;
}

static atomic_uint detached_ran;

static void *count_detached(void *argument)
{
  if (argument != NULL)
    CHECK(pthread_detach(pthread_self()) == 0);
  detached_ran++;
  return NULL;
}

static void check_exit_and_detach(void)
{
  pthread_t thread;
  void *result;
  CHECK(pthread_create(&thread, NULL, exit_deep, &result) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == &result);

  pthread_attr_t attr;
  int state;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_getdetachstate(&attr, &state) == 0 && state == PTHREAD_CREATE_JOINABLE);
  CHECK(pthread_attr_setdetachstate(&attr, 7) == EINVAL);
  CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
  for (int i = 0; i < MANY; i++)
  {
    if (i % 3 == 0)
      CHECK(pthread_create(&thread, &attr, count_detached, NULL) == 0);
    else if (i % 3 == 1)
      CHECK(pthread_create(&thread, NULL, count_detached, &attr) == 0);
    else
      CHECK(pthread_create(&thread, NULL, count_detached, NULL) == 0 &&
            pthread_detach(thread) == 0);
  }
  for (int i = 0; detached_ran < MANY && i < 20000; i++)
    usleep(1000);
  CHECK(detached_ran == MANY);
  CHECK(pthread_attr_destroy(&attr) == 0);

  CHECK(pthread_create(&thread, NULL, wait_to_end, NULL) == 0);
  CHECK(pthread_detach(thread) == 0);
  CHECK(pthread_detach(thread) == EINVAL);
  CHECK(pthread_join(thread, NULL) == EINVAL);
  CHECK(sem_post(&may_end) == 0);
}

/* ---- Attributes ---- */

static void *own_stack_bytes(void *argument)
{
  pthread_attr_t attr;
  size_t len_bytes = 0;
  char *stack = NULL;
  char here;
  CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
  CHECK(pthread_attr_getstack(&attr, (void **) &stack, &len_bytes) == 0);
  CHECK(&here >= stack && &here < stack + len_bytes);
  if (argument != NULL)
    CHECK(stack == argument);
  CHECK(pthread_attr_destroy(&attr) == 0);
  return (void *) len_bytes;
}

static void check_stack_attributes(void)
{
  pthread_attr_t attr;
  size_t len_bytes = 0;
  void *stack = NULL;
  void *result = NULL;
  pthread_t thread;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_getstacksize(&attr, &len_bytes) == 0 && len_bytes >= PTHREAD_STACK_MIN);
  CHECK(pthread_attr_getguardsize(&attr, &len_bytes) == 0 && len_bytes == 4096);
  CHECK(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN - 1) == EINVAL);
  CHECK(pthread_attr_setstacksize(&attr, 2 << 20) == 0);
  CHECK(pthread_attr_setguardsize(&attr, 65536) == 0);
  CHECK(pthread_create(&thread, &attr, own_stack_bytes, NULL) == 0);
  /* The thread-local storage comes on top. */
  CHECK(pthread_join(thread, &result) == 0 && (size_t) result >= 2 << 20 &&
        (size_t) result <= (2 << 20) + 65536);

  CHECK(posix_memalign(&stack, 4096, 128 << 10) == 0);
  CHECK(pthread_attr_setstack(&attr, (char *) stack + 1, 128 << 10) == EINVAL);
  CHECK(pthread_attr_setstack(&attr, stack, 1000) == EINVAL);
  CHECK(pthread_attr_setstack(&attr, stack, 128 << 10) == 0);
  CHECK(pthread_create(&thread, &attr, own_stack_bytes, stack) == 0);
  CHECK(pthread_join(thread, &result) == 0 && (size_t) result == 128 << 10);
  free(stack);
  CHECK(pthread_attr_destroy(&attr) == 0);
}

static void *own_policy(void *argument)
{
  (void) argument;
  int policy = -1;
  struct sched_param parameters = {.sched_priority = -1};
  CHECK(pthread_getschedparam(pthread_self(), &policy, &parameters) == 0);
  return (void *) (intptr_t) (policy * 100 + parameters.sched_priority);
}

static intptr_t policy_of_new(const pthread_attr_t *attr)
{
  pthread_t thread;
  void *result = NULL;
  CHECK(pthread_create(&thread, attr, own_policy, NULL) == 0);
  CHECK(pthread_join(thread, &result) == 0);
  return (intptr_t) result;
}

static void check_scheduling(void)
{
  CHECK(SCHED_OTHER == 0 && SCHED_FIFO == 1 && SCHED_RR == 2);
  CHECK(sched_get_priority_min(SCHED_FIFO) == 0 && sched_get_priority_max(SCHED_FIFO) == 31);
  CHECK(sched_get_priority_min(SCHED_OTHER) == 0 && sched_get_priority_max(SCHED_OTHER) == 0);
  CHECK(sched_get_priority_max(77) == -1 && errno == EINVAL);
  CHECK((intptr_t) own_policy(NULL) == 0);

  pthread_attr_t attr;
  pthread_t thread;
  int value = -1;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_getinheritsched(&attr, &value) == 0 && value == PTHREAD_INHERIT_SCHED);
  CHECK(pthread_attr_setschedpolicy(&attr, 77) == EINVAL);
  CHECK(pthread_attr_setschedpolicy(&attr, SCHED_FIFO) == 0);
  CHECK(pthread_attr_setschedparam(&attr, &(struct sched_param){.sched_priority = 32}) == EINVAL);
  CHECK(pthread_attr_setschedparam(&attr, &(struct sched_param){.sched_priority = 20}) == 0);
  CHECK(policy_of_new(&attr) == 0); /* inherited */
  CHECK(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED) == 0);
  CHECK(policy_of_new(&attr) == SCHED_FIFO * 100 + 20);
  CHECK(pthread_attr_setschedpolicy(&attr, SCHED_OTHER) == 0);
  CHECK(pthread_create(&thread, &attr, own_policy, NULL) == EINVAL);

  struct sched_param five = {.sched_priority = 5};
  CHECK(pthread_setschedparam(pthread_self(), SCHED_OTHER, &five) == EINVAL);
  CHECK(pthread_setschedparam(pthread_self(), SCHED_RR, &five) == 0);
  CHECK((intptr_t) own_policy(NULL) == SCHED_RR * 100 + 5);
  CHECK(policy_of_new(NULL) == SCHED_RR * 100 + 5);
  CHECK(pthread_setschedprio(pthread_self(), 32) == EINVAL);
  CHECK(pthread_setschedprio(pthread_self(), 31) == 0);
  CHECK((intptr_t) own_policy(NULL) == SCHED_RR * 100 + 31);
  CHECK(pthread_setschedparam(pthread_self(), SCHED_OTHER, &(struct sched_param){0}) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
}

/* ---- CPUs ---- */

static void *own_cpu(void *argument)
{
  (void) argument;
  sched_yield();
  return (void *) (intptr_t) sched_getcpu();
}

static void check_cpus(void)
{
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  cpu_set_t set;
  CHECK(sizeof(set) == 128 && CPU_SETSIZE == 1024);
  CHECK(pthread_getaffinity_np(pthread_self(), sizeof(set), &set) == 0);
  CHECK(CPU_COUNT(&set) == count);
  pthread_attr_t attr;
  CHECK(pthread_attr_init(&attr) == 0);
  for (int cpu = 0; cpu < count; cpu++)
  {
    pthread_t thread;
    void *result = NULL;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    CHECK(pthread_attr_setaffinity_np(&attr, sizeof(set), &set) == 0);
    CHECK(pthread_create(&thread, &attr, own_cpu, NULL) == 0);
    CHECK(pthread_join(thread, &result) == 0 && (intptr_t) result == cpu);
    CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
    CHECK(sched_getcpu() == cpu);
    CPU_ZERO(&set);
    CHECK(sched_getaffinity(0, sizeof(set), &set) == 0);
    CHECK(CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set));
  }
  CHECK(pthread_attr_destroy(&attr) == 0);
  CPU_ZERO(&set);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == EINVAL);
  CPU_SET(1023, &set);
  CHECK(sched_setaffinity(0, sizeof(set), &set) == -1 && errno == EINVAL);
  CHECK(sched_setaffinity(4711, sizeof(set), &set) == -1 && errno == ESRCH);
  memset(&set, 0xff, sizeof(set));
  CHECK(sched_setaffinity(0, sizeof(set), &set) == 0);
}

/* ---- Keys, once, names ---- */

static pthread_key_t keys[2];
static atomic_uint destroyed;

/* Sets the other key's value, which must be destroyed in turn. */
static void destroy(void *value)
{
  destroyed++;
  if (value == &keys[0])
    CHECK(pthread_setspecific(keys[1], &keys[1]) == 0);
}

static void *use_keys(void *argument)
{
  CHECK(pthread_getspecific(keys[0]) == NULL);
  CHECK(pthread_setspecific(keys[0], argument) == 0);
  sched_yield();
  CHECK(pthread_getspecific(keys[0]) == argument);
  return NULL;
}

static void check_keys(void)
{
  pthread_t thread;
  pthread_key_t all[PTHREAD_KEYS_MAX];
  CHECK(pthread_key_create(&keys[0], destroy) == 0);
  CHECK(pthread_key_create(&keys[1], destroy) == 0);
  CHECK(pthread_setspecific(keys[0], &all) == 0);
  CHECK(pthread_create(&thread, NULL, use_keys, &keys[0]) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(destroyed == 2);
  CHECK(pthread_getspecific(keys[0]) == &all);
  CHECK(pthread_key_delete(keys[0]) == 0);
  CHECK(pthread_key_delete(keys[0]) == EINVAL);
  CHECK(pthread_setspecific(keys[0], &all) == EINVAL);
  CHECK(pthread_key_create(&keys[0], NULL) == 0);
  CHECK(pthread_getspecific(keys[0]) == NULL); /* not its predecessor's */

  int count = 0;
  while (count < PTHREAD_KEYS_MAX && pthread_key_create(&all[count], NULL) == 0)
    count++;
  CHECK(count == PTHREAD_KEYS_MAX - 2);
  CHECK(pthread_key_create(&all[count], NULL) == EAGAIN);
  CHECK(pthread_setspecific(all[count - 1], &all) == 0);
  CHECK(pthread_getspecific(all[count - 1]) == &all);
  CHECK(pthread_setspecific(PTHREAD_KEYS_MAX, &all) == EINVAL);
  while (count > 0)
    CHECK(pthread_key_delete(all[--count]) == 0);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_uint once_ran;

static void run_once(void)
{
  usleep(5000);
  once_ran++;
}

static void *call_once(void *argument)
{
  CHECK(pthread_once(&once, run_once) == 0);
  CHECK(once_ran == 1);
  return argument;
}

static void check_once_and_names(void)
{
  pthread_t threads[8];
  for (int i = 0; i < 8; i++)
    CHECK(pthread_create(&threads[i], NULL, call_once, NULL) == 0);
  for (int i = 0; i < 8; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);

  char name[16];
  CHECK(pthread_setname_np(pthread_self(), "fifteen letters") == 0);
  CHECK(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
  CHECK(strcmp(name, "fifteen letters") == 0);
  CHECK(pthread_setname_np(pthread_self(), "sixteen letters!") == ERANGE);
  CHECK(pthread_getname_np(pthread_self(), name, 15) == ERANGE);
}

/* ---- The C library in threads ---- */

static _Thread_local int own = 42;

static void *use_library(void *argument)
{
  intptr_t number = (intptr_t) argument;
  char text[64];
  char expected[64];
  bool good = own == 42;
  own = (int) number;
  for (int i = 0; i < 300; i++)
  {
    errno = (int) number;
    snprintf(text, sizeof(text), "%.3f %d", (double) number / 8, i);
    char *end;
    good = good && strtod(text, &end) == (double) ((long) number * 125) / 1000;
    snprintf(expected, sizeof(expected), " %d", i);
    good = good && strcmp(end, expected) == 0;
    void *block = malloc((size_t) (i * 7 % 1000 + 1));
    if (i % 16 == 0)
      sched_yield();
    free(block);
    good = good && errno == number && own == number;
  }
  return (void *) (intptr_t) good;
}

static void check_library(void)
{
  pthread_t threads[16];
  for (intptr_t i = 0; i < 16; i++)
    CHECK(pthread_create(&threads[i], NULL, use_library, (void *) (i + 1)) == 0);
  for (int i = 0; i < 16; i++)
  {
    void *good = NULL;
    CHECK(pthread_join(threads[i], &good) == 0 && good != NULL);
  }
  CHECK(own == 42);
}

int main(void)
{
  check_join();
  check_exit_and_detach();
  check_stack_attributes();
  check_scheduling();
  check_cpus();
  check_keys();
  check_once_and_names();
  check_library();
  return check_finish();
}

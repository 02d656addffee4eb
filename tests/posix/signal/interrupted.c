/* Signals to threads that wait: which calls end with EINTR, which go on, and that all go on right.
 */
#include "signal_check.h"

#include <semaphore.h>

static int handled;
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static bool is_true;
static int ended;
static void *(*entry_run)(void *);
static int is_over;

static void note(int number)
{
  (void) number;
  __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static int handlers_run(void)
{
  return __atomic_load_n(&handled, __ATOMIC_RELAXED);
}

/* ---- What the thread does that is interrupted ---- */

static struct timespec remaining;

static void *do_sleep(void *argument)
{
  (void) argument;
  struct timespec wait = {.tv_sec = 5};
  return nanosleep(&wait, &remaining) == -1 && errno == EINTR ? "interrupted" : "done";
}

static void *do_clock_sleep(void *argument)
{
  struct timespec until;
  (void) argument;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += 5;
  int error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  return error == EINTR ? "interrupted" : "done";
}

static void *do_second_sleep(void *argument)
{
  (void) argument;
  return sleep(5) > 3 ? "interrupted" : "done";
}

static void *do_sem_wait(void *argument)
{
  (void) argument;
  return sem_wait(&semaphore) == -1 && errno == EINTR ? "interrupted" : "done";
}

static void *do_sem_timedwait(void *argument)
{
  struct timespec until;
  (void) argument;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 5;
  return sem_timedwait(&semaphore, &until) == -1 && errno == EINTR ? "interrupted" : "done";
}

static void *do_lock(void *argument)
{
  (void) argument;
  int error = pthread_mutex_lock(&mutex);
  if (error == 0)
    pthread_mutex_unlock(&mutex);
  return error == 0 ? "done" : "interrupted";
}

static void *do_condition(void *argument)
{
  (void) argument;
  int error = 0;
  pthread_mutex_lock(&mutex);
  while (!is_true && error == 0)
    error = pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
  return error == 0 ? "done" : "interrupted";
}

static void *wait_for_end(void *argument)
{
  while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE))
    sched_yield();
  return argument;
}

static void *do_join(void *argument)
{
  pthread_t thread;
  (void) argument;
  pthread_create(&thread, NULL, wait_for_end, NULL);
  return pthread_join(thread, NULL) == 0 ? "done" : "interrupted";
}

static void *do_compute(void *argument)
{
  volatile double sum = 0;
  (void) argument;
  while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE))
    sum += 1;
  return "done";
}

/* ---- ---- */

static void end_wait(void)
{
  pthread_mutex_lock(&mutex);
  is_true = true;
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  sem_post(&semaphore);
  __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
}

static void *run_entry(void *argument)
{
  void *result = entry_run(argument);
  __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
  return result;
}

/* One signal after the other until the wait ends: one that comes before it has begun ends nothing.
 */
static void interrupt_until_over(pthread_t thread)
{
  while (!__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
  {
    int before = handlers_run();
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    while (handlers_run() == before && !__atomic_load_n(&is_over, __ATOMIC_ACQUIRE))
      sched_yield();
    sleep_ns(MS / 2);
  }
}

static void interrupt_times(pthread_t thread, int times)
{
  for (int i = 0; i < times; i++)
  {
    int before = handlers_run();
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    while (handlers_run() == before)
      sched_yield();
    sleep_ns(MS / 2);
  }
}

/* Sends so many signals, each when the last has been handled, and then lets the wait end; or, one:
 * until it ends the wait. */
static const char *interrupt(void *(*entry)(void *), int flags, int times)
{
  pthread_t thread;
  void *result;
  act(SIGUSR1, note, flags);
  while (sem_trywait(&semaphore) == 0)
    ;
  is_true = false;
  __atomic_store_n(&ended, 0, __ATOMIC_RELEASE);
  __atomic_store_n(&is_over, 0, __ATOMIC_RELEASE);
  entry_run = entry;
  pthread_mutex_lock(&mutex);
  CHECK(pthread_create(&thread, NULL, run_entry, NULL) == 0);
  bool holds = entry == do_lock;
  if (!holds)
    pthread_mutex_unlock(&mutex);
  sleep_ns(4 * MS);
  if (times == 1)
    interrupt_until_over(thread);
  else
    interrupt_times(thread, times);
  if (holds)
    pthread_mutex_unlock(&mutex);
  if (times > 1)
    end_wait();
  CHECK(pthread_join(thread, &result) == 0);
  return result;
}

static bool is_interrupted(void *(*entry)(void *), int flags)
{
  return strcmp(interrupt(entry, flags, 1), "interrupted") == 0;
}

static bool goes_on(void *(*entry)(void *), int flags)
{
  return strcmp(interrupt(entry, flags, 4), "done") == 0;
}

static void test_sleep(void)
{
  double begin = seconds_now();
  CHECK(is_interrupted(do_sleep, 0));
  CHECK(remaining.tv_sec == 4 && remaining.tv_nsec > 0);
  CHECK(is_interrupted(do_sleep, SA_RESTART));
  CHECK(is_interrupted(do_clock_sleep, SA_RESTART));
  CHECK(is_interrupted(do_second_sleep, 0));
  CHECK(seconds_now() - begin < 4);
}

static void test_others(void)
{
  CHECK(is_interrupted(do_sem_wait, 0));
  CHECK(is_interrupted(do_sem_timedwait, 0));
  CHECK(goes_on(do_sem_wait, SA_RESTART));
  CHECK(is_interrupted(do_sem_timedwait, SA_RESTART)); /* as all calls with a time-out */
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART)
  {
    CHECK(goes_on(do_lock, flags));
    CHECK(goes_on(do_condition, flags));
    CHECK(goes_on(do_join, flags));
    CHECK(goes_on(do_compute, flags));
  }
}

/* What is ignored, or blocked, interrupts nothing. */
static void test_not_interrupted(void)
{
  pthread_t thread;
  void *result;
  while (sem_trywait(&semaphore) == 0)
    ;
  signal(SIGUSR2, SIG_IGN);
  act(SIGUSR1, note, 0);
  block(SIGUSR1);
  CHECK(pthread_create(&thread, NULL, do_sem_wait, NULL) == 0);
  sleep_ns(2 * MS);
  for (int i = 0; i < 3; i++)
  {
    CHECK(pthread_kill(thread, SIGUSR2) == 0);
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    sleep_ns(MS);
  }
  sem_post(&semaphore);
  CHECK(pthread_join(thread, &result) == 0 && strcmp(result, "done") == 0);
  unblock(SIGUSR1);
}

/* ---- Handlers that block themselves, or do not return ---- */

static sigjmp_buf target;
static sem_t from_handler;

static void wait_in_handler(int number)
{
  (void) number;
  struct timespec wait = {.tv_nsec = MS};
  nanosleep(&wait, NULL);
  sem_post(&from_handler);
}

static void jump(int number)
{
  siglongjmp(target, number);
}

static void end_thread(int number)
{
  (void) number;
  pthread_exit("ended");
}

static void *jump_out_of_wait(void *argument)
{
  (void) argument;
  for (volatile int i = 0; i < 20; i++)
  {
    if (sigsetjmp(target, 1) == 0)
    {
      sem_post(&from_handler);
      sem_wait(&semaphore);
      return "not interrupted";
    }
    if (is_blocked(SIGUSR1))
      return "still blocked";
  }
  return "done";
}

static void test_handlers(void)
{
  pthread_t thread;
  void *result;
  while (sem_trywait(&semaphore) == 0)
    ;
  act(SIGUSR1, wait_in_handler, SA_RESTART);
  CHECK(pthread_create(&thread, NULL, do_sem_wait, NULL) == 0);
  for (int i = 0; i < 3; i++)
  {
    pthread_kill(thread, SIGUSR1);
    while (sem_wait(&from_handler) != 0)
      ;
  }
  sem_post(&semaphore);
  CHECK(pthread_join(thread, &result) == 0 && strcmp(result, "done") == 0);

  act(SIGUSR1, jump, 0);
  CHECK(pthread_create(&thread, NULL, jump_out_of_wait, NULL) == 0);
  for (int i = 0; i < 20; i++)
  {
    sem_wait(&from_handler);
    pthread_kill(thread, SIGUSR1);
  }
  CHECK(pthread_join(thread, &result) == 0 && strcmp(result, "done") == 0);

  act(SIGUSR1, end_thread, 0);
  CHECK(pthread_create(&thread, NULL, do_sem_wait, NULL) == 0);
  sleep_ns(2 * MS);
  pthread_kill(thread, SIGUSR1);
  CHECK(pthread_join(thread, &result) == 0 && strcmp(result, "ended") == 0);
  ended = 0;
  CHECK(pthread_create(&thread, NULL, do_compute, NULL) == 0);
  pthread_kill(thread, SIGUSR1);
  CHECK(pthread_join(thread, &result) == 0 && strcmp(result, "ended") == 0);
}

int main(void)
{
  sem_init(&semaphore, 0, 0);
  sem_init(&from_handler, 0, 0);
  test_sleep();
  test_others();
  test_not_interrupted();
  test_handlers();
  return check_finish();
}

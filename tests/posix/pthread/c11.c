/* Threads of C11. */
#include <threads.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../guest/check.h"

static struct timespec in_ms(long ms)
{
  struct timespec now;
  CHECK(timespec_get(&now, TIME_UTC) == TIME_UTC);
  now.tv_nsec += ms * 1000000;
  now.tv_sec += now.tv_nsec / 1000000000;
  now.tv_nsec %= 1000000000;
  return now;
}

/* ---- Threads ---- */

static thread_local int own = 5;

static int add_one(void *argument)
{
  CHECK(own == 5);
  own++;
  return *(int *) argument + 1;
}

static int leave_early(void *argument)
{
  thrd_exit(*(int *) argument * -2);
}

static int give_self(void *argument)
{
  *(thrd_t *) argument = thrd_current();
  return 0;
}

static atomic_int detached_ran;

static int run_detached(void *argument)
{
  (void) argument;
  detached_ran++;
  return 0;
}

static void check_threads(void)
{
  thrd_t thread;
  int number = 41;
  int result = 0;
  CHECK(thrd_create(&thread, add_one, &number) == thrd_success);
  CHECK(thrd_join(thread, &result) == thrd_success);
  CHECK(result == 42 && own == 5);
  CHECK(thrd_create(&thread, leave_early, &number) == thrd_success);
  CHECK(thrd_join(thread, &result) == thrd_success);
  CHECK(result == -82);
  thrd_t inside;
  CHECK(thrd_create(&thread, give_self, &inside) == thrd_success);
  CHECK(thrd_join(thread, NULL) == thrd_success);
  CHECK(thrd_equal(thread, inside));
  CHECK(thrd_equal(thrd_current(), thrd_current()));
  CHECK(!thrd_equal(thread, thrd_current()));
  CHECK(thrd_create(&thread, run_detached, NULL) == thrd_success);
  CHECK(thrd_detach(thread) == thrd_success);
  while (detached_ran == 0)
    thrd_yield();
  struct timespec rest = {.tv_sec = 7};
  CHECK(thrd_sleep(&(struct timespec){.tv_nsec = 5000000}, &rest) == 0);
  CHECK(thrd_sleep(&(struct timespec){.tv_nsec = -1}, NULL) < -1);
  CHECK(timespec_get(&rest, 1000) == 0);
}

/* ---- Mutexes ---- */

static mtx_t mutex;

static int try_to_lock(void *argument)
{
  int result = mtx_trylock(&mutex);
  if (result == thrd_success)
    mtx_unlock(&mutex);
  (void) argument;
  return result;
}

static int lock_for_10_ms(void *argument)
{
  struct timespec until = in_ms(10);
  (void) argument;
  return mtx_timedlock(&mutex, &until);
}

static int result_in_thread(thrd_start_t run)
{
  thrd_t thread;
  int result = -1;
  CHECK(thrd_create(&thread, run, NULL) == thrd_success);
  CHECK(thrd_join(thread, &result) == thrd_success);
  return result;
}

static void check_mutexes(void)
{
  static const int types[] = {mtx_plain, mtx_timed, mtx_plain | mtx_recursive,
                              mtx_timed | mtx_recursive};
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
  {
    CHECK(mtx_init(&mutex, types[i]) == thrd_success);
    CHECK(mtx_lock(&mutex) == thrd_success);
    if ((types[i] & mtx_recursive) != 0)
    {
      CHECK(mtx_lock(&mutex) == thrd_success);
      CHECK(mtx_trylock(&mutex) == thrd_success);
      CHECK(mtx_unlock(&mutex) == thrd_success);
      CHECK(mtx_unlock(&mutex) == thrd_success);
    }
    CHECK(result_in_thread(try_to_lock) == thrd_busy);
    if ((types[i] & mtx_timed) != 0)
      CHECK(result_in_thread(lock_for_10_ms) == thrd_timedout);
    CHECK(mtx_unlock(&mutex) == thrd_success);
    CHECK(result_in_thread(try_to_lock) == thrd_success);
    mtx_destroy(&mutex);
  }
#ifdef __uhyve__ /* glibc takes any bit pattern */
  CHECK(mtx_init(&mutex, 77) == thrd_error);
#endif
}

/* ---- Condition variables, once, storage ---- */

static cnd_t condition;
static int waiting, is_there;

static int wait_for_it(void *argument)
{
  (void) argument;
  CHECK(mtx_lock(&mutex) == thrd_success);
  waiting++;
  while (!is_there)
    CHECK(cnd_wait(&condition, &mutex) == thrd_success);
  waiting--;
  CHECK(mtx_unlock(&mutex) == thrd_success);
  return 0;
}

static void check_conditions(void)
{
  thrd_t threads[3];
  CHECK(mtx_init(&mutex, mtx_plain) == thrd_success);
  CHECK(cnd_init(&condition) == thrd_success);
  struct timespec until = in_ms(10);
  CHECK(mtx_lock(&mutex) == thrd_success);
  CHECK(cnd_timedwait(&condition, &mutex, &until) == thrd_timedout);
  CHECK(mtx_unlock(&mutex) == thrd_success);
  for (int i = 0; i < 3; i++)
    CHECK(thrd_create(&threads[i], wait_for_it, NULL) == thrd_success);
  CHECK(mtx_lock(&mutex) == thrd_success);
  while (waiting < 3)
  {
    mtx_unlock(&mutex);
    thrd_yield();
    mtx_lock(&mutex);
  }
  is_there = 1;
  CHECK(cnd_signal(&condition) == thrd_success);
  CHECK(cnd_broadcast(&condition) == thrd_success);
  CHECK(mtx_unlock(&mutex) == thrd_success);
  for (int i = 0; i < 3; i++)
    CHECK(thrd_join(threads[i], NULL) == thrd_success);
  CHECK(waiting == 0);
  cnd_destroy(&condition);
  mtx_destroy(&mutex);
}

static once_flag flag = ONCE_FLAG_INIT;
static atomic_int calls;

static void count_call(void)
{
  calls++;
}

static tss_t key;
static atomic_int destroyed;

static void destroy(void *value)
{
  destroyed += *(int *) value;
}

static int use_storage(void *argument)
{
  CHECK(tss_get(key) == NULL);
  CHECK(tss_set(key, argument) == thrd_success);
  CHECK(tss_get(key) == argument);
  call_once(&flag, count_call);
  return 0;
}

static void check_rest(void)
{
  thrd_t threads[4];
  int number = 3;
  CHECK(tss_create(&key, destroy) == thrd_success);
  for (int i = 0; i < 4; i++)
    CHECK(thrd_create(&threads[i], use_storage, &number) == thrd_success);
  for (int i = 0; i < 4; i++)
    CHECK(thrd_join(threads[i], NULL) == thrd_success);
  CHECK(calls == 1 && destroyed == 12);
  tss_delete(key);
}

int main(void)
{
  check_threads();
  check_mutexes();
  check_conditions();
  check_rest();
  return check_finish();
}

/* Threads of C11: POSIX's under other names, with fewer errors. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

static int result_of(int error)
{
  switch (error)
  {
  case 0:
    return thrd_success;
  case EBUSY:
    return thrd_busy;
  case ETIMEDOUT:
    return thrd_timedout;
  case ENOMEM:
    return thrd_nomem;
  default:
    return thrd_error;
  }
}

/* ---- Threads ---- */

struct start
{
  thrd_start_t function;
  void *argument;
};

static void *pointer_of(int result)
{
  return (void *) (intptr_t) result; /* NOLINT(performance-no-int-to-ptr) */
}

static void *begin(void *argument)
{
  struct start start = *(struct start *) argument;
  free(argument);
  return pointer_of(start.function(start.argument));
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
  struct start *start = malloc(sizeof(*start));
  if (start == NULL)
    return thrd_nomem;
  *start = (struct start){.function = function, .argument = argument};
  int error = pthread_create(thread, NULL, begin, start);
  if (error != 0)
    free(start);
  return error == EAGAIN ? thrd_nomem : result_of(error);
}

int thrd_equal(thrd_t a, thrd_t b)
{
  return a == b;
}

thrd_t thrd_current(void)
{
  return pthread_self();
}

/* -1: a signal came first; less: another failure. */
int thrd_sleep(const struct timespec *duration, struct timespec *remaining)
{
  int error = clock_nanosleep(CLOCK_REALTIME, 0, duration, remaining);
  if (error == 0)
    return 0;
  return error == EINTR ? -1 : -2;
}

void thrd_yield(void)
{
  sched_yield();
}

void thrd_exit(int result)
{
  pthread_exit(pointer_of(result));
}

int thrd_detach(thrd_t thread)
{
  return result_of(pthread_detach(thread));
}

int thrd_join(thrd_t thread, int *result)
{
  void *pointer;
  int error = pthread_join(thread, &pointer);
  if (error == 0 && result != NULL)
    *result = (int) (intptr_t) pointer;
  return result_of(error);
}

void call_once(once_flag *flag, void (*function)(void))
{
  pthread_once(flag, function);
}

/* ---- Mutexes ---- */

int mtx_init(mtx_t *mutex, int type)
{
  if ((type & ~(mtx_recursive | mtx_timed)) != mtx_plain)
    return thrd_error;
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0)
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  return result_of(pthread_mutex_init(mutex, &attributes));
}

int mtx_lock(mtx_t *mutex)
{
  return result_of(pthread_mutex_lock(mutex));
}

int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict until)
{
  return result_of(pthread_mutex_timedlock(mutex, until));
}

int mtx_trylock(mtx_t *mutex)
{
  return result_of(pthread_mutex_trylock(mutex));
}

int mtx_unlock(mtx_t *mutex)
{
  return result_of(pthread_mutex_unlock(mutex));
}

void mtx_destroy(mtx_t *mutex)
{
  pthread_mutex_destroy(mutex);
}

/* ---- Condition variables ---- */

int cnd_init(cnd_t *condition)
{
  return result_of(pthread_cond_init(condition, NULL));
}

int cnd_signal(cnd_t *condition)
{
  return result_of(pthread_cond_signal(condition));
}

int cnd_broadcast(cnd_t *condition)
{
  return result_of(pthread_cond_broadcast(condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
  return result_of(pthread_cond_wait(condition, mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                  const struct timespec *restrict until)
{
  return result_of(pthread_cond_timedwait(condition, mutex, until));
}

void cnd_destroy(cnd_t *condition)
{
  pthread_cond_destroy(condition);
}

/* ---- Thread-specific storage ---- */

int tss_create(tss_t *key, tss_dtor_t destructor)
{
  return result_of(pthread_key_create(key, destructor));
}

void *tss_get(tss_t key)
{
  return pthread_getspecific(key);
}

int tss_set(tss_t key, void *value)
{
  return result_of(pthread_setspecific(key, value));
}

void tss_delete(tss_t key)
{
  pthread_key_delete(key);
}

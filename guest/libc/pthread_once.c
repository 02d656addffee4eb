/* pthread_once: what runs once, the others wait for. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/futex.h"

enum once_state
{
  ONCE_NEW,
  ONCE_RUNS,
  ONCE_AWAITED, /* runs, and threads sleep on the word */
  ONCE_DONE,
};

static void run(uint32_t *word, void (*function)(void))
{
  function();
  if (__atomic_exchange_n(word, ONCE_DONE, __ATOMIC_RELEASE) == ONCE_AWAITED)
    futex_wake(word, INT32_MAX);
}

static void await(uint32_t *word)
{
  for (;;)
  {
    uint32_t state = ONCE_RUNS;
    __atomic_compare_exchange_n(word, &state, ONCE_AWAITED, false, __ATOMIC_ACQUIRE,
                                __ATOMIC_ACQUIRE);
    if (state == ONCE_DONE)
      return;
    futex_wait(word, ONCE_AWAITED, FUTEX_FOREVER);
  }
}

int pthread_once(pthread_once_t *once, void (*function)(void))
{
  uint32_t *word = (uint32_t *) once;
  uint32_t state = __atomic_load_n(word, __ATOMIC_ACQUIRE);
  if (state == ONCE_DONE)
    return 0;
  if (state == ONCE_NEW && __atomic_compare_exchange_n(word, &state, ONCE_RUNS, false,
                                                       __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
    run(word, function);
  else
    await(word);
  return 0;
}

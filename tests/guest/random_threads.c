/* Random numbers for many threads at once: nobody is given what another one has. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "check.h"

#define THREADS 4
#define NUMBERS 40000u

struct number
{
  uint64_t halves[2];
};

static struct number numbers[THREADS * NUMBERS];

static void *ask(void *argument)
{
  struct number *own = argument;
  for (unsigned int i = 0; i < NUMBERS; i++)
    if (getentropy(&own[i], sizeof(own[i])) != 0)
      abort();
  return NULL;
}

static int compare(const void *left, const void *right)
{
  return memcmp(left, right, sizeof(struct number));
}

int main(void)
{
  pthread_t threads[THREADS];
  unsigned int alike = 0;
  for (unsigned int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, ask, &numbers[i * NUMBERS]) == 0);
  for (unsigned int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  qsort(numbers, THREADS * NUMBERS, sizeof(numbers[0]), compare);
  for (unsigned int i = 1; i < THREADS * NUMBERS; i++)
    alike += compare(&numbers[i - 1], &numbers[i]) == 0;
  CHECK(alike == 0);
  return check_finish();
}

/* Threads until there is no memory for more: an error, all of them go on, and their memory comes
 * back. Run with little memory. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

#define MOST        20000
#define SLACK_BYTES ((size_t) 512 << 10)

static pthread_t threads[MOST];
static sem_t started;
static sem_t gate;

static void *wait_at_gate(void *argument)
{
  volatile char frames[16 << 10];
  for (size_t at = 0; at < sizeof(frames); at += 4096)
    frames[at] = 1;
  sem_post(&started);
  sem_wait(&gate);
  return frames[0] == 1 ? argument : NULL;
}

/* Returns how many there were. */
static int start_all(int expected_error)
{
  int count = 0;
  int error;
  while ((error = pthread_create(&threads[count], NULL, wait_at_gate, threads)) == 0 &&
         count < MOST - 1)
  {
    count++;
    sem_wait(&started);
  }
  CHECK(error == expected_error);
  /* No better the second time; the heap has an answer, too. */
  CHECK(pthread_create(&threads[count], NULL, wait_at_gate, threads) == expected_error);
  errno = 0;
  CHECK(malloc((size_t) 1 << 30) == NULL && errno == ENOMEM);
  for (int i = 0; i < count; i++)
    sem_post(&gate);
  bool is_good = true;
  for (int i = 0; i < count; i++)
  {
    void *result = NULL;
    is_good = pthread_join(threads[i], &result) == 0 && result == threads && is_good;
  }
  CHECK(is_good);
  return count;
}

/* The longest block that malloc gives. */
static size_t longest_block(void)
{
  size_t len_bytes = 0;
  for (size_t step = (size_t) 64 << 20; step >= SLACK_BYTES / 4; step /= 2)
  {
    void *volatile block = malloc(len_bytes + step);
    if (block != NULL)
      len_bytes += step;
    free(block);
  }
  return len_bytes;
}

/* Whether a thread with so large a stack can be. */
static bool has_stack(size_t stack_bytes)
{
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  sem_post(&gate);
  int error = pthread_create(&thread, &attributes, wait_at_gate, threads);
  if (error != 0)
    return sem_wait(&gate) != 0;
  return sem_wait(&started) == 0 && pthread_join(thread, NULL) == 0;
}

/* Sizes whose sums overflow are too large, not small. */
static void check_sizes_without_bound(void)
{
  static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX / 2, (size_t) 1 << 46};
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
  {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstacksize(&attributes, sizes[i]) != 0 ||
          pthread_create(&threads[0], &attributes, wait_at_gate, threads) == EAGAIN);
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setguardsize(&attributes, sizes[i]) != 0 ||
          pthread_create(&threads[0], &attributes, wait_at_gate, threads) == EAGAIN);
  }
}

int main(void)
{
  sem_init(&started, 0, 0);
  sem_init(&gate, 0, 0);
  check_sizes_without_bound();
  size_t before_bytes = longest_block();
  CHECK(before_bytes > 4 * SLACK_BYTES);
  int first = start_all(EAGAIN);
  /* The stacks that are kept are there for whoever lacks memory. */
  CHECK(has_stack(before_bytes - SLACK_BYTES));
  int second = start_all(EAGAIN);
  CHECK(first > 20);
  if (!CHECK(second >= first - first / 10))
    fprintf(stderr, "%d, then %d\n", first, second);
  size_t after_bytes = longest_block();
  if (!CHECK(after_bytes + SLACK_BYTES >= before_bytes))
    fprintf(stderr, "%zu bytes, then %zu\n", before_bytes, after_bytes);
  void *block = malloc((size_t) 3 << 20);
  CHECK(block != NULL);
  free(block);
  return check_finish();
}

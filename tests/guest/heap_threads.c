/* The heap from threads on all CPUs: blocks keep their contents, change hands, and all come back.
 */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define THREADS  6
#define BLOCKS   400
#define EXCHANGE 64
#define STEPS    100000

struct block
{
  size_t len_bytes;
  unsigned char seed;
  unsigned char bytes[];
};

static _Atomic(struct block *) exchange[EXCHANGE];
static atomic_uint broken;

static uint64_t random_next(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static size_t random_len(uint64_t *state)
{
  uint64_t random = random_next(state);
  unsigned int kind = random >> 40 & 1023;
  size_t max = kind < 800 ? 500 : kind < 1010 ? 40000 : kind < 1022 ? 900000 : 3000000;
  return random % 1000003 % max + 1;
}

static void fill(struct block *block, size_t len_bytes, uint64_t *state)
{
  block->len_bytes = len_bytes;
  block->seed = (unsigned char) random_next(state);
  for (size_t i = 0; i < len_bytes; i += i < 128 ? 1 : 509)
    block->bytes[i] = (unsigned char) (block->seed + i);
}

static bool is_kept(const struct block *block, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i += i < 128 ? 1 : 509)
    if (block->bytes[i] != (unsigned char) (block->seed + i))
      return false;
  return true;
}

static struct block *resized(struct block *block, uint64_t *state)
{
  size_t len_bytes = random_len(state);
  size_t kept_bytes = 0;
  if (block != NULL)
    kept_bytes = len_bytes < block->len_bytes ? len_bytes : block->len_bytes;
  block = realloc(block, sizeof(*block) + len_bytes);
  if (block == NULL || (kept_bytes != 0 && !is_kept(block, kept_bytes)))
  {
    broken++;
    return NULL;
  }
  fill(block, len_bytes, state);
  return block;
}

static void give(struct block *block)
{
  if (block != NULL && !is_kept(block, block->len_bytes))
    broken++;
  free(block);
}

static void *work(void *argument)
{
  uint64_t state = 88172645463325252u + (uintptr_t) argument * 7919;
  struct block **blocks = calloc(BLOCKS, sizeof(*blocks));
  for (int i = 0; i < STEPS; i++)
  {
    struct block **block = &blocks[random_next(&state) % BLOCKS];
    switch (random_next(&state) % 4)
    {
    case 0:
      *block = atomic_exchange(&exchange[random_next(&state) % EXCHANGE], *block);
      break;
    case 1:
      give(*block);
      *block = NULL;
      break;
    default:
      *block = resized(*block, &state);
    }
    if (i % 1000 == 0)
      sched_yield();
  }
  for (int i = 0; i < BLOCKS; i++)
    give(blocks[i]);
  free(blocks);
  return NULL;
}

/* One thread takes, the other frees: what is freed does not pile up on its CPU. */
static void *take(void *unused)
{
  (void) unused;
  for (unsigned int i = 0; i < 1000000; i++)
  {
    struct block *block = malloc(1000);
    while (block == NULL)
    {
      broken++;
      block = malloc(1000);
    }
    while (atomic_load(&exchange[i % EXCHANGE]) != NULL)
      sched_yield();
    atomic_store(&exchange[i % EXCHANGE], block);
  }
  return NULL;
}

static void *give_back(void *unused)
{
  (void) unused;
  for (unsigned int i = 0; i < 1000000; i++)
  {
    struct block *block;
    while ((block = atomic_exchange(&exchange[i % EXCHANGE], NULL)) == NULL)
      sched_yield();
    free(block);
  }
  return NULL;
}

int main(void)
{
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, work, (void *) i) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < EXCHANGE; i++)
    give(atomic_exchange(&exchange[i], NULL));
  CHECK(broken == 0);

  CHECK(pthread_create(&threads[0], NULL, take, NULL) == 0);
  CHECK(pthread_create(&threads[1], NULL, give_back, NULL) == 0);
  CHECK(pthread_join(threads[0], NULL) == 0);
  CHECK(pthread_join(threads[1], NULL) == 0);
  CHECK(broken == 0);
  return check_finish();
}

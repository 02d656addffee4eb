/* The heap of the C library with threads as CPUs: blocks stay whole, change hands, all come back.
 */
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "libc/malloc_chunk.h"
#include "malloc_host.h"

#define CPUS     4
#define BLOCKS   300
#define STEPS    60000
#define EXCHANGE 64

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
  unsigned int kind = random >> 40 & 255;
  size_t max = kind < 200 ? 512 : kind < 240 ? 40000 : kind < 254 ? MEBIBYTE : 3 * MEBIBYTE;
  return random % 1000003 % max;
}

static void take(struct block *block, uint64_t *state)
{
  block->len_bytes = random_len(state);
  block->seed = (unsigned char) random_next(state);
  switch (random_next(state) % 4)
  {
  case 0:
  {
    size_t align_bytes = (size_t) 8 << random_next(state) % 15;
    block->bytes = memalign(align_bytes, block->len_bytes);
    assert_int_equal((uintptr_t) block->bytes % align_bytes, 0);
    break;
  }
  case 1:
    block->bytes = calloc(block->len_bytes, 1);
    assert_true(all_zero(block->bytes, block->len_bytes));
    break;
  default:
    block->bytes = malloc(block->len_bytes);
  }
  assert_non_null(block->bytes);
  assert_int_equal((uintptr_t) block->bytes % 16, 0);
  assert_true(malloc_usable_size(block->bytes) >= block->len_bytes);
  fill(block);
}

static void resize(struct block *block, uint64_t *state)
{
  size_t len_bytes = random_len(state) + 1;
  size_t kept_bytes = len_bytes < block->len_bytes ? len_bytes : block->len_bytes;
  block->bytes = realloc(block->bytes, len_bytes);
  assert_non_null(block->bytes);
  assert_true(is_kept(block, kept_bytes));
  block->len_bytes = len_bytes;
  fill(block);
}

static void give(struct block **block)
{
  assert_true(is_kept(*block, (*block)->len_bytes));
  free((*block)->bytes);
  free(*block);
  *block = NULL;
}

/* Blocks that change hands. */
static _Atomic(struct block *) exchange[EXCHANGE];
static pthread_barrier_t barrier;

static void step(struct block **block, uint64_t *state)
{
  uint64_t action = random_next(state) % 16;
  if (action < 4)
    *block = atomic_exchange(&exchange[random_next(state) % EXCHANGE], *block);
  if (*block == NULL)
  {
    *block = malloc(sizeof(**block));
    assert_non_null(*block);
    take(*block, state);
  }
  else if (action < 8)
    resize(*block, state);
  else
    give(block);
}

static void *work(void *argument)
{
  uint64_t state = (uint64_t) (uintptr_t) argument * 7919 + 88172645463325252u;
  struct block *blocks[BLOCKS] = {NULL};
  for (int i = 0; i < STEPS; i++)
    step(&blocks[random_next(&state) % BLOCKS], &state);
  for (int i = 0; i < BLOCKS; i++)
    if (blocks[i] != NULL)
      give(&blocks[i]);
  malloc_trim(0);
  return NULL;
}

static void run_threads(void *(*run)(void *) )
{
  pthread_t threads[CPUS];
  for (uintptr_t i = 0; i < CPUS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, run, (void *) i), 0);
  for (int i = 0; i < CPUS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void blocks_of_all_threads_stay_whole(void **unused)
{
  (void) unused;
  run_threads(work);
  for (int i = 0; i < EXCHANGE; i++)
  {
    struct block *block = exchange[i];
    if (block != NULL)
      give(&block);
  }
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
}

/* Even threads allocate, odd ones free what the even one below allocated. */
static _Atomic(void *) handed[CPUS][EXCHANGE];

static void *produce_or_consume(void *argument)
{
  uintptr_t me = (uintptr_t) argument;
  for (unsigned int i = 0; i < 400000; i++)
  {
    _Atomic(void *) *place = &handed[me / 2][i % EXCHANGE];
    void *mine = me % 2 == 0 ? malloc(i % 200) : NULL;
    void *other = atomic_exchange(place, mine);
    free(other);
  }
  pthread_barrier_wait(&barrier);
  malloc_trim(0);
  return NULL;
}

static void objects_freed_elsewhere_are_used_again(void **unused)
{
  (void) unused;
  limit_bytes = 4 * MALLOC_CHUNK_BYTES;
  pthread_barrier_init(&barrier, NULL, CPUS);
  run_threads(produce_or_consume);
  pthread_barrier_destroy(&barrier);
  for (int i = 0; i < CPUS * EXCHANGE; i++)
    free(handed[i / EXCHANGE][i % EXCHANGE]);
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
  limit_bytes = NO_LIMIT;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_of_all_threads_stay_whole),
      cmocka_unit_test(objects_freed_elsewhere_are_used_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

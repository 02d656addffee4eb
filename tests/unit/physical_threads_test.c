/* Tests of guest/mm/physical.c from several threads at once, on real memory. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "hosted/memory.h"
#include "hypercalls/start_info.h"
#include "mm/physical.h"
#include "unit_test.h"

enum
{
  THREADS = 4,
  ROUNDS = 6000,
  PIECES = 48
};

struct piece
{
  uint64_t gpa;
  uint64_t len_bytes;
  uint64_t value;
};

static void take_piece_of_any_kind(struct piece *piece, uint64_t *random)
{
  static const uint64_t lengths[] = {FRAME_BYTES, FRAME_BYTES,     FRAME_BYTES,
                                     16 * KIB,    3 * FRAME_BYTES, LARGE_FRAME_BYTES};
  uint64_t len_bytes = lengths[random_next(random) % COUNT_OF(lengths)];
  uint64_t align_bytes =
      random_next(random) % 2 == 0 && (len_bytes & (len_bytes - 1)) == 0 ? len_bytes : FRAME_BYTES;
  bool zeroed;
  if (physical_commit(len_bytes) < 0)
    return;
  piece->gpa = physical_allocate(len_bytes, align_bytes, &zeroed);
  if (piece->gpa == PHYSICAL_NONE)
  {
    if (len_bytes == FRAME_BYTES)
      abort(); /* promised */
    physical_uncommit(len_bytes);
    return;
  }
  if (piece->gpa % align_bytes != 0 || (zeroed && !hosted_is_filled(piece->gpa, len_bytes, 0)))
    abort();
  piece->len_bytes = len_bytes;
  piece->value = random_next(random);
  hosted_fill(piece->gpa, len_bytes, piece->value);
}

static void leave_piece(struct piece *piece)
{
  if (piece->len_bytes == 0)
    return;
  if (!hosted_is_filled(piece->gpa, piece->len_bytes, piece->value))
    abort();
  physical_free(piece->gpa, piece->len_bytes);
  physical_uncommit(piece->len_bytes);
  piece->len_bytes = 0;
}

static void *use_memory(void *argument)
{
  uint64_t random = (uintptr_t) argument;
  struct piece pieces[PIECES] = {0};
  for (int round = 0; round < ROUNDS; round++)
  {
    struct piece *piece = &pieces[random_next(&random) % PIECES];
    leave_piece(piece);
    take_piece_of_any_kind(piece, &random);
    if (random_next(&random) % 64 == 0)
      physical_give_back(random_next(&random) % 2 == 0);
  }
  for (int i = 0; i < PIECES; i++)
    leave_piece(&pieces[i]);
  return NULL;
}

/* A little more than the threads want, so that they go short at times. */
static void threads_share_it(void **state)
{
  (void) state;
  hosted_memory_start(UHYVE_GPA_HOLE_BEGIN - 8 * MIB, 48 * MIB, MIB);
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, use_memory, (void *) (i + 1)), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_int_equal(physical_usage().committed_bytes, 0);
  physical_give_back(true);
  struct physical_usage usage = physical_usage();
  assert_int_equal(usage.free_used_bytes, 0);
  assert_in_range(usage.free_clean_bytes, usage.attached_bytes * 84 / 85 - FRAME_BYTES,
                  usage.attached_bytes); /* but for nodes */
  assert_true(hosted_memory_resident_bytes() <= usage.attached_bytes - usage.free_clean_bytes);
  hosted_memory_end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_it)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

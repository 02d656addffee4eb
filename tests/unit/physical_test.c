/* Tests of guest/mm/physical.c on real memory: what is promised, clean and used frames, the hole,
 * memory given back, and all of it from several threads. */
#include "mm/physical.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hosted/memory.h"
#include "hypercalls/start_info.h"
#include "mm/address.h"
#include "unit_test.h"

#define BASE_GPA (16 * MIB)

static int end(void **state)
{
  (void) state;
  hosted_memory_end();
  return 0;
}

static bool is_zero(uint64_t gpa, uint64_t len_bytes)
{
  const uint64_t *words = address_of_gpa(gpa);
  for (uint64_t i = 0; i < len_bytes / sizeof(*words); i++)
    if (words[i] != 0)
      return false;
  return true;
}

static void fill(uint64_t gpa, uint64_t len_bytes, uint64_t value)
{
  uint64_t *words = address_of_gpa(gpa);
  for (uint64_t i = 0; i < len_bytes / sizeof(*words); i++)
    words[i] = value;
}

static bool is_filled(uint64_t gpa, uint64_t len_bytes, uint64_t value)
{
  const uint64_t *words = address_of_gpa(gpa);
  for (uint64_t i = 0; i < len_bytes / sizeof(*words); i++)
    if (words[i] != value)
      return false;
  return true;
}

static uint64_t allocate_small(bool *zeroed)
{
  uint64_t gpa = physical_allocate(FRAME_BYTES, FRAME_BYTES, zeroed);
  assert_int_not_equal(gpa, PHYSICAL_NONE);
  return gpa;
}

static void nothing_is_touched_before_it_is_needed(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 256 * MIB, 8 * MIB);
  struct physical_usage usage = physical_usage();
  assert_int_equal(usage.attached_bytes, 8 * MIB);
  assert_in_range(usage.free_clean_bytes, 8 * MIB * 84 / 85 - FRAME_BYTES,
                  8 * MIB); /* but for nodes */
  assert_int_equal(usage.free_used_bytes, 0);
  assert_int_equal(usage.committed_bytes, 0);
  assert_in_range(usage.total_bytes, 252 * MIB, 256 * MIB);
  bool zeroed;
  assert_int_equal(physical_commit(4 * MIB), 0);
  assert_int_equal(physical_allocate(2 * MIB, 2 * MIB, &zeroed), BASE_GPA + 6 * MIB);
  assert_in_range(allocate_small(&zeroed), BASE_GPA, BASE_GPA + 8 * MIB / 80);
  assert_int_equal(hosted_memory_resident_bytes(), 0);
  assert_int_equal(hosted_memory.attachments, 0);
}

static void what_is_promised_is_attached(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 256 * MIB, 2 * MIB);
  for (uint64_t committed = MIB; committed <= 128 * MIB; committed += MIB)
  {
    assert_int_equal(physical_commit(MIB), 0);
    struct physical_usage usage = physical_usage();
    assert_int_equal(usage.committed_bytes, committed);
    assert_true(usage.attached_bytes >= committed);
    assert_int_equal(usage.attached_bytes, hosted_memory.attached_bytes);
  }
  assert_in_range(hosted_memory.attachments, 1, 10);
  physical_uncommit(128 * MIB);
  assert_int_equal(physical_usage().committed_bytes, 0);
}

static void no_more_is_promised_than_there_is(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 2 * MIB);
  uint64_t total_bytes = physical_usage().total_bytes;
  assert_int_equal(physical_commit(total_bytes + FRAME_BYTES), -ENOMEM);
  assert_int_equal(physical_commit(UINT64_MAX), -ENOMEM);
  assert_int_equal(physical_commit(-FRAME_BYTES), -ENOMEM);
  assert_int_equal(hosted_memory.attachments, 0);
  assert_int_equal(physical_commit(total_bytes), 0);
  assert_int_equal(physical_commit(FRAME_BYTES), -ENOMEM);
  assert_int_equal(physical_usage().committed_bytes, total_bytes);
  physical_uncommit(FRAME_BYTES);
  assert_int_equal(physical_commit(FRAME_BYTES), 0);
}

static void a_monitor_without_memory_is_out_of_memory(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 2 * MIB);
  hosted_memory.attach_fails = true;
  assert_int_equal(physical_commit(4 * MIB), -ENOMEM);
  assert_int_equal(physical_usage().committed_bytes, 0);
  assert_int_equal(physical_commit(MIB), 0);
  hosted_memory.attach_fails = false;
  assert_int_equal(physical_commit(4 * MIB), 0);
}

static void small_from_the_low_end_large_from_the_high_end(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(32 * MIB), 0);
  bool zeroed;
  uint64_t gpa = allocate_small(&zeroed);
  assert_in_range(gpa, BASE_GPA, BASE_GPA + MIB);
  assert_int_equal(physical_allocate(2 * MIB, 2 * MIB, &zeroed), BASE_GPA + 62 * MIB);
  assert_int_equal(allocate_small(&zeroed), gpa + FRAME_BYTES);
  assert_int_equal(physical_allocate(4 * MIB, FRAME_BYTES, &zeroed), BASE_GPA + 58 * MIB);
  assert_int_equal(physical_allocate(64 * KIB, 64 * KIB, &zeroed),
                   (gpa + 2 * FRAME_BYTES + 64 * KIB - 1) & -(64 * KIB));
  assert_int_equal(physical_allocate(HUGE_FRAME_BYTES, HUGE_FRAME_BYTES, &zeroed), PHYSICAL_NONE);
}

static void used_memory_goes_out_first(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(8 * MIB), 0);
  bool zeroed = false;
  uint64_t small_gpa = allocate_small(&zeroed);
  assert_true(zeroed);
  uint64_t large_gpa = physical_allocate(2 * MIB, 2 * MIB, &zeroed);
  assert_true(zeroed);
  physical_free(large_gpa, 2 * MIB);
  assert_int_equal(physical_usage().free_used_bytes, 2 * MIB);
  assert_int_equal(physical_allocate(2 * MIB, 2 * MIB, &zeroed), large_gpa);
  assert_false(zeroed);
  physical_free(small_gpa, FRAME_BYTES);
  assert_int_equal(allocate_small(&zeroed), small_gpa);
  assert_false(zeroed);
  allocate_small(&zeroed);
  assert_true(zeroed);
}

static void memory_goes_around_the_hole(void **state)
{
  (void) state;
  hosted_memory_start(UHYVE_GPA_HOLE_BEGIN - 16 * MIB, 64 * MIB, 8 * MIB);
  assert_int_equal(physical_commit(physical_usage().total_bytes), 0);
  bool zeroed;
  uint64_t bytes[2] = {0};
  uint64_t gpa;
  while ((gpa = physical_allocate(2 * MIB, 2 * MIB, &zeroed)) != PHYSICAL_NONE)
  {
    assert_true(zeroed);
    assert_true(gpa + 2 * MIB <= UHYVE_GPA_HOLE_BEGIN || gpa >= UHYVE_GPA_HOLE_END);
    assert_true(is_zero(gpa, 2 * MIB));
    bytes[gpa > UHYVE_GPA_HOLE_BEGIN] += 2 * MIB;
  }
  /* Each attachment, and that around the hole twice, has nodes in one. */
  assert_in_range(bytes[0], 12 * MIB, 14 * MIB);
  assert_in_range(bytes[1], 44 * MIB, 46 * MIB);
}

static void memory_goes_back_clean(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  uint64_t clean_bytes = physical_usage().free_clean_bytes;
  assert_int_equal(physical_commit(32 * MIB), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(32 * MIB, 2 * MIB, &zeroed);
  fill(gpa, 32 * MIB, 1);
  physical_free(gpa, 32 * MIB);
  assert_int_equal(hosted_memory_resident_bytes(), 32 * MIB);

  physical_give_back(false);
  /* An eighth is kept. */
  assert_int_equal(physical_usage().free_used_bytes, 8 * MIB);
  assert_int_equal(hosted_memory_resident_bytes(), 8 * MIB);
  assert_int_equal(hosted_memory.discarded_bytes, 24 * MIB);
  unsigned long discards = hosted_memory.discards;
  physical_give_back(false);
  assert_int_equal(hosted_memory.discards, discards);

  physical_give_back(true);
  assert_int_equal(physical_usage().free_used_bytes, 0);
  assert_int_equal(physical_usage().free_clean_bytes, clean_bytes);
  assert_int_equal(hosted_memory_resident_bytes(), 0);
  assert_int_equal(physical_allocate(32 * MIB, 2 * MIB, &zeroed), gpa);
  assert_true(zeroed);
  assert_true(is_zero(gpa, 32 * MIB));
}

static void exactly_the_reserve_is_kept(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(32 * MIB), 0);
  bool zeroed;
  uint64_t len_bytes = 20 * MIB + 100 * KIB;
  physical_free(physical_allocate(len_bytes, FRAME_BYTES, &zeroed), len_bytes);
  physical_give_back(false);
  assert_int_equal(physical_usage().free_used_bytes, 8 * MIB);
}

static void large_pages_of_the_host_stay_whole(void **state)
{
  (void) state;
  uint64_t len_bytes = GIB - 64 * KIB; /* ends, and is cut, within a large page */
  hosted_memory_start(BASE_GPA, len_bytes, len_bytes);
  assert_int_equal(physical_commit(512 * MIB), 0);
  bool zeroed;
  physical_free(physical_allocate(256 * MIB, FRAME_BYTES, &zeroed), 256 * MIB);
  physical_give_back(false);
  assert_int_equal(hosted_memory.first_discarded_gpa % LARGE_FRAME_BYTES, 0);
  assert_in_range(physical_usage().free_used_bytes, 64 * MIB, 64 * MIB + LARGE_FRAME_BYTES);
}

static uint64_t frames_promised;

/* As other CPUs may do it. */
static void take_all_that_is_promised(void)
{
  unsigned long discards = hosted_memory.discards;
  physical_give_back(true);
  assert_int_equal(hosted_memory.discards, discards);
  bool zeroed;
  for (; frames_promised > 0; frames_promised--)
    allocate_small(&zeroed);
}

static void what_is_on_its_way_to_the_host_is_not_missed(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  uint64_t total_bytes = physical_usage().total_bytes;
  assert_int_equal(physical_commit(total_bytes), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(32 * MIB, FRAME_BYTES, &zeroed);
  assert_int_not_equal(gpa, PHYSICAL_NONE);
  fill(gpa, 32 * MIB, 1);
  physical_free(gpa, 32 * MIB);
  frames_promised = total_bytes / FRAME_BYTES;
  hosted_memory.during_discard = take_all_that_is_promised;
  physical_give_back(true);
  assert_int_equal(frames_promised, 0);
  assert_in_range(hosted_memory.discards, 1, 3);
}

static void small_pieces_go_back_only_when_all_do(void **state)
{
  (void) state;
  enum
  {
    PIECES = 64
  };
  hosted_memory_start(BASE_GPA, 16 * MIB, 16 * MIB);
  assert_int_equal(physical_commit(8 * MIB), 0);
  bool zeroed;
  uint64_t gpa[2 * PIECES];
  for (int i = 0; i < 2 * PIECES; i++)
  {
    gpa[i] = physical_allocate(60 * KIB, FRAME_BYTES, &zeroed);
    fill(gpa[i], 60 * KIB, 1);
  }
  for (int i = 0; i < 2 * PIECES; i += 2)
    physical_free(gpa[i], 60 * KIB);
  uint64_t free_bytes = physical_usage().free_used_bytes;
  assert_true(free_bytes > 2 * MIB); /* over the reserve */
  physical_give_back(false);
  assert_int_equal(hosted_memory.discards, 0);
  physical_give_back(true);
  assert_int_equal(hosted_memory.discarded_bytes, free_bytes);
  assert_int_equal(physical_usage().free_used_bytes, 0);
  for (int i = 1; i < 2 * PIECES; i += 2)
    assert_true(is_filled(gpa[i], 60 * KIB, 1));
}

static void a_host_that_keeps_memory_does_not_make_it_clean(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(4 * MIB), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(4 * MIB, 2 * MIB, &zeroed);
  fill(gpa, 4 * MIB, 1);
  physical_free(gpa, 4 * MIB);
  hosted_memory.discard_fails = true;
  physical_give_back(true);
  assert_int_equal(physical_usage().free_used_bytes, 4 * MIB);
  assert_int_equal(physical_allocate(4 * MIB, 2 * MIB, &zeroed), gpa);
  assert_false(zeroed);
}

static void assert_panics_on_free(uint64_t gpa, uint64_t len_bytes)
{
  hosted_panic_expected = true;
  if (setjmp(hosted_panic) == 0)
  {
    physical_free(gpa, len_bytes);
    fail_msg("a frame that is free could be freed");
  }
}

static void used_frames_cannot_be_freed_twice(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 16 * MIB, 16 * MIB);
  assert_int_equal(physical_commit(MIB), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(MIB, FRAME_BYTES, &zeroed);
  physical_free(gpa, MIB);
  assert_panics_on_free(gpa + FRAME_BYTES, FRAME_BYTES);
}

static void clean_frames_cannot_be_freed(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 16 * MIB, 16 * MIB);
  assert_int_equal(physical_commit(MIB), 0);
  assert_panics_on_free(BASE_GPA + MIB, 2 * FRAME_BYTES);
}

/* The worst that can be done to the nodes: every frame is promised and used, every second one is
 * freed, given back, and the others after it. */
static void every_frame_on_its_own(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 2 * MIB);
  uint64_t total_bytes = physical_usage().total_bytes;
  size_t frames = total_bytes / FRAME_BYTES;
  uint64_t *gpa = malloc(frames * sizeof(*gpa));
  assert_non_null(gpa);
  assert_int_equal(physical_commit(total_bytes), 0);
  for (int round = 0; round < 3; round++)
  {
    bool zeroed;
    for (size_t i = 0; i < frames; i++)
    {
      gpa[i] = allocate_small(&zeroed);
      assert_true(!zeroed || is_zero(gpa[i], FRAME_BYTES));
      fill(gpa[i], FRAME_BYTES, gpa[i]);
    }
    for (size_t i = 0; i < frames; i += 2)
      physical_free(gpa[i], FRAME_BYTES);
    physical_give_back(true);
    for (size_t i = 1; i < frames; i += 2)
    {
      assert_true(is_filled(gpa[i], FRAME_BYTES, gpa[i]));
      physical_free(gpa[i], FRAME_BYTES);
    }
    if (round == 1)
      physical_give_back(true);
  }
  struct physical_usage usage = physical_usage();
  assert_true(usage.free_clean_bytes + usage.free_used_bytes >= total_bytes);
  physical_give_back(true);
  assert_int_equal(physical_usage().free_used_bytes, 0);
  /* Nothing small is left in the way of large frames: a 2 MiB frame is lost for each attachment. */
  bool zeroed;
  for (uint64_t bytes = 0; bytes < 48 * MIB; bytes += 2 * MIB)
    assert_int_not_equal(physical_allocate(2 * MIB, 2 * MIB, &zeroed), PHYSICAL_NONE);
  free(gpa);
}

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
  if (piece->gpa % align_bytes != 0 || (zeroed && !is_zero(piece->gpa, len_bytes)))
    abort();
  piece->len_bytes = len_bytes;
  piece->value = random_next(random);
  fill(piece->gpa, len_bytes, piece->value);
}

static void leave_piece(struct piece *piece)
{
  if (piece->len_bytes == 0)
    return;
  if (!is_filled(piece->gpa, piece->len_bytes, piece->value))
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
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(nothing_is_touched_before_it_is_needed),
      TEST(what_is_promised_is_attached),
      TEST(no_more_is_promised_than_there_is),
      TEST(a_monitor_without_memory_is_out_of_memory),
      TEST(small_from_the_low_end_large_from_the_high_end),
      TEST(used_memory_goes_out_first),
      TEST(memory_goes_around_the_hole),
      TEST(memory_goes_back_clean),
      TEST(exactly_the_reserve_is_kept),
      TEST(large_pages_of_the_host_stay_whole),
      TEST(what_is_on_its_way_to_the_host_is_not_missed),
      TEST(small_pieces_go_back_only_when_all_do),
      TEST(a_host_that_keeps_memory_does_not_make_it_clean),
      TEST(used_frames_cannot_be_freed_twice),
      TEST(clean_frames_cannot_be_freed),
      TEST(every_frame_on_its_own),
      TEST(threads_share_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

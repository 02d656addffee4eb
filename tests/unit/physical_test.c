/* Tests of guest/mm/physical.c on real memory: what is promised, clean and used frames, the hole,
 * memory given back. */
#include "mm/physical.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hosted/memory.h"
#include "hypercalls/start_info.h"
#include "mm/address.h"
#include "mm/bootstrap.h"
#include "unit_test.h"

#define BASE_GPA (16 * MIB)

static int end(void **state)
{
  (void) state;
  hosted_memory_end();
  return 0;
}

static uint64_t allocate_small(bool *zeroed)
{
  uint64_t gpa = physical_allocate(FRAME_BYTES, FRAME_BYTES, zeroed);
  assert_int_not_equal(gpa, PHYSICAL_NONE);
  return gpa;
}

static void bootstrap_memory_runs_out(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 16 * MIB, 2 * MIB);
  assert_null(bootstrap_allocate(BOOTSTRAP_BYTES + 1));
  assert_null(bootstrap_allocate(SIZE_MAX));
  unsigned char *last = bootstrap_allocate(1);
  assert_non_null(last);
  size_t count = 1;
  for (unsigned char *object; (object = bootstrap_allocate(20)) != NULL; last = object)
  {
    assert_int_equal((uintptr_t) object % 16, 0);
    assert_true(object > last && object[0] == 0 && object[19] == 0);
    memset(object, 0xa5, 20);
    count++;
  }
  assert_int_equal(count, 1 + (BOOTSTRAP_BYTES - 16) / 32);
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
  assert_in_range(usage.total_bytes, 250 * MIB, 256 * MIB);
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
    assert_true(hosted_is_filled(gpa, 2 * MIB, 0));
    bytes[gpa > UHYVE_GPA_HOLE_BEGIN] += 2 * MIB;
  }
  /* Each attachment, and that around the hole twice, has nodes in one. */
  assert_in_range(bytes[0], 12 * MIB, 14 * MIB);
  assert_in_range(bytes[1], 44 * MIB, 46 * MIB);
}

static void much_memory_has_huge_frames(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 20 * GIB, 2 * MIB);
  uint64_t total_bytes = physical_usage().total_bytes;
  assert_in_range(total_bytes, 20 * GIB * 98 / 100, 20 * GIB);
  assert_int_equal(physical_commit(total_bytes), 0);
  bool zeroed;
  uint64_t huge_bytes = 0;
  while (physical_allocate(HUGE_FRAME_BYTES, HUGE_FRAME_BYTES, &zeroed) != PHYSICAL_NONE)
    huge_bytes += HUGE_FRAME_BYTES;
  assert_in_range(huge_bytes, 13 * GIB, 20 * GIB);
  /* What is promised is there, in smaller frames. */
  for (; huge_bytes + LARGE_FRAME_BYTES < total_bytes - 128 * MIB; huge_bytes += LARGE_FRAME_BYTES)
    assert_int_not_equal(physical_allocate(LARGE_FRAME_BYTES, LARGE_FRAME_BYTES, &zeroed),
                         PHYSICAL_NONE);
  assert_int_equal(hosted_memory_resident_bytes(), 0);
}

static void memory_goes_back_clean(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  uint64_t clean_bytes = physical_usage().free_clean_bytes;
  assert_int_equal(physical_commit(32 * MIB), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(32 * MIB, 2 * MIB, &zeroed);
  hosted_fill(gpa, 32 * MIB, 1);
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
  assert_true(hosted_is_filled(gpa, 32 * MIB, 0));
}

static void the_reserve_is_kept(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(32 * MIB), 0);
  bool zeroed;
  uint64_t len_bytes = 20 * MIB + 100 * KIB;
  physical_free(physical_allocate(len_bytes, FRAME_BYTES, &zeroed), len_bytes);
  physical_give_back(false);
  assert_in_range(physical_usage().free_used_bytes, 8 * MIB, 8 * MIB + LARGE_FRAME_BYTES - 1);
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
  assert_int_not_equal(hosted_memory.discards, 0);
  assert_false(hosted_memory.discarded_part);
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
  hosted_fill(gpa, 32 * MIB, 1);
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
    hosted_fill(gpa[i], 60 * KIB, 1);
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
    assert_true(hosted_is_filled(gpa[i], 60 * KIB, 1));
}

static void a_host_that_keeps_memory_does_not_make_it_clean(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, 64 * MIB, 64 * MIB);
  assert_int_equal(physical_commit(4 * MIB), 0);
  bool zeroed;
  uint64_t gpa = physical_allocate(4 * MIB, 2 * MIB, &zeroed);
  hosted_fill(gpa, 4 * MIB, 1);
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
      assert_true(!zeroed || hosted_is_filled(gpa[i], FRAME_BYTES, 0));
      hosted_fill(gpa[i], FRAME_BYTES, gpa[i]);
    }
    for (size_t i = 0; i < frames; i += 2)
      physical_free(gpa[i], FRAME_BYTES);
    physical_give_back(true);
    for (size_t i = 1; i < frames; i += 2)
    {
      assert_true(hosted_is_filled(gpa[i], FRAME_BYTES, gpa[i]));
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

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(bootstrap_memory_runs_out),
      TEST(nothing_is_touched_before_it_is_needed),
      TEST(what_is_promised_is_attached),
      TEST(no_more_is_promised_than_there_is),
      TEST(a_monitor_without_memory_is_out_of_memory),
      TEST(small_from_the_low_end_large_from_the_high_end),
      TEST(used_memory_goes_out_first),
      TEST(memory_goes_around_the_hole),
      TEST(much_memory_has_huge_frames),
      TEST(memory_goes_back_clean),
      TEST(the_reserve_is_kept),
      TEST(large_pages_of_the_host_stay_whole),
      TEST(what_is_on_its_way_to_the_host_is_not_missed),
      TEST(small_pieces_go_back_only_when_all_do),
      TEST(a_host_that_keeps_memory_does_not_make_it_clean),
      TEST(used_frames_cannot_be_freed_twice),
      TEST(clean_frames_cannot_be_freed),
      TEST(every_frame_on_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

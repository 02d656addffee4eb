/* Tests of uhyve/guest_layout.c: where things lie. Plans alone: no memory is behind them. */
#include "uhyve/guest_layout.h"

#include <errno.h>

#include "hypercalls/start_info.h"
#include "test_image.h"
#include "unit_test.h"

#define PAGE        UINT64_C(4096)
#define START_BYTES 5000u /* of the start information, for the tests */
#define LARGE       (2 * MIB)

static struct guest_memory memory_of(uint64_t bytes)
{
  uint64_t low_bytes = bytes < UHYVE_GPA_HOLE_BEGIN ? bytes : UHYVE_GPA_HOLE_BEGIN;
  return (struct guest_memory){.slots = {{.gpa = 0, .len_bytes = low_bytes},
                                         {.gpa = bytes > low_bytes ? UHYVE_GPA_HOLE_END : 0,
                                          .len_bytes = bytes - low_bytes}}};
}

/* Areas follow each other, aligned, and end with RAM. */
static void check_plan(const struct guest_layout *layout, const struct guest_memory *memory)
{
  assert_int_equal(layout->image_gpa, UHYVE_IMAGE_BASE);
  assert_true(layout->boot_gpa >= layout->image_gpa + layout->image_bytes);
  assert_true(layout->tables_gpa >= layout->boot_gpa + layout->boot_bytes);
  assert_true(layout->stack_gpa >= layout->tables_gpa + layout->tables_bytes);
  assert_true(layout->memory_gpa >= layout->stack_gpa + layout->stack_bytes);
  assert_true(layout->memory_gpa <= memory->slots[0].len_bytes);
  assert_int_equal(layout->boot_gpa % PAGE, 0);
  assert_int_equal(layout->tables_gpa % LARGE, 0);
  assert_int_equal(layout->tables_bytes % LARGE, 0);
  assert_int_equal(layout->stack_gpa % LARGE, 0);
  assert_int_equal(layout->stack_gva % LARGE, 0);
  assert_int_equal(layout->stack_bytes % LARGE, 0);
  assert_int_equal(layout->stack_gva + layout->stack_bytes, UHYVE_STACK_TOP);
  assert_true(layout->stack_bytes > 0);
  assert_true(layout->boot_bytes <=
              layout->stack_gva - layout->stack_guard_bytes - UHYVE_KERNEL_BASE);
  assert_true(layout->memory_bytes > 0);
}

static void refuses_too_little_memory(void **state)
{
  (void) state;
  const uint64_t image_sizes[] = {0, 5 * MIB, 100 * MIB, GIB};
  for (size_t i = 0; i < COUNT_OF(image_sizes); i++)
  {
    struct elf_image image = test_image(TEST_IMAGE_PLAIN, i % 2 == 1);
    image.high_vaddr += image_sizes[i];
    unsigned int fitting = 0;
    for (uint64_t bytes = LARGE; bytes <= 64 * MIB + image_sizes[i]; bytes += LARGE)
    {
      struct guest_memory memory = memory_of(bytes);
      struct guest_layout layout;
      int error = guest_layout_plan(&layout, &image, &memory,
                                    &(struct guest_layout_request){.cpu_count = 64,
                                                                   .start_block_bytes = START_BYTES,
                                                                   .randomize = true});
      if (error == 0)
      {
        fitting++;
        check_plan(&layout, &memory);
        continue;
      }
      assert_int_equal(error, -ENOMEM);
      /* Once it fits, more memory does no harm. */
      assert_int_equal(fitting, 0);
      /* It is refused only where less than 8 MiB were left, besides rounding. */
      assert_true(bytes < image_sizes[i] + 20 * MIB);
    }
    assert_true(fitting > 0);
  }
}

static void a_small_guest_fits_16_mib(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  struct guest_memory memory = memory_of(16 * MIB);
  struct guest_layout layout;
  assert_int_equal(
      guest_layout_plan(&layout, &image, &memory,
                        &(struct guest_layout_request){
                            .cpu_count = 64, .start_block_bytes = START_BYTES, .randomize = false}),
      0);
  check_plan(&layout, &memory);
  assert_true(layout.memory_bytes >= 4 * MIB);
}

static void refuses_a_heap_that_reaches_the_images(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, true);
  unsigned int refused = 0;
  for (uint64_t bytes = 700 * GIB; bytes <= 1100 * GIB; bytes += GIB)
  {
    struct guest_memory memory = memory_of(bytes);
    struct guest_layout layout;
    int error = guest_layout_plan(&layout, &image, &memory,
                                  &(struct guest_layout_request){.cpu_count = 1,
                                                                 .start_block_bytes = START_BYTES,
                                                                 .randomize = false});
    if (error == 0)
      assert_true(UHYVE_HEAP_BASE + layout.memory_bytes <= UHYVE_PIE_BASE);
    else
      assert_int_equal(error, -E2BIG);
    refused += error != 0;
  }
  assert_true(refused > 0 && refused < 401);
}

static void random_places_are_in_range(void **state)
{
  (void) state;
  const uint64_t aligns[] = {PAGE, LARGE, GIB};
  struct guest_memory memory = memory_of(4 * GIB);
  for (size_t i = 0; i < COUNT_OF(aligns); i++)
  {
    struct elf_image image = test_image(TEST_IMAGE_PLAIN, true);
    image.align = aligns[i];
    uint64_t all_bits = 0;
    uint64_t common_bits = UINT64_MAX;
    for (unsigned int round = 0; round < 200; round++)
    {
      struct guest_layout layout;
      assert_int_equal(
          guest_layout_plan(&layout, &image, &memory,
                            &(struct guest_layout_request){.cpu_count = 1,
                                                           .start_block_bytes = START_BYTES,
                                                           .randomize = true}),
          0);
      assert_int_equal(layout.image_gva % aligns[i], 0);
      assert_true(layout.image_gva >= UHYVE_PIE_BASE);
      assert_true(layout.image_gva + layout.image_bytes <= UHYVE_PIE_END);
      assert_int_equal(layout.load_bias, layout.image_gva - image.low_vaddr);
      all_bits |= layout.image_gva;
      common_bits &= layout.image_gva;
    }
    /* Every bit from the alignment to 1 TiB takes both values. */
    assert_int_equal((all_bits & ~common_bits) & ((UINT64_C(1) << 40) - 1),
                     ((UINT64_C(1) << 40) - 1) & ~(aligns[i] - 1));
  }
}

static int plan_with(struct guest_layout *layout, uint64_t memory_bytes, uint64_t initrd_bytes,
                     uint64_t stack_bytes)
{
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  struct guest_memory memory = memory_of(memory_bytes);
  const struct guest_layout_request request = {.cpu_count = 1,
                                               .start_block_bytes = START_BYTES,
                                               .initrd_bytes = initrd_bytes,
                                               .stack_bytes = stack_bytes};
  int error = guest_layout_plan(layout, &image, &memory, &request);
  if (error != 0)
    return error;
  uint64_t before_stack = layout->tables_gpa + layout->tables_bytes;
  if (initrd_bytes > 0)
  {
    assert_int_equal(layout->initrd_gpa, before_stack);
    before_stack += initrd_bytes;
  }
  assert_int_equal(layout->initrd_bytes, initrd_bytes);
  assert_true(layout->stack_gpa >= before_stack);
  assert_int_equal(layout->stack_gpa + layout->stack_bytes, layout->memory_gpa);
  assert_int_equal(layout->stack_gva + layout->stack_bytes, UHYVE_STACK_TOP);
  assert_int_equal(layout->stack_gva % LARGE, layout->stack_gpa % LARGE);
  assert_int_equal(layout->stack_bytes % PAGE, 0);
  assert_int_equal(layout->memory_gpa % LARGE, 0);
  assert_true(layout->boot_bytes <=
              layout->stack_gva - layout->stack_guard_bytes - UHYVE_KERNEL_BASE);
  assert_int_equal(layout->memory_gpa + layout->memory_bytes, memory_bytes);
  assert_true(layout->memory_bytes > 0);
  return 0;
}

static void stacks_have_the_size_that_is_asked_for(void **state)
{
  (void) state;
  static const uint64_t sizes[][2] = {
      {1, 64 * KIB},  {64 * KIB, 64 * KIB},      {64 * KIB + 1, 68 * KIB}, {MIB, MIB},
      {LARGE, LARGE}, {LARGE + 1, LARGE + PAGE}, {100 * MIB, 100 * MIB},   {512 * MIB, 512 * MIB},
  };
  struct guest_layout layout;
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
  {
    assert_int_equal(plan_with(&layout, GIB, 0, sizes[i][0]), 0);
    assert_int_equal(layout.stack_bytes, sizes[i][1]);
  }
  assert_int_equal(plan_with(&layout, GIB, 0, 0), 0);
  assert_int_equal(layout.stack_bytes, 8 * MIB);
  /* No limit: a part of the memory. */
  assert_int_equal(plan_with(&layout, GIB, 0, UINT64_MAX), 0);
  assert_true(layout.stack_bytes > 100 * MIB && layout.stack_bytes <= 256 * MIB);
  assert_int_equal(plan_with(&layout, 3 * GIB, 0, UINT64_MAX), 0);
  assert_int_equal(layout.stack_bytes, 512 * MIB);
  assert_int_equal(plan_with(&layout, 64 * MIB, 0, 64 * MIB), -ENOMEM);
  assert_int_equal(plan_with(&layout, 64 * MIB, 0, 40 * MIB), 0);
}

static void an_initrd_has_its_place(void **state)
{
  (void) state;
  static const uint64_t sizes[] = {1, PAGE, LARGE - 1, LARGE, LARGE + 1, 500 * MIB};
  struct guest_layout layout;
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
    assert_int_equal(plan_with(&layout, GIB, sizes[i], 0), 0);
  assert_int_equal(plan_with(&layout, 64 * MIB, 60 * MIB, 0), -ENOMEM);
  assert_int_equal(plan_with(&layout, 64 * MIB, GIB, 0), -ENOMEM);
  assert_int_equal(plan_with(&layout, 64 * MIB, UINT64_MAX, 0), -E2BIG);
  assert_int_equal(plan_with(&layout, 64 * MIB, UINT64_MAX - LARGE, 0), -E2BIG);
}

static void fixed_images_stay_where_they_are(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  struct guest_memory memory = memory_of(GIB);
  struct guest_layout layout;
  assert_int_equal(
      guest_layout_plan(&layout, &image, &memory,
                        &(struct guest_layout_request){
                            .cpu_count = 1, .start_block_bytes = START_BYTES, .randomize = true}),
      0);
  assert_int_equal(layout.image_gva, image.low_vaddr);
  assert_int_equal(layout.load_bias, 0);
}

/* Tables that a range takes below the root when all of it is mapped in 4 KiB pages. */
static uint64_t tables_for(uint64_t gva, uint64_t len_bytes, unsigned int lowest_shift)
{
  uint64_t count = 0;
  for (unsigned int shift = lowest_shift + 9; shift <= 39 && len_bytes > 0; shift += 9)
    count += ((gva + len_bytes - 1) >> shift) - (gva >> shift) + 1;
  return count;
}

/* Ring 3 may split and remap every page but those of the tables: the pool still is enough. */
static void the_pool_is_enough_for_small_pages(void **state)
{
  (void) state;
  for (uint64_t bytes = 16 * MIB; bytes < 700 * GIB; bytes += bytes < GIB ? 34 * MIB : 898 * MIB)
  {
    struct elf_image image = test_image(TEST_IMAGE_MANY, true);
    struct guest_memory memory = memory_of(bytes);
    struct guest_layout layout;
    assert_int_equal(guest_layout_plan(
                         &layout, &image, &memory,
                         &(struct guest_layout_request){
                             .cpu_count = 64, .start_block_bytes = START_BYTES, .randomize = true}),
                     0);
    uint64_t after_pool = UHYVE_WINDOW_BASE + layout.stack_gpa;
    uint64_t needed =
        1 + tables_for(UHYVE_WINDOW_BASE, layout.tables_gpa, 12) +
        tables_for(UHYVE_WINDOW_BASE + layout.tables_gpa, layout.tables_bytes, 21) +
        tables_for(after_pool, memory.slots[0].len_bytes - layout.stack_gpa, 12) +
        tables_for(UHYVE_WINDOW_BASE + UHYVE_GPA_HOLE_END, memory.slots[1].len_bytes, 12) +
        tables_for(UHYVE_HEAP_BASE, layout.memory_bytes, 12) +
        tables_for(layout.stack_gva, layout.stack_bytes, 12) +
        tables_for(layout.image_gva, layout.image_bytes, 12) +
        tables_for(UHYVE_KERNEL_BASE, layout.boot_bytes, 12) +
        tables_for(UHYVE_TABLES_BASE, layout.tables_bytes, 21);
    if (needed * PAGE > layout.tables_bytes)
      fail_msg("%llu MiB of memory: %llu tables, room for %llu", (unsigned long long) (bytes / MIB),
               (unsigned long long) needed, (unsigned long long) (layout.tables_bytes / PAGE));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses_too_little_memory),
      cmocka_unit_test(a_small_guest_fits_16_mib),
      cmocka_unit_test(refuses_a_heap_that_reaches_the_images),
      cmocka_unit_test(random_places_are_in_range),
      cmocka_unit_test(fixed_images_stay_where_they_are),
      cmocka_unit_test(stacks_have_the_size_that_is_asked_for),
      cmocka_unit_test(an_initrd_has_its_place),
      cmocka_unit_test(the_pool_is_enough_for_small_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of uhyve/guest_memory.c: the hole below 4 GiB, bounds, and who may touch what. */
#include "uhyve/guest_memory.h"

#include <errno.h>
#include <string.h>

#include "unit_test.h"

#define HOLE_BEGIN (3 * GIB)
#define HOLE_END   (4 * GIB)

/* All of it is the guest's. */
static void reserve_attached(struct guest_memory *memory, uint64_t size_bytes)
{
  assert_int_equal(guest_memory_reserve(memory, size_bytes), 0);
  memory->attached_bytes = size_bytes;
  memory->mapped_bytes = size_bytes;
}

static const uint64_t sizes[] = {2 * MIB, 16 * MIB,          3 * GIB - 2 * MIB,
                                 3 * GIB, 3 * GIB + 2 * MIB, 20 * GIB};

static void reserves_ram_around_the_hole(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
  {
    struct guest_memory memory;
    assert_int_equal(guest_memory_reserve(&memory, sizes[i]), 0);
    const struct guest_slot *low = &memory.slots[0];
    const struct guest_slot *high = &memory.slots[1];
    assert_int_equal(low->gpa, 0);
    assert_int_equal(low->len_bytes, sizes[i] < HOLE_BEGIN ? sizes[i] : HOLE_BEGIN);
    assert_int_equal(low->len_bytes + high->len_bytes, sizes[i]);
    assert_int_equal((uintptr_t) low->hva % (2 * MIB), 0);
    assert_int_equal(memory.protected_count, 0);
    if (high->len_bytes > 0)
    {
      assert_int_equal(high->gpa, HOLE_END);
      assert_int_equal((uintptr_t) high->hva % (2 * MIB), 0);
      assert_true(high->hva >= low->hva + low->len_bytes ||
                  low->hva >= high->hva + high->len_bytes);
      high->hva[high->len_bytes - 1] = 1;
    }
    assert_int_equal(low->hva[0], 0);
    low->hva[low->len_bytes - 1] = 1;
    guest_memory_release(&memory);
    assert_null(guest_memory_hva(&memory, 0, 1));
    guest_memory_release(&memory);
  }
}

static void refuses_sizes_beyond_the_host(void **state)
{
  (void) state;
  const uint64_t wild[] = {UINT64_MAX & ~(2 * MIB - 1), UINT64_MAX, UINT64_C(1) << 62};
  for (size_t i = 0; i < COUNT_OF(wild); i++)
  {
    struct guest_memory memory;
    assert_int_equal(guest_memory_reserve(&memory, wild[i]), -ENOMEM);
    guest_memory_release(&memory);
  }
}

/* RAM is counted without the hole. */
static void counts_ram_without_the_hole(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(sizes); i++)
  {
    struct guest_memory memory;
    reserve_attached(&memory, sizes[i]);
    assert_int_equal(guest_memory_size(&memory), sizes[i]);
    for (uint64_t at = 0; at < sizes[i]; at += sizes[i] / 8)
    {
      assert_int_equal(guest_memory_gpa(&memory, at), at < HOLE_BEGIN ? at : at + GIB);
      uint64_t all = guest_memory_piece(&memory, at, sizes[i]);
      assert_int_equal(all,
                       at < HOLE_BEGIN && sizes[i] > HOLE_BEGIN ? HOLE_BEGIN - at : sizes[i] - at);
      assert_int_equal(guest_memory_piece(&memory, at, at + 1), 1);
      assert_non_null(guest_memory_hva(&memory, guest_memory_gpa(&memory, at), all));
    }
    guest_memory_release(&memory);
  }
}

struct bounds_case
{
  uint64_t gpa;
  uint64_t len_bytes;
  int slot; /* -1: not RAM */
};

/* RAM of 3 GiB + 2 MiB. */
static const struct bounds_case bounds_cases[] = {
    {0, 1, 0},
    {0, HOLE_BEGIN, 0},
    {0, HOLE_BEGIN + 1, -1},
    {1, HOLE_BEGIN, -1},
    {HOLE_BEGIN - 1, 1, 0},
    {HOLE_BEGIN - 1, 2, -1},
    {HOLE_BEGIN, 1, -1},
    {HOLE_BEGIN - 1, HOLE_END - HOLE_BEGIN + 2, -1}, /* from one slot into the other */
    {0, HOLE_END + 2 * MIB, -1},
    {HOLE_END - 1, 1, -1},
    {HOLE_END - 1, 2, -1},
    {HOLE_END, 1, 1},
    {HOLE_END, 2 * MIB, 1},
    {HOLE_END, 2 * MIB + 1, -1},
    {HOLE_END + 1, 2 * MIB, -1},
    {HOLE_END + 2 * MIB - 1, 1, 1},
    {HOLE_END + 2 * MIB, 1, -1},
    {UINT64_MAX, 1, -1},
    {UINT64_MAX, 2, -1}, /* the sum wraps */
    {UINT64_MAX, UINT64_MAX, -1},
    {1, UINT64_MAX, -1},
    {0, UINT64_MAX, -1},
    {HOLE_END, UINT64_MAX, -1},
    {HOLE_END, UINT64_MAX - HOLE_END + 1, -1},
    {HOLE_END + 4096, UINT64_MAX - 4095, -1},
    {HOLE_END + 4096, (uint64_t) -HOLE_END, -1},
    {UINT64_C(1) << 63, UINT64_C(1) << 63, -1},
    {0, 0, 0},
    {HOLE_BEGIN - 1, 0, 0},
    {HOLE_END, 0, 1},
    {HOLE_BEGIN + 1, 0, -1},
    {HOLE_END + 2 * MIB + 1, 0, -1},
    {UINT64_MAX, 0, -1},
};

static void checks_bounds(void **state)
{
  (void) state;
  struct guest_memory memory;
  reserve_attached(&memory, 3 * GIB + 2 * MIB);
  for (size_t i = 0; i < COUNT_OF(bounds_cases); i++)
  {
    const struct bounds_case *expected = &bounds_cases[i];
    const void *hva = NULL;
    if (expected->slot >= 0)
    {
      const struct guest_slot *slot = &memory.slots[expected->slot];
      hva = slot->hva + (expected->gpa - slot->gpa);
    }
    assert_ptr_equal(guest_memory_hva(&memory, expected->gpa, expected->len_bytes), hva);
    for (unsigned int access = GUEST_READ; access <= GUEST_READ_WRITE; access++)
      assert_ptr_equal(guest_memory_access(&memory, expected->gpa, expected->len_bytes,
                                           (enum guest_access) access),
                       hva);
  }
  guest_memory_release(&memory);
}

static void nothing_is_there_without_memory(void **state)
{
  (void) state;
  struct guest_memory memory = {0};
  assert_null(guest_memory_hva(&memory, 0, 1));
  assert_null(guest_memory_access(&memory, 0, 1, GUEST_READ));
  assert_null(guest_memory_access(&memory, UINT64_MAX, UINT64_MAX, GUEST_WRITE));
}

static bool may(const struct guest_memory *memory, uint64_t gpa, uint64_t len_bytes,
                enum guest_access access)
{
  void *hva = guest_memory_access(memory, gpa, len_bytes, access);
  if (hva != NULL)
    assert_ptr_equal(hva, guest_memory_hva(memory, gpa, len_bytes));
  return hva != NULL;
}

static void protects_ranges_exactly(void **state)
{
  (void) state;
  struct guest_memory memory;
  reserve_attached(&memory, 16 * MIB);
  assert_int_equal(guest_memory_protect(&memory, 0x1000, 0x1000, GUEST_READ), 0);
  assert_int_equal(guest_memory_protect(&memory, 0x2000, 0x1000, GUEST_NONE), 0);
  assert_int_equal(guest_memory_protect(&memory, 16 * MIB - 0x1000, 0x1000, GUEST_WRITE), 0);

  /* before, and over the edge */
  assert_true(may(&memory, 0, 0x1000, GUEST_READ_WRITE));
  assert_true(may(&memory, 0, 0x1001, GUEST_READ));
  assert_false(may(&memory, 0, 0x1001, GUEST_WRITE));
  assert_false(may(&memory, 0xfff, 2, GUEST_READ_WRITE));
  /* read only */
  assert_true(may(&memory, 0x1000, 0x1000, GUEST_READ));
  assert_false(may(&memory, 0x1800, 1, GUEST_WRITE));
  assert_false(may(&memory, 0x1fff, 1, GUEST_READ_WRITE));
  /* into the range that allows nothing */
  assert_false(may(&memory, 0x1000, 0x1001, GUEST_READ));
  assert_false(may(&memory, 0x2000, 1, GUEST_READ));
  assert_false(may(&memory, 0x2fff, 1, GUEST_WRITE));
  assert_false(may(&memory, 0x2fff, 2, GUEST_READ));
  assert_true(may(&memory, 0x3000, 1, GUEST_READ_WRITE));
  /* all around them */
  assert_false(may(&memory, 0, 16 * MIB, GUEST_READ));
  assert_false(may(&memory, 0, 0x4000, GUEST_WRITE));
  /* write only, up to the end of memory */
  assert_true(may(&memory, 16 * MIB - 1, 1, GUEST_WRITE));
  assert_false(may(&memory, 16 * MIB - 1, 1, GUEST_READ));
  assert_false(may(&memory, 16 * MIB - 0x1001, 2, GUEST_READ_WRITE));
  assert_false(may(&memory, 16 * MIB - 1, 2, GUEST_WRITE));
  guest_memory_release(&memory);
}

static void reports_a_full_table(void **state)
{
  (void) state;
  struct guest_memory memory;
  reserve_attached(&memory, 2 * MIB);
  for (uint64_t i = 0; i < GUEST_PROTECTED_RANGES; i++)
    assert_int_equal(guest_memory_protect(&memory, i * 0x2000, 0x1000, GUEST_READ), 0);
  assert_int_equal(guest_memory_protect(&memory, 0x1f0000, 0x1000, GUEST_READ), -ENOSPC);
  for (uint64_t i = 0; i < GUEST_PROTECTED_RANGES; i++)
  {
    assert_false(may(&memory, i * 0x2000 + 0xfff, 1, GUEST_WRITE));
    assert_true(may(&memory, i * 0x2000 + 0x1000, 0x1000, GUEST_WRITE));
  }
  guest_memory_release(&memory);
}

/* A byte of the model stands for this many of the guest, so that ranges in both slots are near to
 * each other: the model's RAM is 64 bytes, a hole of 16, and 64 bytes. */
#define MODEL_SLOT  UINT64_C(64)
#define MODEL_HOLE  UINT64_C(16)
#define MODEL_BYTES (2 * MODEL_SLOT + MODEL_HOLE + 8)

struct model
{
  uint8_t allowed[MODEL_BYTES];
  bool ram[MODEL_BYTES];
};

static bool model_may(const struct model *model, uint64_t from, uint64_t len, unsigned int access)
{
  for (uint64_t i = 0; i < len; i++)
    if (from + i >= MODEL_BYTES || !model->ram[from + i] ||
        (model->allowed[from + i] & access) != access)
      return false;
  return true;
}

/* Ranges do not overlap; adjacent ones are as likely as any. */
static void protect_at_random(struct model *model, struct guest_memory *memory, uint64_t *seed)
{
  uint64_t from = random_next(seed) % 8;
  while (from < MODEL_BYTES && memory->protected_count < GUEST_PROTECTED_RANGES)
  {
    uint64_t len = 1 + random_next(seed) % 12;
    unsigned int allowed = (unsigned int) (random_next(seed) % 4);
    if (from + len <= MODEL_BYTES && model_may(model, from, len, GUEST_NONE))
    {
      assert_int_equal(guest_memory_protect(memory, from, len, (enum guest_access) allowed), 0);
      memset(model->allowed + from, (int) allowed, len);
    }
    from += len + (random_next(seed) % 2) * (random_next(seed) % 20);
  }
}

static void agrees_with_a_model_of_bytes(void **state)
{
  (void) state;
  uint64_t seed = 1;
  static uint8_t ram[2 * MODEL_SLOT];
  for (unsigned int round = 0; round < 200; round++)
  {
    struct guest_memory memory = {
        .slots = {
            {.gpa = 0, .len_bytes = MODEL_SLOT, .hva = ram},
            {.gpa = MODEL_SLOT + MODEL_HOLE, .len_bytes = MODEL_SLOT, .hva = ram + MODEL_SLOT}}};
    memory.mapped_bytes = UINT64_MAX; /* the hole is not where it really is */
    struct model model;
    memset(model.allowed, GUEST_READ_WRITE, sizeof(model.allowed));
    for (uint64_t i = 0; i < MODEL_BYTES; i++)
      model.ram[i] =
          i < MODEL_SLOT || (i >= MODEL_SLOT + MODEL_HOLE && i < 2 * MODEL_SLOT + MODEL_HOLE);
    protect_at_random(&model, &memory, &seed);
    for (unsigned int question = 0; question < 2000; question++)
    {
      uint64_t from = random_next(&seed) % MODEL_BYTES;
      uint64_t len = 1 + random_next(&seed) % (question % 2 == 0 ? 8 : MODEL_BYTES);
      unsigned int access = 1 + (unsigned int) (random_next(&seed) % 3);
      assert_int_equal(may(&memory, from, len, (enum guest_access) access),
                       model_may(&model, from, len, access));
    }
  }
}

/* Numbers of all sizes on a real reservation: what is handed out lies in the mapping. */
static void takes_any_numbers(void **state)
{
  (void) state;
  uint64_t seed = 2;
  unsigned int inside = 0;
  const uint64_t hole_begin = HOLE_BEGIN;
  const uint64_t ram_end = HOLE_END + 17 * GIB;
  struct guest_memory memory;
  reserve_attached(&memory, 20 * GIB);
  for (unsigned int i = 0; i < 200000; i++)
  {
    uint64_t gpa = random_magnitude(&seed);
    uint64_t len_bytes = random_magnitude(&seed);
    const uint8_t *hva = guest_memory_access(&memory, gpa, len_bytes, GUEST_READ_WRITE);
    unsigned __int128 end = (unsigned __int128) gpa + len_bytes;
    bool is_ram = end <= hole_begin || (gpa >= HOLE_END && end <= ram_end);
    assert_int_equal(hva != NULL, is_ram);
    if (hva == NULL)
      continue;
    inside++;
    assert_true(hva >= memory.mapping);
    assert_true(len_bytes <= memory.mapping_bytes);
    assert_true((size_t) (hva - memory.mapping) <= memory.mapping_bytes - len_bytes);
  }
  assert_true(inside > 10000);
  guest_memory_release(&memory);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reserves_ram_around_the_hole),
      cmocka_unit_test(refuses_sizes_beyond_the_host),
      cmocka_unit_test(counts_ram_without_the_hole),
      cmocka_unit_test(checks_bounds),
      cmocka_unit_test(nothing_is_there_without_memory),
      cmocka_unit_test(protects_ranges_exactly),
      cmocka_unit_test(reports_a_full_table),
      cmocka_unit_test(agrees_with_a_model_of_bytes),
      cmocka_unit_test(takes_any_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

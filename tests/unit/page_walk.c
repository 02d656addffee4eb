/* Reads page tables as the processor does (Intel SDM vol. 3A, 4.5, June 2023). */
#include "page_walk.h"

#include <stdlib.h>
#include <string.h>

#include "unit_test.h"

#define BIT(number) (UINT64_C(1) << (number))
#define PRESENT     BIT(0)
#define WRITABLE    BIT(1)
#define USER        BIT(2)
#define UNCACHED    BIT(4)
#define ACCESSED    BIT(5)
#define DIRTY       BIT(6)
#define PAGE_SIZE   BIT(7)
#define NO_EXECUTE  BIT(63)
#define ADDRESS     UINT64_C(0x000ffffffffff000)
/* Ours sets nothing else: no global pages, RAM cached by the MTRRs alone, no protection keys. */
#define KNOWN_BITS \
  (PRESENT | WRITABLE | USER | UNCACHED | ACCESSED | DIRTY | PAGE_SIZE | NO_EXECUTE | ADDRESS)

#define TABLE_BYTES   4096u
#define ROOT_SHIFT    39u
#define PAGE_SHIFT    12u
#define SHIFT_A_LEVEL 9u
#define LARGEST_SHIFT 30u

static uint64_t read_entry(const struct page_pool *pool, uint64_t table_gpa, unsigned int index)
{
  assert_int_equal(table_gpa % TABLE_BYTES, 0);
  assert_true(table_gpa >= pool->gpa && table_gpa - pool->gpa < pool->bytes);
  uint64_t entry;
  memcpy(&entry, pool->hva + (table_gpa - pool->gpa) + index * sizeof(entry), sizeof(entry));
  if ((entry & PRESENT) != 0)
    assert_int_equal(entry & ~KNOWN_BITS, 0);
  return entry;
}

static bool is_leaf(uint64_t entry, unsigned int shift)
{
  if (shift > LARGEST_SHIFT)
    assert_int_equal(entry & PAGE_SIZE, 0);
  return shift == PAGE_SHIFT || (entry & PAGE_SIZE) != 0;
}

/* rights: the common bits of the levels above. */
static struct page_leaf make_leaf(uint64_t gva, uint64_t entry, unsigned int shift, uint64_t rights)
{
  uint64_t len_bytes = BIT(shift);
  uint64_t allowed = entry & rights;
  assert_int_equal((entry & ADDRESS) % len_bytes, 0);
  return (struct page_leaf){
      .gva = gva & ~(len_bytes - 1),
      .gpa = entry & ADDRESS,
      .len_bytes = len_bytes,
      .writable = (allowed & WRITABLE) != 0,
      .user = (allowed & USER) != 0,
      .executable = ((entry | ~rights) & NO_EXECUTE) == 0,
      .accessed = (entry & ACCESSED) != 0,
      .dirty = (entry & DIRTY) != 0,
      .uncached = (entry & UNCACHED) != 0,
  };
}

/* NO_EXECUTE in rights means that no level above forbids to execute. */
#define ALL_RIGHTS (WRITABLE | USER | NO_EXECUTE)

static uint64_t reduce(uint64_t rights, uint64_t entry)
{
  return rights & ((entry & (WRITABLE | USER)) | (~entry & NO_EXECUTE));
}

bool page_walk_find(const struct page_pool *pool, uint64_t gva, struct page_leaf *leaf)
{
  assert_int_equal(gva >> (ROOT_SHIFT + SHIFT_A_LEVEL - 1), 0);
  uint64_t table_gpa = pool->gpa;
  uint64_t rights = ALL_RIGHTS;
  for (unsigned int shift = ROOT_SHIFT;; shift -= SHIFT_A_LEVEL)
  {
    uint64_t entry = read_entry(pool, table_gpa, (unsigned int) (gva >> shift) & 511);
    if ((entry & PRESENT) == 0)
      return false;
    if (is_leaf(entry, shift))
    {
      *leaf = make_leaf(gva, entry, shift, rights);
      return true;
    }
    rights = reduce(rights, entry);
    table_gpa = entry & ADDRESS;
  }
}

uint64_t page_walk_gpa(const struct page_pool *pool, uint64_t gva)
{
  struct page_leaf leaf = {0};
  if (!page_walk_find(pool, gva, &leaf))
    fail_msg("0x%llx is not mapped", (unsigned long long) gva);
  return leaf.gpa + (gva - leaf.gva);
}

static void add_leaf(struct page_leaves *leaves, const struct page_leaf *leaf)
{
  if (leaves->count == leaves->room)
  {
    leaves->room = leaves->room == 0 ? 1024 : 2 * leaves->room;
    struct page_leaf *more = realloc(leaves->leaf, leaves->room * sizeof(leaves->leaf[0]));
    assert_non_null(more);
    leaves->leaf = more;
  }
  leaves->leaf[leaves->count++] = *leaf;
}

/* One table being read, at each level. */
struct level
{
  uint64_t table_gpa;
  uint64_t rights;
  uint64_t gva;
  unsigned int index;
};

void page_walk_all(const struct page_pool *pool, struct page_leaves *leaves)
{
  struct level levels[4] = {{.table_gpa = pool->gpa, .rights = ALL_RIGHTS}};
  unsigned int depth = 0;
  *leaves = (struct page_leaves){0};
  for (;;)
  {
    struct level *level = &levels[depth];
    if (level->index == 512)
    {
      if (depth == 0)
        return;
      depth--;
      continue;
    }
    unsigned int shift = ROOT_SHIFT - depth * SHIFT_A_LEVEL;
    unsigned int index = level->index++;
    uint64_t entry = read_entry(pool, level->table_gpa, index);
    uint64_t gva = level->gva | (uint64_t) index << shift;
    if ((entry & PRESENT) == 0)
      continue;
    if (is_leaf(entry, shift))
    {
      struct page_leaf leaf = make_leaf(gva, entry, shift, level->rights);
      add_leaf(leaves, &leaf);
      continue;
    }
    levels[++depth] = (struct level){
        .table_gpa = entry & ADDRESS, .rights = reduce(level->rights, entry), .gva = gva};
  }
}

void page_leaves_free(struct page_leaves *leaves)
{
  free(leaves->leaf);
  *leaves = (struct page_leaves){0};
}

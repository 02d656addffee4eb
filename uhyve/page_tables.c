/* Builds x86-64 page tables in guest memory. */
#include "page_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest_memory.h"

/* Rights are decided in the last level; the levels above allow everything. */
#define TABLE_RIGHTS (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED)

/* Where a table lies that serves the addresses of one prefix. */
struct page_table_place
{
  unsigned int shift;    /* an entry of the table covers 1 << shift bytes */
  uint64_t prefix;       /* the address bits above the table */
  uint64_t offset_bytes; /* in the pool */
};

#define ROOT_SHIFT          39
#define FIRST_PLACES        64
#define LEVEL_OF_SHIFT(bit) (((bit) -12) / 9)

static uint64_t prefix_of(uint64_t gva, unsigned int shift)
{
  return gva >> shift >> 9;
}

static bool place_serves(const struct page_table_place *place, uint64_t gva, unsigned int shift)
{
  return place->shift == shift && place->prefix == prefix_of(gva, shift);
}

static struct page_table_place *find_place(struct page_tables *tables, uint64_t gva,
                                           unsigned int shift)
{
  size_t *recent = &tables->recent[LEVEL_OF_SHIFT(shift)];
  if (*recent < tables->place_count && place_serves(&tables->places[*recent], gva, shift))
    return &tables->places[*recent];
  for (size_t i = 0; i < tables->place_count; i++)
  {
    if (place_serves(&tables->places[i], gva, shift))
    {
      *recent = i;
      return &tables->places[i];
    }
  }
  return NULL;
}

static int take_table(struct page_tables *tables, uint64_t gva, unsigned int shift)
{
  if (tables->used_bytes + GUEST_PAGE_BYTES > tables->pool_bytes)
    return -ENOSPC;
  if (tables->place_count == tables->place_capacity)
  {
    size_t capacity = tables->place_capacity > 0 ? 2 * tables->place_capacity : FIRST_PLACES;
    struct page_table_place *places = realloc(tables->places, capacity * sizeof(tables->places[0]));
    if (places == NULL)
      return -ENOMEM;
    tables->places = places;
    tables->place_capacity = capacity;
  }
  tables->recent[LEVEL_OF_SHIFT(shift)] = tables->place_count;
  tables->places[tables->place_count++] = (struct page_table_place){
      .shift = shift, .prefix = prefix_of(gva, shift), .offset_bytes = tables->used_bytes};
  tables->used_bytes += GUEST_PAGE_BYTES;
  return 0;
}

/* What a small program's tables take: here in one go, else by as many page faults. */
#define FIRST_TABLES_BYTES (11 * GUEST_PAGE_BYTES)

int page_tables_init(struct page_tables *tables)
{
  if (tables->pool_bytes >= FIRST_TABLES_BYTES)
    madvise(tables->pool_hva, FIRST_TABLES_BYTES, MADV_POPULATE_WRITE);
  return take_table(tables, 0, ROOT_SHIFT);
}

void page_tables_free(struct page_tables *tables)
{
  free(tables->places);
  tables->places = NULL;
  tables->place_count = 0;
  tables->place_capacity = 0;
}

static void write_entry(const struct page_tables *tables, const struct page_table_place *place,
                        uint64_t gva, uint64_t entry)
{
  uint64_t *table = (uint64_t *) (void *) (tables->pool_hva + place->offset_bytes);
  __atomic_store_n(&table[gva >> place->shift & 511], entry, __ATOMIC_RELEASE);
}

/* Sees to it that there is a table of that level for the address. */
static int make_table(struct page_tables *tables, uint64_t gva, unsigned int shift)
{
  for (unsigned int level_shift = ROOT_SHIFT; level_shift > shift; level_shift -= 9)
  {
    if (find_place(tables, gva, level_shift - 9) != NULL)
      continue;
    uint64_t gpa = tables->pool_gpa + tables->used_bytes;
    int error = take_table(tables, gva, level_shift - 9);
    if (error != 0)
      return error;
    write_entry(tables, find_place(tables, gva, level_shift), gva, gpa | TABLE_RIGHTS);
  }
  return 0;
}

int page_tables_prepare(struct page_tables *tables, uint64_t gva, uint64_t len_bytes)
{
  int error = 0;
  uint64_t end = gva + len_bytes;
  for (gva &= ~(GUEST_HUGE_BYTES - 1); gva < end && error == 0; gva += GUEST_HUGE_BYTES)
  {
    if (find_place(tables, gva, 21) == NULL)
      error = make_table(tables, gva, 21);
  }
  return error;
}

static unsigned int largest_shift(const struct page_tables *tables, uint64_t gva, uint64_t gpa,
                                  uint64_t len_bytes)
{
  uint64_t aligned = gva | gpa;
  if (tables->huge_pages && aligned % GUEST_HUGE_BYTES == 0 && len_bytes >= GUEST_HUGE_BYTES)
    return 30;
  if (aligned % GUEST_LARGE_BYTES == 0 && len_bytes >= GUEST_LARGE_BYTES)
    return 21;
  return 12;
}

int page_tables_map(struct page_tables *tables, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                    uint64_t rights)
{
  /* Accessed and dirty are set beforehand: the processor has nothing to write back. */
  uint64_t bits = rights | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
  while (len_bytes > 0)
  {
    unsigned int shift = largest_shift(tables, gva, gpa, len_bytes);
    if (find_place(tables, gva, shift) == NULL)
    {
      int error = make_table(tables, gva, shift);
      if (error != 0)
        return error;
    }
    write_entry(tables, find_place(tables, gva, shift), gva,
                gpa | bits | (shift > 12 ? PTE_LARGE : 0));
    uint64_t step = 1ull << shift;
    gva += step;
    gpa += step;
    len_bytes -= step;
  }
  return 0;
}

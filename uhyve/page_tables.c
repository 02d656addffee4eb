/* Builds x86-64 page tables in guest memory. */
#include "page_tables.h"

#include <errno.h>
#include <stddef.h>

#include "guest_memory.h"

/* Rights are decided in the last level; the levels above allow everything. */
#define TABLE_RIGHTS (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED)

static uint64_t *take_table(struct page_tables *tables, uint64_t *gpa)
{
  if (tables->used_bytes + GUEST_PAGE_BYTES > tables->pool_bytes)
    return NULL;
  *gpa = tables->pool_gpa + tables->used_bytes;
  uint64_t *table = (uint64_t *) (void *) (tables->pool_hva + tables->used_bytes);
  tables->used_bytes += GUEST_PAGE_BYTES;
  return table;
}

int page_tables_init(struct page_tables *tables)
{
  uint64_t gpa;
  tables->used_bytes = 0;
  return take_table(tables, &gpa) != NULL ? 0 : -ENOSPC;
}

static uint64_t *table_at(const struct page_tables *tables, uint64_t gpa)
{
  return (uint64_t *) (void *) (tables->pool_hva + (gpa - tables->pool_gpa));
}

/* The entry for gva in the table of the level whose entries cover 1 << shift bytes. */
static uint64_t *find_entry(struct page_tables *tables, uint64_t gva, unsigned int shift)
{
  uint64_t *table = table_at(tables, tables->pool_gpa);
  for (unsigned int level_shift = 39; level_shift > shift; level_shift -= 9)
  {
    uint64_t *entry = &table[(gva >> level_shift) & 511];
    if ((*entry & PTE_PRESENT) == 0)
    {
      uint64_t gpa;
      if (take_table(tables, &gpa) == NULL)
        return NULL;
      *entry = gpa | TABLE_RIGHTS;
    }
    table = table_at(tables, *entry & PTE_ADDRESS);
  }
  return &table[(gva >> shift) & 511];
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
    uint64_t *entry = find_entry(tables, gva, shift);
    if (entry == NULL)
      return -ENOSPC;
    *entry = gpa | bits | (shift > 12 ? PTE_LARGE : 0);
    uint64_t step = 1ull << shift;
    gva += step;
    gpa += step;
    len_bytes -= step;
  }
  return 0;
}

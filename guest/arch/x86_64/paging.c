/* Looks addresses up in the page tables, which ring 3 may read. */
#include "hypercalls/start_info.h"
#include "mm/address.h"
#include "start_info.h"

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITABLE (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_LARGE    (1ull << 7)
#define PTE_ADDRESS  0x000ffffffffff000ull

void *address_of_gpa(uint64_t gpa)
{
  return (void *) (UHYVE_WINDOW_BASE + gpa); /* NOLINT(performance-no-int-to-ptr) */
}

/* Only the last level restricts: the levels above allow everything. */
static uint64_t walk(uint64_t gva, uint64_t rights)
{
  uint64_t table_gpa = start_info->page_table_root_gpa;
  for (unsigned int shift = 39;; shift -= 9)
  {
    const uint64_t *table = address_of_gpa(table_gpa);
    uint64_t entry = table[(gva >> shift) & 511];
    if ((entry & PTE_PRESENT) == 0)
      return ADDRESS_UNMAPPED;
    uint64_t offset_mask = (1ull << shift) - 1;
    if (shift == 12 || (entry & PTE_LARGE) != 0)
    {
      if ((entry & rights) != rights)
        return ADDRESS_UNMAPPED;
      return (entry & PTE_ADDRESS & ~offset_mask) | (gva & offset_mask);
    }
    table_gpa = entry & PTE_ADDRESS;
  }
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  uint64_t gva = (uint64_t) pointer;
  for (unsigned int i = 0; i < UHYVE_LINEAR_RANGES; i++)
  {
    const struct uhyve_linear_range *range = &start_info->linear[i];
    if (gva - range->gva < range->len_bytes)
      return gva - range->gva + range->gpa;
  }
  if (gva >> 47 != 0)
    return ADDRESS_UNMAPPED;
  return walk(gva, access == ADDRESS_WRITE ? PTE_USER | PTE_WRITABLE : PTE_USER);
}

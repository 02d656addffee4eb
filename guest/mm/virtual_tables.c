/* Keeps count of the page tables that mappings may still need, so that no fault lacks one.
 *
 * All of a committed mapping may come to be mapped by small pages. A table for these serves one
 * large page's span, and neighbours share it: so spans are counted, not mappings. */
#include <stddef.h>

#include "hypercalls/start_info.h"
#include "mm/physical.h"
#include "mm/virtual_state.h"

/* Of all committed mappings; the pool has at least as many left. */
static uint64_t tables_needed;

static uint64_t needed_in(uint64_t begin, uint64_t end)
{
  uint64_t needed = 0;
  uint64_t counted_end = begin;
  for (struct mapping *mapping = mapping_from(begin);
       mapping != NULL && mapping->range.begin < end && counted_end < end;
       mapping = mapping_next(mapping))
  {
    if (!mapping->committed)
      continue;
    uint64_t from = mapping->range.begin & ~(LARGE_FRAME_BYTES - 1);
    uint64_t to = (mapping->range.end + LARGE_FRAME_BYTES - 1) & ~(LARGE_FRAME_BYTES - 1);
    if (from < counted_end)
      from = counted_end;
    if (to > end)
      to = end;
    if (from >= to)
      continue;
    needed += paging_tables_missing(from, to - from, FRAME_BYTES);
    counted_end = to;
  }
  return needed;
}

void table_account_begin(struct table_account *account, uint64_t begin, uint64_t end)
{
  account->begin = begin & ~(LARGE_FRAME_BYTES - 1);
  account->end = (end + LARGE_FRAME_BYTES - 1) & ~(LARGE_FRAME_BYTES - 1);
  account->needed_before = needed_in(account->begin, account->end);
}

/* Tables in which nothing is mapped any more stay for the next mapping there, until they are
 * missed. Those of committed mappings are promised to these. */
static void trim_tables(void)
{
  bool flush = false;
  uint64_t gva = UHYVE_HEAP_BASE;
  for (struct mapping *mapping = mapping_from(gva); mapping != NULL;
       mapping = mapping_next(mapping))
  {
    if (!mapping->committed)
      continue;
    if (mapping->range.begin > gva)
      paging_trim(gva, mapping->range.begin - gva, &flush);
    gva = mapping->range.end;
  }
  paging_trim(gva, UHYVE_MAP_END - gva, &flush);
  if (flush)
    paging_flush();
}

static bool fits(const struct table_account *account)
{
  return tables_needed - account->needed_before + needed_in(account->begin, account->end) <=
         paging_tables_left();
}

bool table_account_fits(const struct table_account *account)
{
  if (fits(account))
    return true;
  trim_tables();
  return fits(account);
}

void table_account_end(const struct table_account *account)
{
  tables_needed += needed_in(account->begin, account->end) - account->needed_before;
}

bool tables_spare(uint64_t tables)
{
  if (paging_tables_left() < tables_needed + tables)
    trim_tables();
  return paging_tables_left() >= tables_needed + tables;
}

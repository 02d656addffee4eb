/* Page tables: changes what is mapped: protects, unmaps, splits and joins pages. */
#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/page_tables.h"
#include "mm/paging.h"
#include "start_info.h"

/* A change of all entries in a range, either of rights or to nothing. */
struct change
{
  uint64_t begin;
  uint64_t end;
  bool unmap;
  unsigned int rights;
  void (*release)(void *argument, uint64_t gpa, uint64_t len_bytes);
  void *argument;
  bool *flush;
};

/* Fills a new table with the pieces of a large page, and puts it in the page's place. */
static int split_entry(uint64_t table_gpa, unsigned int index, unsigned int shift)
{
  uint64_t entry = table_at(table_gpa)[index];
  uint64_t child_gpa = table_take(false);
  if (child_gpa == NO_TABLE)
    return -ENOMEM;
  unsigned int child_shift = shift - LEVEL_BITS;
  uint64_t piece = child_shift > SMALL_SHIFT ? entry : entry & ~PTE_LARGE;
  for (unsigned int i = 0; i < ENTRIES_IN_TABLE; i += UHYVE_TABLE_ENTRIES)
  {
    uint64_t *buffer = table_buffer();
    for (unsigned int j = 0; j < UHYVE_TABLE_ENTRIES; j++, piece += 1ull << child_shift)
      buffer[j] = piece;
    table_write(child_gpa, i, UHYVE_TABLE_ENTRIES, false);
  }
  table_write_one(table_gpa, index, child_gpa | PTE_TABLE);
  return 0;
}

int table_split(uint64_t gva)
{
  uint64_t table_gpa = start_info->page_table_root_gpa;
  for (unsigned int shift = ROOT_SHIFT; (gva & ((1ull << shift) - 1)) != 0; shift -= LEVEL_BITS)
  {
    unsigned int index = table_index(gva, shift);
    if (entry_is_page(table_at(table_gpa)[index], shift) &&
        split_entry(table_gpa, index, shift) != 0)
      return -ENOMEM;
    uint64_t entry = table_at(table_gpa)[index];
    if (!entry_is_table(entry, shift))
      return 0;
    table_gpa = entry_gpa(entry);
  }
  return 0;
}

static uint64_t changed(const struct change *change, uint64_t entry, unsigned int shift)
{
  if (change->unmap)
    return 0;
  if (!entry_is_page(entry, shift))
    return entry;
  return entry_make(entry_gpa(entry), change->rights, shift);
}

/* Says what is no longer mapped. An entry for a table of small pages gives the table back. */
static void release_entry(const struct change *change, uint64_t entry, unsigned int shift)
{
  if (entry_is_page(entry, shift))
  {
    if (change->release != NULL)
      change->release(change->argument, entry_gpa(entry), 1ull << shift);
    return;
  }
  if (!entry_is_table(entry, shift))
    return;
  const uint64_t *table = table_at(entry_gpa(entry));
  for (unsigned int i = 0; i < ENTRIES_IN_TABLE; i++)
    release_entry(change, table[i], shift - LEVEL_BITS);
  table_give(entry_gpa(entry));
}

/* Whether a TLB may know something of the entry that the new one no longer allows. */
static bool needs_flush(uint64_t old, uint64_t new, unsigned int shift)
{
  if ((old & PTE_PRESENT) == 0)
    return false;
  return entry_is_table(old, shift) || (entry_rights(old) & ~entry_rights(new)) != 0;
}

/* Changes `count` entries, at most what one write takes, if any of them is to be another. `all`:
 * they are all of the change. */
static void change_entries(const struct change *change, uint64_t table_gpa, unsigned int index,
                           unsigned int count, unsigned int shift, bool all)
{
  const uint64_t *table = table_at(table_gpa);
  while (count > 0 && changed(change, table[index], shift) == table[index])
  {
    index++;
    count--;
  }
  while (count > 0 && changed(change, table[index + count - 1], shift) == table[index + count - 1])
    count--;
  if (count == 0)
    return;
  uint64_t old[UHYVE_TABLE_ENTRIES];
  uint64_t *buffer = table_buffer();
  bool flush = false;
  for (unsigned int i = 0; i < count; i++)
  {
    old[i] = table[index + i];
    buffer[i] = changed(change, old[i], shift);
    flush |= needs_flush(old[i], buffer[i], shift);
  }
  *change->flush |= flush;
  table_write(table_gpa, index, count, flush && all);
  for (unsigned int i = 0; change->unmap && i < count; i++)
    release_entry(change, old[i], shift);
}

/* Whether an entry changes as a whole, else the table that it names does. Tables above those of
 * small pages stay: paging_prepare() has promised them. */
static bool changes_whole(const struct change *change, uint64_t gva, uint64_t end, uint64_t entry,
                          unsigned int shift)
{
  if (!entry_is_table(entry, shift))
    return true;
  return change->unmap && shift == LARGE_SHIFT && (gva & ((1ull << shift) - 1)) == 0 &&
         end - gva >= 1ull << shift;
}

static void change_in_table(const struct change *change, uint64_t table_gpa, unsigned int shift,
                            uint64_t gva, uint64_t end)
{
  while (gva < end)
  {
    unsigned int index = table_index(gva, shift);
    unsigned int count = 0;
    uint64_t from = gva;
    while (gva < end && count < UHYVE_TABLE_ENTRIES && index + count < ENTRIES_IN_TABLE &&
           changes_whole(change, gva, end, table_at(table_gpa)[index + count], shift))
    {
      count++;
      gva = ((gva >> shift) + 1) << shift;
    }
    if (count > 0)
    {
      change_entries(change, table_gpa, index, count, shift,
                     from == change->begin && gva >= change->end);
      continue;
    }
    uint64_t next = ((from >> shift) + 1) << shift;
    change_in_table(change, entry_gpa(table_at(table_gpa)[index]), shift - LEVEL_BITS, gva,
                    next < end ? next : end);
    gva = next;
  }
}

static int change_range(const struct change *change, uint64_t gva, uint64_t len_bytes)
{
  if (table_split(gva) != 0 || table_split(gva + len_bytes) != 0)
    return -ENOMEM;
  change_in_table(change, start_info->page_table_root_gpa, ROOT_SHIFT, gva, gva + len_bytes);
  return 0;
}

int paging_protect(uint64_t gva, uint64_t len_bytes, unsigned int rights, bool *flush)
{
  struct change change = {.begin = gva, .end = gva + len_bytes, .rights = rights, .flush = flush};
  return change_range(&change, gva, len_bytes);
}

int paging_unmap(uint64_t gva, uint64_t len_bytes,
                 void (*release)(void *argument, uint64_t gpa, uint64_t len_bytes), void *argument,
                 bool *flush)
{
  struct change change = {.begin = gva,
                          .end = gva + len_bytes,
                          .unmap = true,
                          .release = release,
                          .argument = argument,
                          .flush = flush};
  return change_range(&change, gva, len_bytes);
}

static bool is_empty(const uint64_t *table)
{
  for (unsigned int i = 0; i < ENTRIES_IN_TABLE; i++)
  {
    if (table[i] != 0)
      return false;
  }
  return true;
}

static void trim_in_table(uint64_t table_gpa, unsigned int shift, uint64_t gva, uint64_t end,
                          bool *flush)
{
  while (gva < end)
  {
    uint64_t next = ((gva >> shift) + 1) << shift;
    unsigned int index = table_index(gva, shift);
    uint64_t entry = table_at(table_gpa)[index];
    bool whole = (gva & ((1ull << shift) - 1)) == 0 && next <= end;
    if (entry_is_table(entry, shift) && (whole || shift > LARGE_SHIFT))
    {
      if (shift > LARGE_SHIFT)
        trim_in_table(entry_gpa(entry), shift - LEVEL_BITS, gva, next < end ? next : end, flush);
      if (whole && is_empty(table_at(entry_gpa(entry))))
      {
        table_write_one(table_gpa, index, 0);
        table_give(entry_gpa(entry));
        *flush = true;
      }
    }
    gva = next;
  }
}

void paging_trim(uint64_t gva, uint64_t len_bytes, bool *flush)
{
  trim_in_table(start_info->page_table_root_gpa, ROOT_SHIFT, gva, gva + len_bytes, flush);
}

/* The entry that covers with one page what the table covers, or 0. */
static uint64_t joined_entry(const uint64_t *table, unsigned int shift)
{
  uint64_t first = table[0];
  if (!entry_is_page(first, shift) || (entry_gpa(first) >> shift) % ENTRIES_IN_TABLE != 0)
    return 0;
  for (unsigned int i = 1; i < ENTRIES_IN_TABLE; i++)
  {
    if (table[i] != first + ((uint64_t) i << shift))
      return 0;
  }
  return first | PTE_LARGE;
}

bool paging_join(uint64_t gva, bool *flush)
{
  uint64_t table_gpa = start_info->page_table_root_gpa;
  for (unsigned int shift = ROOT_SHIFT;; shift -= LEVEL_BITS)
  {
    unsigned int index = table_index(gva, shift);
    uint64_t entry = table_at(table_gpa)[index];
    if (!entry_is_table(entry, shift))
      return false;
    uint64_t child_gpa = entry_gpa(entry);
    uint64_t joined =
        shift <= HUGE_SHIFT ? joined_entry(table_at(child_gpa), shift - LEVEL_BITS) : 0;
    if (joined != 0 && (shift < HUGE_SHIFT || table_has_huge_pages()))
    {
      table_write_one(table_gpa, index, joined);
      table_give(child_gpa);
      *flush = true;
      return true;
    }
    table_gpa = child_gpa;
  }
}

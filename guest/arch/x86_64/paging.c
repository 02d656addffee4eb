/* Page tables: looks addresses up, maps memory where there was none. */
#include "mm/paging.h"

#include <cpuid.h>
#include <errno.h>

#include "arch/x86_64/page_tables.h"
#include "start_info.h"

#define LEAF_EXTENDED 0x80000001u
#define HAS_NX        (1u << 20) /* EDX */

/* The monitor runs on no processor without PTE_NX. */
static uint64_t no_execute(void)
{
  static uint64_t bit;
  unsigned int eax, ebx, ecx, edx;
  if (!start_info->is_bare)
    return PTE_NX;
  if (bit == 0)
  {
    __cpuid(LEAF_EXTENDED, eax, ebx, ecx, edx);
    bit = (edx & HAS_NX) != 0 ? PTE_NX : PTE_NX_IDLE;
  }
  return bit;
}

uint64_t entry_make(uint64_t gpa, unsigned int rights, unsigned int shift)
{
  uint64_t entry = gpa | (shift > SMALL_SHIFT ? PTE_LARGE : 0);
  if (rights == PAGING_NONE)
    return entry | PTE_HELD;
  /* Accessed and dirty beforehand: the processor has nothing to write back. */
  entry |= PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY;
  if ((rights & PAGING_WRITE) != 0)
    entry |= PTE_WRITABLE;
  if ((rights & PAGING_UNCACHED) != 0)
    entry |= PTE_UNCACHED;
  if ((rights & PAGING_EXECUTE) == 0)
    entry |= no_execute();
  return entry;
}

unsigned int entry_rights(uint64_t entry)
{
  if ((entry & PTE_PRESENT) == 0 || (entry & PTE_USER) == 0)
    return PAGING_NONE;
  return PAGING_READ | ((entry & PTE_WRITABLE) != 0 ? PAGING_WRITE : 0) |
         ((entry & (PTE_NX | PTE_NX_IDLE)) == 0 ? PAGING_EXECUTE : 0);
}

struct paging_page paging_translate(uint64_t gva)
{
  uint64_t table_gpa = start_info->page_table_root_gpa;
  for (unsigned int shift = ROOT_SHIFT;; shift -= LEVEL_BITS)
  {
    uint64_t entry =
        __atomic_load_n(&table_at(table_gpa)[table_index(gva, shift)], __ATOMIC_ACQUIRE);
    uint64_t page_bytes = 1ull << shift;
    if (entry_is_page(entry, shift))
      return (struct paging_page){.gpa = entry_gpa(entry) & ~(page_bytes - 1),
                                  .page_bytes = page_bytes,
                                  .rights = entry_rights(entry),
                                  .mapped = true};
    if (!entry_is_table(entry, shift))
      return (struct paging_page){.page_bytes = page_bytes};
    table_gpa = entry_gpa(entry);
  }
}

/* What is still to be mapped. */
struct piece
{
  uint64_t gva;
  uint64_t gpa;
  uint64_t len_bytes;
  unsigned int rights;
  unsigned int shift_max;
};

static bool fits_page(const struct piece *piece, unsigned int shift)
{
  uint64_t page_bytes = 1ull << shift;
  return shift <= piece->shift_max && ((piece->gva | piece->gpa) & (page_bytes - 1)) == 0 &&
         piece->len_bytes >= page_bytes;
}

/* Maps pages of one size, as many as one write and the table take. */
static void map_pages(uint64_t table_gpa, unsigned int shift, struct piece *piece)
{
  unsigned int index = table_index(piece->gva, shift);
  uint64_t *buffer = table_buffer();
  unsigned int count = 0;
  while (count < UHYVE_TABLE_ENTRIES && index + count < ENTRIES_IN_TABLE &&
         fits_page(piece, shift) && table_at(table_gpa)[index + count] == 0)
  {
    buffer[count++] = entry_make(piece->gpa, piece->rights, shift);
    piece->gva += 1ull << shift;
    piece->gpa += 1ull << shift;
    piece->len_bytes -= 1ull << shift;
  }
  table_write(table_gpa, index, count, false);
}

/* Maps what of the piece lies in one table. */
static int map_in_table(uint64_t table_gpa, unsigned int shift, struct piece *piece)
{
  uint64_t last = piece->gva | ((1ull << (shift + LEVEL_BITS)) - 1);
  int error = 0;
  while (error == 0 && piece->len_bytes > 0 && piece->gva <= last)
  {
    unsigned int index = table_index(piece->gva, shift);
    uint64_t entry = table_at(table_gpa)[index];
    if (entry_is_page(entry, shift))
      return -EEXIST;
    if (entry == 0 && fits_page(piece, shift))
    {
      map_pages(table_gpa, shift, piece);
      continue;
    }
    if (entry != 0)
    {
      error = map_in_table(entry_gpa(entry), shift - LEVEL_BITS, piece);
      continue;
    }
    uint64_t child_gpa = table_take(true);
    if (child_gpa == NO_TABLE)
      return -ENOMEM;
    error = map_in_table(child_gpa, shift - LEVEL_BITS, piece);
    table_write_one(table_gpa, index, child_gpa | PTE_TABLE);
  }
  return error;
}

static unsigned int shift_of(uint64_t page_bytes)
{
  if (page_bytes >= 1ull << HUGE_SHIFT)
    return table_has_huge_pages() ? HUGE_SHIFT : LARGE_SHIFT;
  return page_bytes >= 1ull << LARGE_SHIFT ? LARGE_SHIFT : SMALL_SHIFT;
}

int paging_map(uint64_t gva, uint64_t gpa, uint64_t len_bytes, unsigned int rights,
               uint64_t page_bytes_max)
{
  struct piece piece = {.gva = gva,
                        .gpa = gpa,
                        .len_bytes = len_bytes,
                        .rights = rights,
                        .shift_max = shift_of(page_bytes_max)};
  int error = 0;
  while (error == 0 && piece.len_bytes > 0)
    error = map_in_table(start_info->page_table_root_gpa, ROOT_SHIFT, &piece);
  return error;
}

/* Goes over the tables that entries of 1 << shift_end bytes in [*gva, end) need. Takes those that
 * are missing, or only counts them: *missing. */
static int prepare_in_table(uint64_t table_gpa, unsigned int shift, unsigned int shift_end,
                            uint64_t gva, uint64_t end, uint64_t *missing, bool take)
{
  while (gva < end)
  {
    uint64_t next = (gva | ((1ull << shift) - 1)) + 1;
    uint64_t piece_end = next < end ? next : end;
    unsigned int index = table_index(gva, shift);
    uint64_t entry = table_gpa == NO_TABLE ? 0 : table_at(table_gpa)[index];
    uint64_t child_gpa = entry_is_table(entry, shift) ? entry_gpa(entry) : NO_TABLE;
    if (child_gpa == NO_TABLE)
      ++*missing;
    /* A page that is mapped keeps its place; it has a table counted for when it is split. */
    bool fresh = take && entry == 0;
    if (fresh && (child_gpa = table_take(true)) == NO_TABLE)
      return -ENOMEM;
    if (shift - LEVEL_BITS > shift_end && (!take || child_gpa != NO_TABLE))
    {
      int error =
          prepare_in_table(child_gpa, shift - LEVEL_BITS, shift_end, gva, piece_end, missing, take);
      if (error != 0)
        return error;
    }
    if (fresh)
      table_write_one(table_gpa, index, child_gpa | PTE_TABLE);
    gva = next;
  }
  return 0;
}

int paging_prepare(uint64_t gva, uint64_t len_bytes, uint64_t page_bytes)
{
  uint64_t missing = 0;
  return prepare_in_table(start_info->page_table_root_gpa, ROOT_SHIFT, shift_of(page_bytes), gva,
                          gva + len_bytes, &missing, true);
}

uint64_t paging_tables_missing(uint64_t gva, uint64_t len_bytes, uint64_t page_bytes)
{
  uint64_t missing = 0;
  prepare_in_table(start_info->page_table_root_gpa, ROOT_SHIFT, shift_of(page_bytes), gva,
                   gva + len_bytes, &missing, false);
  return missing;
}

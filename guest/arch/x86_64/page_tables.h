/* Page tables of x86-64, for the files that make up paging here: entries, the pool that tables come
 * from, and the two ways to reach a table. */
#ifndef GUEST_ARCH_PAGE_TABLES_H
#define GUEST_ARCH_PAGE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/paging.h"

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITABLE (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_UNCACHED (1ull << 4)
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7)
#define PTE_HELD     (1ull << 9) /* ours: not present, for nobody may access it, but mapped */
#define PTE_NX       (1ull << 63)
#define PTE_NX_IDLE \
  (1ull << 58) /* in its place on a processor without it, which ignores this one */
#define PTE_ADDRESS 0x000ffffffffff000ull

/* Only the last level restricts: the levels above allow everything. */
#define PTE_TABLE        (PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED)

#define ROOT_SHIFT       39 /* an entry of the root table covers 1 << ROOT_SHIFT bytes */
#define HUGE_SHIFT       30
#define LARGE_SHIFT      21
#define SMALL_SHIFT      12
#define LEVEL_BITS       9
#define TABLE_BYTES      4096ul
#define ENTRIES_IN_TABLE 512u

static inline unsigned int table_index(uint64_t gva, unsigned int shift)
{
  return (unsigned int) (gva >> shift) % ENTRIES_IN_TABLE;
}

static inline bool entry_is_table(uint64_t entry, unsigned int shift)
{
  return shift > SMALL_SHIFT && (entry & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

static inline bool entry_is_page(uint64_t entry, unsigned int shift)
{
  return (entry & (PTE_PRESENT | PTE_HELD)) != 0 && !entry_is_table(entry, shift);
}

/* The address bits of a page's entry: those below its size are flags or zero. */
static inline uint64_t entry_gpa(uint64_t entry)
{
  return entry & PTE_ADDRESS;
}

/* The entry of a page. */
uint64_t entry_make(uint64_t gpa, unsigned int rights, unsigned int shift);
unsigned int entry_rights(uint64_t entry);

/* ---- How tables are reached; the unit test has its own ---- */

/* A table as ring 3 can read it. */
const uint64_t *table_at(uint64_t table_gpa);

/* Room for UHYVE_TABLE_ENTRIES entries that the next table_write() writes. Masked. */
uint64_t *table_buffer(void);

/* Writes entries of one table. `last`: of a change after which TLBs must forget; it saves the next
 * paging_flush() a call. */
void table_write(uint64_t table_gpa, unsigned int index, unsigned int count, bool last);

/* Whether the processor has pages of 1 GiB. */
bool table_has_huge_pages(void);

/* ---- The pool ---- */

#define NO_TABLE UINT64_MAX

/* Takes a table: one of zeros, or with any content for a caller that writes all of it. */
uint64_t table_take(bool zeroed);

/* Takes a table back that no entry points to any more, with any content. */
void table_give(uint64_t table_gpa);

/* Writes one entry. */
void table_write_one(uint64_t table_gpa, unsigned int index, uint64_t entry);

/* Sees to it that a page begins at that address, if one is mapped there: splits a larger one.
 * Returns 0 or -ENOMEM. */
int table_split(uint64_t gva);

#endif

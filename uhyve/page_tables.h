/* Builds x86-64 page tables in guest memory. */
#ifndef UHYVE_PAGE_TABLES_H
#define UHYVE_PAGE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Intel SDM vol. 3A, table 4-20 (June 2023) */
#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITABLE (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_UNCACHED (1ull << 4)
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7)
#define PTE_NX       (1ull << 63)
#define PTE_ADDRESS  0x000ffffffffff000ull

struct page_table_place;

/* The pool that tables are taken from, in order; the first is the root. Where each table lies is
 * kept here, outside the guest: the tables themselves are written, never read, for the guest may
 * have changed them. */
struct page_tables
{
  uint8_t *pool_hva; /* zeroed */
  uint64_t pool_gpa;
  uint64_t pool_bytes;
  uint64_t used_bytes;
  bool huge_pages; /* the processor has 1 GiB pages */

  struct page_table_place *places; /* owned */
  size_t place_count;
  size_t place_capacity;
  size_t recent[4]; /* by level: the place that was looked up last */
};

/* Takes the root. The fields up to huge_pages are set, the others zero. Returns 0, -ENOSPC or
 * -ENOMEM. */
int page_tables_init(struct page_tables *tables);

void page_tables_free(struct page_tables *tables);

/* Takes all tables down to those whose entries map 2 MiB, so that mapping in such pages later takes
 * none. Maps nothing. Returns as page_tables_map. */
int page_tables_prepare(struct page_tables *tables, uint64_t gva, uint64_t len_bytes);

/* Maps len_bytes (whole 4 KiB pages, nothing of it mapped yet) with the given rights, in the
 * largest pages that fit. Returns 0, -ENOSPC when the pool is used up, or -ENOMEM. */
int page_tables_map(struct page_tables *tables, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                    uint64_t rights);

#endif

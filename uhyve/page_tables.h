/* Builds x86-64 page tables in guest memory. */
#ifndef UHYVE_PAGE_TABLES_H
#define UHYVE_PAGE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/* Intel SDM vol. 3A, table 4-20 (June 2023) */
#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITABLE (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7)
#define PTE_NX       (1ull << 63)
#define PTE_ADDRESS  0x000ffffffffff000ull

/* The pool that tables are taken from, in order; the first is the root. */
struct page_tables
{
  uint8_t *pool_hva; /* zeroed */
  uint64_t pool_gpa;
  uint64_t pool_bytes;
  uint64_t used_bytes;
  bool huge_pages; /* the processor has 1 GiB pages */
};

/* Takes the root. Returns 0 or -ENOSPC. */
int page_tables_init(struct page_tables *tables);

/* Maps len_bytes (whole 4 KiB pages, nothing of it mapped yet) with the given rights, in the
 * largest pages that fit. Returns 0 or -ENOSPC when the pool is used up. */
int page_tables_map(struct page_tables *tables, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                    uint64_t rights);

#endif

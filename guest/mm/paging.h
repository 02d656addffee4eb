/* Page tables: one interface for pages of 4 KiB, 2 MiB and 1 GiB.
 *
 * Ring 3 reads the tables through the window and has the nucleus write them. Callers hold the lock
 * of the virtual manager (mm/virtual.c): two changes never run at the same time, lookups
 * (paging_translate) may. A change that takes rights away is followed by paging_flush() before the
 * memory behind it is used for something else.
 */
#ifndef GUEST_MM_PAGING_H
#define GUEST_MM_PAGING_H

#include <stdbool.h>
#include <stdint.h>

/* Rights of pages. None of them: the page faults. Never write and execute at once. */
enum paging_rights
{
  PAGING_NONE = 0,
  PAGING_READ = 1,
  PAGING_WRITE = 2,    /* and read */
  PAGING_EXECUTE = 4,  /* and read */
  PAGING_UNCACHED = 8, /* registers of devices; never said of a page that is there */
};

struct paging_page
{
  uint64_t gpa;        /* of the page's begin */
  uint64_t page_bytes; /* its size; of the hole, if nothing is mapped: that of the missing entry */
  unsigned int rights; /* PAGING_NONE also for a page that is mapped and must not be accessed */
  bool mapped;
};

/* What an address is mapped to. Never blocks, takes no lock. */
struct paging_page paging_translate(uint64_t gva);

/* Makes sure that paging_map with pages of up to page_bytes cannot fail in that range: takes all
 * tables it needs from the pool. Returns 0 or -ENOMEM. */
int paging_prepare(uint64_t gva, uint64_t len_bytes, uint64_t page_bytes);

/* How many tables paging_prepare would take, were every page in the range that is larger split. */
uint64_t paging_tables_missing(uint64_t gva, uint64_t len_bytes, uint64_t page_bytes);

/* How many tables are left in the pool. */
uint64_t paging_tables_left(void);

/* Maps contiguous memory where nothing is mapped, in the largest pages that fit up to
 * page_bytes_max. Returns 0 or -ENOMEM, with a part mapped; 0 for certain after paging_prepare. */
int paging_map(uint64_t gva, uint64_t gpa, uint64_t len_bytes, unsigned int rights,
               uint64_t page_bytes_max);

/* Both split large pages that lie in the range in part, and skip what is not mapped. Returns 0 or
 * -ENOMEM with nothing changed. *flush is set to true when a TLB may know something that is no
 * longer true, else left alone. */
int paging_protect(uint64_t gva, uint64_t len_bytes, unsigned int rights, bool *flush);

/* Calls release (may be null) with the memory that was behind each piece; it is still in TLBs. */
int paging_unmap(uint64_t gva, uint64_t len_bytes,
                 void (*release)(void *argument, uint64_t gpa, uint64_t len_bytes), void *argument,
                 bool *flush);

/* Gives tables back in which nothing is mapped, those for addresses in the range alone. */
void paging_trim(uint64_t gva, uint64_t len_bytes, bool *flush);

/* Joins the pages around an address into the next larger one if they are contiguous and have the
 * same rights. Returns whether that was done. */
bool paging_join(uint64_t gva, bool *flush);

/* Has all CPUs forget old translations, those only that may have some. Returns when they have.
 * Makes hypercalls when it waits long; for code that holds the lock of the virtual manager too. */
void paging_flush(void);

#endif

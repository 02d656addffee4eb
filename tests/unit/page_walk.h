/* Reads page tables as the processor does; knows nothing of the code that writes them. */
#ifndef TESTS_PAGE_WALK_H
#define TESTS_PAGE_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* Where tables may lie. The root is the first page. */
struct page_pool
{
  const uint8_t *hva;
  uint64_t gpa;
  uint64_t bytes;
};

/* One page: rights of all levels together. */
struct page_leaf
{
  uint64_t gva;
  uint64_t gpa;
  uint64_t len_bytes;
  bool writable;
  bool user;
  bool executable;
  bool accessed; /* of the last level, as is: */
  bool dirty;
  bool uncached; /* by the last level alone */
};

/* The page that maps gva; false: none. Fails the test on tables outside of the pool and on entries
 * that set a reserved bit. */
bool page_walk_find(const struct page_pool *pool, uint64_t gva, struct page_leaf *leaf);

/* The guest-physical address of gva; fails the test if there is none. */
uint64_t page_walk_gpa(const struct page_pool *pool, uint64_t gva);

/* All pages in the order of their addresses. */
struct page_leaves
{
  struct page_leaf *leaf;
  unsigned int count;
  unsigned int room;
};

void page_walk_all(const struct page_pool *pool, struct page_leaves *leaves);
void page_leaves_free(struct page_leaves *leaves);

#endif

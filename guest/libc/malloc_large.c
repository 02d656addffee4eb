/* Large blocks, in front of each a page that describes it, at a multiple of 2 MiB. */
#include "libc/malloc_large.h"

#include "libc/malloc_chunk.h"
#include "libc/malloc_kept.h"
#include "mm/virtual.h"

/* Where a chunk has its struct malloc_line. */
struct large
{
  uint64_t mark;
  uint64_t block_gva;
  uint64_t len_bytes; /* mapped for the block */
};

_Static_assert(sizeof(struct large) <= sizeof(struct malloc_line), "in the same place");

static struct large *large_of(const void *block)
{
  return (struct large *) malloc_line_of(malloc_chunk_gva(block));
}

static size_t whole_pages(size_t len_bytes)
{
  return (len_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

static void *take_kept(size_t block_bytes)
{
  struct malloc_kept kept = malloc_kept_take(block_bytes);
  if (kept.block != NULL)
    large_of(kept.block)->mark = MALLOC_LARGE_MARK;
  return kept.block;
}

void *malloc_large_allocate(size_t align_bytes, size_t len_bytes, bool *zeroed)
{
  size_t block_bytes = whole_pages(len_bytes);
  void *kept = align_bytes <= PAGE_BYTES ? take_kept(block_bytes) : NULL;
  *zeroed = kept == NULL;
  if (kept != NULL)
    return kept;
  size_t front_bytes = align_bytes < PAGE_BYTES ? PAGE_BYTES : align_bytes;
  size_t map_align = front_bytes < MALLOC_CHUNK_BYTES ? MALLOC_CHUNK_BYTES : front_bytes;
  if (front_bytes > PTRDIFF_MAX - block_bytes)
    return NULL;
  uint64_t begin_gva = 0;
  if (virtual_map(&begin_gva, front_bytes + block_bytes, map_align, PAGING_READ | PAGING_WRITE,
                  0) != 0)
    return NULL;

  /* Of what lies in front for the sake of the alignment only the description stays. */
  uint64_t block_gva = begin_gva + front_bytes;
  void *block = (void *) block_gva;
  uint64_t page_gva = malloc_chunk_gva(block);
  if (page_gva > begin_gva)
    virtual_unmap(begin_gva, page_gva - begin_gva);
  if (block_gva > page_gva + PAGE_BYTES)
    virtual_unmap(page_gva + PAGE_BYTES, block_gva - page_gva - PAGE_BYTES);

  *large_of(block) =
      (struct large){.mark = MALLOC_LARGE_MARK, .block_gva = block_gva, .len_bytes = block_bytes};
  return block;
}

bool malloc_large_is(const void *block)
{
  const struct large *large = large_of(block);
  return large->mark == MALLOC_LARGE_MARK && large->block_gva == (uint64_t) block;
}

static void unmap(void *block)
{
  uint64_t page_gva = malloc_chunk_gva(block);
  uint64_t block_gva = (uint64_t) block;
  uint64_t len_bytes = large_of(block)->len_bytes;
  if (block_gva == page_gva + PAGE_BYTES)
    virtual_unmap(page_gva, PAGE_BYTES + len_bytes);
  else
  {
    virtual_unmap(block_gva, len_bytes);
    virtual_unmap(page_gva, PAGE_BYTES);
  }
}

static bool unmap_oldest(void)
{
  struct malloc_kept kept = malloc_kept_take_oldest();
  if (kept.block != NULL)
    unmap(kept.block);
  return kept.block != NULL;
}

void malloc_large_free(void *block)
{
  struct large *large = large_of(block);
  struct malloc_kept kept = {.block = block, .len_bytes = large->len_bytes};
  if (kept.len_bytes > malloc_kept_max_bytes())
  {
    unmap(block);
    return;
  }
  large->mark = 0; /* a second free() shall find nothing */
  while (!malloc_kept_put(kept))
    unmap_oldest();
}

bool malloc_large_trim(void)
{
  bool unmapped = false;
  while (unmap_oldest())
    unmapped = true;
  return unmapped;
}

size_t malloc_large_bytes(const void *block)
{
  return large_of(block)->len_bytes;
}

bool malloc_large_resize(void *block, size_t len_bytes)
{
  struct large *large = large_of(block);
  size_t block_bytes = whole_pages(len_bytes);
  uint64_t end_gva = large->block_gva + large->len_bytes;
  if (block_bytes > large->len_bytes)
  {
    uint64_t added_gva = end_gva;
    if (virtual_map(&added_gva, block_bytes - large->len_bytes, PAGE_BYTES,
                    PAGING_READ | PAGING_WRITE, VIRTUAL_FIXED_VACANT) != 0)
      return false;
  }
  else if (block_bytes < large->len_bytes)
  {
    uint64_t kept_end_gva = large->block_gva + block_bytes;
    if (virtual_unmap(kept_end_gva, end_gva - kept_end_gva) != 0)
      return false;
  }
  large->len_bytes = block_bytes;
  return true;
}

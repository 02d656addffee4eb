/* Large blocks, in front of each a page that describes it, at a multiple of 2 MiB. */
#include "libc/malloc_large.h"

#include "libc/malloc_chunk.h"
#include "libc/malloc_kept.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "sched/spinlock.h"

/* Where a chunk has its struct malloc_line. */
struct large
{
  uint64_t mark;
  uint64_t block_gva;
  uint64_t len_bytes; /* mapped for the block */
  struct large *next; /* among those left over */
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

/* A page for the description and the block. 0: no memory. */
static uint64_t map_block(size_t block_bytes)
{
  uint64_t begin_gva = 0;
  if (virtual_map(&begin_gva, PAGE_BYTES + block_bytes, MALLOC_CHUNK_BYTES,
                  PAGING_READ | PAGING_WRITE, 0) != 0)
    return 0;
  return begin_gva + PAGE_BYTES;
}

static int make_writable(uint64_t gva, size_t len_bytes)
{
  return virtual_protect(gva, len_bytes, PAGING_READ | PAGING_WRITE);
}

/* The same with a block that is aligned to more than a page. Of what lies in front of it only the
 * page of the description stays; the rest takes addresses, but at no time memory. */
static uint64_t map_aligned_block(size_t align_bytes, size_t block_bytes)
{
  size_t map_align = align_bytes < MALLOC_CHUNK_BYTES ? MALLOC_CHUNK_BYTES : align_bytes;
  uint64_t begin_gva = 0;
  if (align_bytes > PTRDIFF_MAX - block_bytes ||
      virtual_map(&begin_gva, align_bytes + block_bytes, map_align, PAGING_NONE, 0) != 0)
    return 0;
  uint64_t block_gva = begin_gva + align_bytes;
  uint64_t page_gva = malloc_chunk_gva((void *) block_gva);
  uint64_t gap_gva = page_gva + PAGE_BYTES;
  if ((page_gva == begin_gva || virtual_unmap(begin_gva, page_gva - begin_gva) == 0) &&
      (gap_gva == block_gva || virtual_unmap(gap_gva, block_gva - gap_gva) == 0) &&
      make_writable(page_gva, PAGE_BYTES) == 0 && make_writable(block_gva, block_bytes) == 0)
    return block_gva;
  /* If that fails, too, it costs addresses, and a page at most. */
  virtual_unmap(page_gva, PAGE_BYTES);
  virtual_unmap(block_gva, block_bytes);
  return 0;
}

void *malloc_large_allocate(size_t align_bytes, size_t len_bytes, bool *zeroed)
{
  size_t block_bytes = whole_pages(len_bytes);
  void *kept = align_bytes <= PAGE_BYTES ? take_kept(block_bytes) : NULL;
  *zeroed = kept == NULL;
  if (kept != NULL)
    return kept;
  uint64_t block_gva = align_bytes <= PAGE_BYTES ? map_block(block_bytes)
                                                 : map_aligned_block(align_bytes, block_bytes);
  if (block_gva == 0)
    return NULL;
  void *block = (void *) block_gva;
  *large_of(block) =
      (struct large){.mark = MALLOC_LARGE_MARK, .block_gva = block_gva, .len_bytes = block_bytes};
  return block;
}

bool malloc_large_is(const void *block)
{
  const struct large *large = large_of(block);
  return large->mark == MALLOC_LARGE_MARK && large->block_gva == (uint64_t) block;
}

static uint64_t end_gva(const struct large *large)
{
  return large->block_gva + large->len_bytes;
}

/* Freed blocks that could not be unmapped, which takes memory too: for another time. */
static struct
{
  struct spinlock lock;
  struct large *first;
} left_over;

/* Unmaps so much from the end of the block. The description always says what is still there. */
static bool cut(struct large *large, uint64_t len_bytes)
{
  if (virtual_unmap(end_gva(large) - len_bytes, len_bytes) != 0)
    return false;
  large->len_bytes -= len_bytes;
  return true;
}

/* False with a part of it unmapped, or nothing. Of one piece virtual_unmap() does all or nothing if
 * it is no longer than a huge frame. */
static bool unmap_pieces(struct large *large)
{
  uint64_t page_gva = (uint64_t) large & ~(PAGE_BYTES - 1);
  while (large->len_bytes > HUGE_FRAME_BYTES - PAGE_BYTES)
    if (!cut(large, HUGE_FRAME_BYTES - MALLOC_CHUNK_BYTES + end_gva(large) % MALLOC_CHUNK_BYTES))
      return false;
  if (large->block_gva == page_gva + PAGE_BYTES)
    return virtual_unmap(page_gva, PAGE_BYTES + large->len_bytes) == 0;
  if (large->len_bytes != 0 && !cut(large, large->len_bytes))
    return false;
  return virtual_unmap(page_gva, PAGE_BYTES) == 0;
}

/* Unmaps what belongs to nobody, or leaves it over. */
static bool unmap(struct large *large)
{
  if (unmap_pieces(large))
    return true;
  uint32_t was_masked = spinlock_lock_masked(&left_over.lock);
  large->next = left_over.first;
  left_over.first = large;
  spinlock_unlock_restore(&left_over.lock, was_masked);
  return false;
}

/* Tries what is left over again. Returns whether some of it was unmapped. */
static bool unmap_left_over(void)
{
  bool unmapped = false;
  while (__atomic_load_n(&left_over.first, __ATOMIC_RELAXED) != NULL)
  {
    uint32_t was_masked = spinlock_lock_masked(&left_over.lock);
    struct large *large = left_over.first;
    if (large != NULL)
      left_over.first = large->next;
    spinlock_unlock_restore(&left_over.lock, was_masked);
    if (large == NULL || !unmap(large))
      break;
    unmapped = true;
  }
  return unmapped;
}

/* Returns whether there was one; in *unmapped whether that went. */
static bool drop_oldest(bool *unmapped)
{
  struct malloc_kept kept = malloc_kept_take_oldest();
  if (kept.block != NULL && unmap(large_of(kept.block)))
    *unmapped = true;
  return kept.block != NULL;
}

void malloc_large_free(void *block)
{
  struct large *large = large_of(block);
  struct malloc_kept kept = {.block = block, .len_bytes = large->len_bytes};
  large->mark = 0; /* a second free() shall find nothing */
  bool unmapped = false;
  if (kept.len_bytes > malloc_kept_max_bytes())
    unmapped = unmap(large);
  else
    while (!malloc_kept_put(kept))
      drop_oldest(&unmapped);
  if (unmapped)
    unmap_left_over();
}

bool malloc_large_trim(void)
{
  bool unmapped = false;
  while (drop_oldest(&unmapped))
    continue;
  return unmap_left_over() || unmapped;
}

size_t malloc_large_bytes(const void *block)
{
  return large_of(block)->len_bytes;
}

bool malloc_large_resize(void *block, size_t len_bytes)
{
  struct large *large = large_of(block);
  size_t block_bytes = whole_pages(len_bytes);
  uint64_t old_end_gva = end_gva(large);
  if (block_bytes > large->len_bytes)
  {
    uint64_t added_gva = old_end_gva;
    if (virtual_map(&added_gva, block_bytes - large->len_bytes, PAGE_BYTES,
                    PAGING_READ | PAGING_WRITE, VIRTUAL_FIXED_VACANT) != 0)
      return false;
  }
  else if (block_bytes < large->len_bytes)
  {
    uint64_t kept_end_gva = large->block_gva + block_bytes;
    if (virtual_unmap(kept_end_gva, old_end_gva - kept_end_gva) != 0)
      return false;
  }
  large->len_bytes = block_bytes;
  return true;
}

/* Chunks of the C library's heap: which spans are free, and memory from and to the virtual manager.
 */
#include "libc/malloc_chunk.h"

#include "mm/virtual.h"
#include "sched/spinlock.h"

#define SPANS_ALL  UINT32_MAX
#define FIRST_SPAN UINT32_C(1)

/* A chunk is in the list of its longest run of free spans, not counting the first span. */
#define LIST_FIRST_SPAN 0u           /* only the first span is free */
#define LIST_EMPTY      MALLOC_SPANS /* all is free */
#define LISTS           (MALLOC_SPANS + 1)
#define LIST_NONE       LISTS /* all is in use */

static struct
{
  struct spinlock lock;
  unsigned int empty;
  uint64_t occupied; /* a bit for each list that has chunks */
  struct malloc_chunk *lists[LISTS];
} chunks;

/* The spans that begin a run of that many free ones. */
static uint32_t run_starts(uint32_t free, unsigned int spans)
{
  for (unsigned int i = 1; i < spans; i++)
    free &= free >> 1;
  return free;
}

static uint32_t run_bits(unsigned int index, unsigned int spans)
{
  return (uint32_t) (((UINT64_C(1) << spans) - 1) << index);
}

static uint32_t list_of(uint32_t free)
{
  if (free == SPANS_ALL)
    return LIST_EMPTY;
  if (free == 0)
    return LIST_NONE;
  uint32_t longest = 0;
  for (uint32_t rest = free & ~FIRST_SPAN; rest != 0; rest &= rest >> 1)
    longest++;
  return longest;
}

static void unlink_chunk(struct malloc_chunk *chunk)
{
  if (chunk->list == LIST_NONE)
    return;
  if (chunk->next != NULL)
    chunk->next->previous = chunk->previous;
  if (chunk->previous != NULL)
    chunk->previous->next = chunk->next;
  else
  {
    chunks.lists[chunk->list] = chunk->next;
    if (chunk->next == NULL)
      chunks.occupied &= ~(UINT64_C(1) << chunk->list);
  }
  if (chunk->list == LIST_EMPTY)
    __atomic_store_n(&chunks.empty, chunks.empty - 1, __ATOMIC_RELAXED);
}

static void link_chunk(struct malloc_chunk *chunk, uint32_t list)
{
  chunk->list = list;
  if (list == LIST_NONE)
    return;
  chunk->previous = NULL;
  chunk->next = chunks.lists[list];
  if (chunk->next != NULL)
    chunk->next->previous = chunk;
  chunks.lists[list] = chunk;
  chunks.occupied |= UINT64_C(1) << list;
  if (list == LIST_EMPTY)
    __atomic_store_n(&chunks.empty, chunks.empty + 1, __ATOMIC_RELAXED);
}

static void set_free(struct malloc_chunk *chunk, uint32_t free)
{
  chunk->free = free;
  uint32_t list = list_of(free);
  if (list == chunk->list)
    return;
  unlink_chunk(chunk);
  link_chunk(chunk, list);
}

static unsigned int choose_span(const struct malloc_chunk *chunk, unsigned int spans,
                                unsigned int align_spans, bool first_span_serves)
{
  if (first_span_serves && (chunk->free & FIRST_SPAN) != 0)
    return 0;
  uint32_t starts = run_starts(chunk->free & ~FIRST_SPAN, spans);
  unsigned int index = (unsigned int) __builtin_ctz(starts);
  while ((index & (align_spans - 1)) != 0 || (starts >> index & 1) == 0)
    index++;
  return index;
}

uint64_t malloc_spans_take(unsigned int spans, unsigned int align_spans, uint8_t kind, bool *zeroed)
{
  bool first_span_serves =
      kind < MALLOC_CLASSES && malloc_class_bytes(kind) <= MALLOC_FIRST_SPAN_MAX_BYTES;
  unsigned int list_min = first_span_serves ? LIST_FIRST_SPAN : spans + align_spans - 1;
  uint64_t taken_gva = 0;

  spinlock_lock(&chunks.lock);
  uint64_t lists = chunks.occupied >> list_min;
  if (lists != 0)
  {
    struct malloc_chunk *chunk = chunks.lists[list_min + (unsigned int) __builtin_ctzl(lists)];
    uint64_t chunk_gva = malloc_chunk_gva(chunk);
    unsigned int index = choose_span(chunk, spans, align_spans, first_span_serves);
    uint32_t bits = run_bits(index, spans);
    if (zeroed != NULL)
      *zeroed = (chunk->dirty & bits) == 0;
    chunk->dirty |= bits;
    set_free(chunk, chunk->free & ~bits);
    chunk->spans[index].run = (uint16_t) spans;
    malloc_line_of(chunk_gva)->kinds[index] = kind;
    taken_gva = malloc_span_gva(chunk_gva, index);
  }
  spinlock_unlock(&chunks.lock);
  return taken_gva;
}

void malloc_spans_give(uint64_t chunk_gva, unsigned int index, unsigned int spans)
{
  struct malloc_chunk *chunk = malloc_chunk_at(chunk_gva);
  spinlock_lock(&chunks.lock);
  malloc_line_of(chunk_gva)->kinds[index] = MALLOC_KIND_NONE;
  set_free(chunk, chunk->free | run_bits(index, spans));
  spinlock_unlock(&chunks.lock);
}

static void link_empty_chunk(struct malloc_chunk *chunk)
{
  uint32_t was_masked = spinlock_lock_masked(&chunks.lock);
  link_chunk(chunk, LIST_EMPTY);
  spinlock_unlock_restore(&chunks.lock, was_masked);
}

bool malloc_chunk_add(void)
{
  uint64_t chunk_gva = 0;
  if (virtual_map(&chunk_gva, MALLOC_CHUNK_BYTES, MALLOC_CHUNK_BYTES, PAGING_READ | PAGING_WRITE,
                  0) != 0)
    return false;
  struct malloc_line *line = malloc_line_of(chunk_gva);
  struct malloc_chunk *chunk = malloc_chunk_at(chunk_gva);
  line->mark = MALLOC_CHUNK_MARK;
  for (unsigned int i = 0; i < sizeof(line->kinds); i++)
    line->kinds[i] = MALLOC_KIND_NONE;
  chunk->free = SPANS_ALL;
  link_empty_chunk(chunk);
  return true;
}

bool malloc_chunks_in_excess(void)
{
  return __atomic_load_n(&chunks.empty, __ATOMIC_RELAXED) > MALLOC_EMPTY_CHUNKS;
}

/* Takes an empty chunk out of the list if there are more than `keep`; 0 if not. */
static uint64_t take_empty_chunk(unsigned int keep)
{
  uint64_t chunk_gva = 0;
  uint32_t was_masked = spinlock_lock_masked(&chunks.lock);
  if (chunks.empty > keep)
  {
    struct malloc_chunk *chunk = chunks.lists[LIST_EMPTY];
    unlink_chunk(chunk);
    chunk_gva = malloc_chunk_gva(chunk);
  }
  spinlock_unlock_restore(&chunks.lock, was_masked);
  return chunk_gva;
}

bool malloc_chunks_trim(unsigned int keep)
{
  bool unmapped = false;
  for (;;)
  {
    uint64_t chunk_gva = take_empty_chunk(keep);
    if (chunk_gva == 0)
      return unmapped;
    if (virtual_unmap(chunk_gva, MALLOC_CHUNK_BYTES) != 0)
    {
      /* To unmap takes memory, too: another time. */
      link_empty_chunk(malloc_chunk_at(chunk_gva));
      return unmapped;
    }
    unmapped = true;
  }
}

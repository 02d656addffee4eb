/* Medium and large blocks. */
#include "libc/malloc_block.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "libc/malloc_arena.h"
#include "libc/malloc_cache.h"
#include "libc/malloc_large.h"
#include "libc/malloc_pool.h"

static void *medium_allocate(size_t align_bytes, size_t len_bytes, bool *zeroed)
{
  unsigned int spans = (unsigned int) ((len_bytes + MALLOC_SPAN_BYTES - 1) / MALLOC_SPAN_BYTES);
  unsigned int align_spans =
      align_bytes <= MALLOC_SPAN_BYTES ? 1 : (unsigned int) (align_bytes / MALLOC_SPAN_BYTES);
  unsigned int tries = 0;
  do
  {
    uint32_t was_masked = cpu_mask_save();
    uint64_t gva = malloc_spans_take(spans, align_spans, MALLOC_KIND_MEDIUM, zeroed);
    cpu_mask_restore(was_masked);
    if (gva != 0)
      return (void *) gva;
  } while (malloc_grow(&tries));
  return NULL;
}

static void *large_allocate(size_t align_bytes, size_t len_bytes, bool *zeroed)
{
  if (len_bytes <= PTRDIFF_MAX)
  {
    bool is_zeroed = false;
    void *block = malloc_large_allocate(align_bytes, len_bytes, &is_zeroed);
    if (block == NULL && malloc_caches_flush())
      block = malloc_large_allocate(align_bytes, len_bytes, &is_zeroed);
    if (zeroed != NULL)
      *zeroed = is_zeroed;
    if (block != NULL)
      return block;
  }
  errno = ENOMEM;
  return NULL;
}

void *malloc_big(size_t align_bytes, size_t len_bytes, bool *zeroed)
{
  if (len_bytes == 0)
    len_bytes = 1; /* aligned, but empty */
  /* A chunk has room for the longest of them with the highest of these alignments. */
  if (len_bytes <= MALLOC_MEDIUM_MAX_BYTES &&
      align_bytes <= (MALLOC_SPANS - MALLOC_MEDIUM_SPANS) * MALLOC_SPAN_BYTES)
    return medium_allocate(align_bytes, len_bytes, zeroed);
  if (len_bytes >= MALLOC_CHUNKFUL_MIN_BYTES && len_bytes <= MALLOC_CHUNKFUL_MAX_BYTES &&
      align_bytes <= MALLOC_SPAN_BYTES)
    return medium_allocate(align_bytes, len_bytes, zeroed);
  return large_allocate(align_bytes, len_bytes, zeroed);
}

/* The kind of a block's span; never MALLOC_KIND_NONE, for that ends the program. */
static unsigned int kind_of_chunk_block(const void *block, const struct malloc_line *line)
{
  unsigned int kind = line->kinds[malloc_span_index(block)];
  if (kind == MALLOC_KIND_NONE ||
      (kind == MALLOC_KIND_MEDIUM && (uint64_t) block % MALLOC_SPAN_BYTES != 0))
    malloc_abort("free(): invalid pointer");
  return kind;
}

static size_t medium_spans(const void *block)
{
  return malloc_chunk_at(malloc_chunk_gva(block))->spans[malloc_span_index(block)].run;
}

void malloc_big_free(void *block)
{
  const struct malloc_line *line = malloc_line_of(malloc_chunk_gva(block));
  if ((uint64_t) block % MALLOC_ALIGN_BYTES != 0)
    malloc_abort("free(): invalid pointer");
  if (line->mark != MALLOC_CHUNK_MARK)
  {
    if (!malloc_large_is(block))
      malloc_abort("free(): invalid pointer");
    malloc_large_free(block);
    return;
  }
  kind_of_chunk_block(block, line);
  uint32_t was_masked = cpu_mask_save();
  malloc_spans_give(malloc_chunk_gva(block), malloc_span_index(block),
                    (unsigned int) medium_spans(block));
  cpu_mask_restore(was_masked);
  if (was_masked == 0 && malloc_chunks_in_excess())
    malloc_chunks_trim(MALLOC_EMPTY_CHUNKS);
}

size_t malloc_block_bytes(const void *block)
{
  if (malloc_arena_has(block))
    return malloc_arena_bytes(block);
  const struct malloc_line *line = malloc_line_of(malloc_chunk_gva(block));
  if (line->mark == MALLOC_CHUNK_MARK)
  {
    unsigned int kind = kind_of_chunk_block(block, line);
    return kind == MALLOC_KIND_MEDIUM ? medium_spans(block) * MALLOC_SPAN_BYTES
                                      : malloc_class_bytes(kind);
  }
  if (!malloc_large_is(block))
    malloc_abort("realloc(): invalid pointer");
  return malloc_large_bytes(block);
}

bool malloc_block_resize(void *block, size_t has_bytes, size_t len_bytes)
{
  if (malloc_arena_has(block) || malloc_line_of(malloc_chunk_gva(block))->mark == MALLOC_CHUNK_MARK)
    return len_bytes <= has_bytes && len_bytes >= has_bytes / 2;
  return len_bytes > MALLOC_MEDIUM_MAX_BYTES && len_bytes <= PTRDIFF_MAX &&
         malloc_large_resize(block, len_bytes);
}

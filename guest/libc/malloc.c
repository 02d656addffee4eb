/* malloc, free and what is made of them; their fast paths use the cache of the CPU they run on.
 * For tasks, not for upcalls. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/cpu.h"
#include "libc/malloc_arena.h"
#include "libc/malloc_block.h"
#include "libc/malloc_cache.h"
#include "libc/malloc_large.h"
#include "libc/malloc_pool.h"

/* Takes an object from the cache of this CPU, or from where the cache gets them. */
static inline void *take_object(unsigned int size_class)
{
  uint32_t was_masked = cpu_mask_save();
  struct malloc_cache *cache = cpu_this()->malloc_cache;
  if (__builtin_expect(cache != NULL, 1))
  {
    struct malloc_bin *bin = &cache->bins[size_class];
    struct malloc_object *object = bin->free;
    if (__builtin_expect(object != NULL, 1))
    {
      struct malloc_object *next = object->next;
      if (__builtin_expect(((uintptr_t) next & (MALLOC_ALIGN_BYTES - 1)) != 0, 0))
        malloc_abort("malloc(): corrupted list of free objects");
      bin->free = next;
      bin->count--;
      object->mark = 0;
      cpu_mask_restore(was_masked);
      return object;
    }
  }
  cpu_mask_restore(was_masked);
  return malloc_cache_refill(size_class);
}

void *malloc(size_t len_bytes)
{
  if (__builtin_expect(len_bytes <= MALLOC_SMALL_MAX_BYTES, 1))
    return take_object(malloc_class_of(len_bytes));
  return malloc_big(MALLOC_ALIGN_BYTES, len_bytes, NULL);
}

void free(void *block)
{
  if (block == NULL)
    return;
  if (__builtin_expect(malloc_arena_has(block), 0))
  {
    malloc_arena_free(block);
    return;
  }
  const struct malloc_line *line = malloc_line_of(malloc_chunk_gva(block));
  unsigned int size_class = MALLOC_KIND_NONE;
  if (__builtin_expect(((uintptr_t) block & (MALLOC_ALIGN_BYTES - 1)) == 0 &&
                           line->mark == MALLOC_CHUNK_MARK,
                       1))
    size_class = line->kinds[malloc_span_index(block)];
  if (__builtin_expect(size_class >= MALLOC_CLASSES, 0))
  {
    malloc_big_free(block);
    return;
  }

  struct malloc_object *object = block;
  if (__builtin_expect(object->mark == MALLOC_FREE_MARK, 0) && malloc_cache_has(object, size_class))
    malloc_abort("free(): double free detected");
  uint32_t was_masked = cpu_mask_save();
  struct malloc_cache *cache = cpu_this()->malloc_cache;
  if (__builtin_expect(cache == NULL, 0))
  {
    cpu_mask_restore(was_masked);
    malloc_cache_free(object, size_class);
    return;
  }
  struct malloc_bin *bin = &cache->bins[size_class];
  object->next = bin->free;
  object->mark = MALLOC_FREE_MARK;
  bin->free = object;
  if (__builtin_expect(++bin->count == bin->limit, 0))
  {
    malloc_cache_drain(bin, size_class, was_masked);
    return;
  }
  cpu_mask_restore(was_masked);
}

void *calloc(size_t count, size_t item_bytes)
{
  size_t len_bytes;
  if (__builtin_mul_overflow(count, item_bytes, &len_bytes))
  {
    errno = ENOMEM;
    return NULL;
  }
  bool zeroed = false;
  void *block = len_bytes <= MALLOC_SMALL_MAX_BYTES
                    ? take_object(malloc_class_of(len_bytes))
                    : malloc_big(MALLOC_ALIGN_BYTES, len_bytes, &zeroed);
  if (block != NULL && !zeroed)
    memset(block, 0, len_bytes);
  return block;
}

size_t malloc_usable_size(void *block)
{
  return block == NULL ? 0 : malloc_block_bytes(block);
}

void *realloc(void *block, size_t len_bytes)
{
  if (block == NULL)
    return malloc(len_bytes);
  if (len_bytes == 0)
  {
    free(block);
    return NULL;
  }
  size_t has_bytes = malloc_block_bytes(block);
  if (malloc_block_resize(block, has_bytes, len_bytes))
    return block;
  void *moved = malloc(len_bytes);
  if (moved == NULL)
    return NULL;
  memcpy(moved, block, len_bytes < has_bytes ? len_bytes : has_bytes);
  free(block);
  return moved;
}

/* Nothing is kept back: `pad_bytes` would be at the end of a heap that has one. */
int malloc_trim(size_t pad_bytes)
{
  (void) pad_bytes;
  return malloc_caches_flush() ? 1 : 0;
}

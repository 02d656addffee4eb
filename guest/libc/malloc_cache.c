/* The slow paths of the caches of CPUs. */
#include "libc/malloc_cache.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "libc/malloc_arena.h"
#include "libc/malloc_large.h"
#include "libc/malloc_pool.h"
#include "mm/kernel_heap.h"
#include "sched/lifetime.h"

/* How often all caches were asked to empty themselves. */
static uint32_t flushes;

/* Whether this CPU has not yet emptied its cache as asked. Masked. */
static bool must_flush(const struct malloc_cache *cache)
{
  return cache->flushes_seen != __atomic_load_n(&flushes, __ATOMIC_RELAXED);
}

static void flush_bin(struct malloc_bin *bin, unsigned int size_class)
{
  if (bin->count != 0)
    malloc_pool_return(size_class, bin->free, bin->count);
  if (bin->spare != NULL)
    malloc_pool_return(size_class, bin->spare, bin->limit);
  bin->free = bin->spare = NULL;
  bin->count = 0;
}

/* Empties this CPU's cache. Unmasked, so that others run between two classes; if the task has moved
 * then, part of the other CPU's cache is emptied instead. */
static void flush(void)
{
  for (unsigned int size_class = 0; size_class < MALLOC_CLASSES; size_class++)
  {
    uint32_t was_masked = cpu_mask_save();
    struct malloc_cache *cache = cpu_this()->malloc_cache;
    if (cache != NULL)
    {
      cache->flushes_seen = __atomic_load_n(&flushes, __ATOMIC_RELAXED);
      flush_bin(&cache->bins[size_class], size_class);
    }
    cpu_mask_restore(was_masked);
  }
}

/* Gives this CPU a cache. Not masked: meanwhile another task may have given it one. */
static bool create_cache(void)
{
  struct malloc_cache *cache = kernel_allocate_zeroed(sizeof(*cache));
  if (cache == NULL)
    return false;
  for (unsigned int size_class = 0; size_class < MALLOC_CLASSES; size_class++)
    cache->bins[size_class].limit = malloc_batch_objects(size_class);

  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  if (cpu->malloc_cache == NULL)
  {
    cpu->malloc_cache = cache;
    cache = NULL;
  }
  cpu_mask_restore(was_masked);
  kernel_free(cache, sizeof(*cache));
  return true;
}

bool malloc_grow(unsigned int *tries)
{
  /* Memory comes by hypercalls, and other tasks may run meanwhile. */
  if (cpu_is_masked())
    panic("malloc needs memory while interrupts are masked");
  if (malloc_chunk_add())
    return true;
  if ((*tries)++ == 0)
  {
    malloc_caches_flush();
    return true;
  }
  errno = ENOMEM;
  return false;
}

/* An object for this CPU from its spare batch or from the pool. Masked. */
static struct malloc_object *take_object(struct malloc_cache *cache, unsigned int size_class)
{
  struct malloc_bin *bin = &cache->bins[size_class];
  if (bin->free == NULL && bin->spare != NULL)
  {
    bin->free = bin->spare;
    bin->spare = NULL;
    bin->count = bin->limit;
  }
  if (bin->free == NULL)
    bin->free = malloc_pool_take(size_class, &bin->count);
  struct malloc_object *object = bin->free;
  if (object == NULL)
    return NULL;
  bin->count--;
  bin->free = object->next;
  object->mark = 0;
  return object;
}

/* An object from the pool, for a CPU that has no memory for a cache. */
static struct malloc_object *take_without_cache(unsigned int size_class)
{
  unsigned int count;
  uint32_t was_masked = cpu_mask_save();
  struct malloc_object *object = malloc_pool_take(size_class, &count);
  if (object != NULL)
  {
    malloc_pool_return(size_class, object->next, count - 1);
    object->mark = 0;
  }
  cpu_mask_restore(was_masked);
  return object;
}

void *malloc_cache_refill(unsigned int size_class)
{
  unsigned int tries = 0;
  for (;;)
  {
    uint32_t was_masked = cpu_mask_save();
    struct malloc_cache *cache = cpu_this()->malloc_cache;
    struct malloc_object *object = cache == NULL ? NULL : take_object(cache, size_class);
    bool asked = cache != NULL && must_flush(cache);
    cpu_mask_restore(was_masked);
    if (asked && was_masked == 0)
      flush();
    if (object != NULL)
      return object;
    if (cache == NULL)
    {
      void *early = malloc_arena_allocate(malloc_class_bytes(size_class));
      if (early != NULL)
        return early;
    }
    if (cache == NULL && create_cache())
      continue;
    object = cache == NULL ? take_without_cache(size_class) : NULL;
    if (object != NULL)
      return object;
    if (!malloc_grow(&tries))
      return NULL;
  }
}

void malloc_cache_free(struct malloc_object *object, unsigned int size_class)
{
  uint32_t was_masked = cpu_mask_save();
  malloc_pool_return(size_class, object, 1);
  cpu_mask_restore(was_masked);
}

void malloc_cache_drain(struct malloc_bin *bin, unsigned int size_class, uint32_t was_masked)
{
  if (bin->spare != NULL)
    malloc_pool_give(size_class, bin->spare);
  bin->spare = bin->free;
  bin->free = NULL;
  bin->count = 0;
  bool asked = must_flush(cpu_this()->malloc_cache);
  cpu_mask_restore(was_masked);
  if (was_masked != 0)
    return;
  if (asked)
    flush();
  if (malloc_chunks_in_excess())
    malloc_chunks_trim(MALLOC_EMPTY_CHUNKS);
}

static bool list_has(const struct malloc_object *list, uint32_t count,
                     const struct malloc_object *object)
{
  for (uint32_t i = 0; i < count; i++, list = list->next)
    if (list == object)
      return true;
  return false;
}

bool malloc_cache_has(const struct malloc_object *object, unsigned int size_class)
{
  bool found = false;
  uint32_t was_masked = cpu_mask_save();
  const struct malloc_cache *cache = cpu_this()->malloc_cache;
  if (cache != NULL)
  {
    const struct malloc_bin *bin = &cache->bins[size_class];
    found = list_has(bin->free, bin->count, object) ||
            (bin->spare != NULL && list_has(bin->spare, bin->limit, object));
  }
  cpu_mask_restore(was_masked);
  return found;
}

bool malloc_caches_flush(void)
{
  __atomic_fetch_add(&flushes, 1, __ATOMIC_RELAXED);
  flush();
  malloc_pools_flush();
  bool freed = malloc_large_trim();
  freed = malloc_chunks_trim(0) || freed;
  return tasks_free_kept() || freed;
}

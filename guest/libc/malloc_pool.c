/* Free objects between the caches of CPUs and the spans they came from. */
#include "libc/malloc_pool.h"

#include <signal.h>

#include "crash.h"
#include "large_data.h"
#include "sched/spinlock.h"

/* Batches that a class keeps before objects go back to their spans. */
#define POOL_BATCHES_MAX 8u

/* Objects made of untouched memory at a time: few new pages are touched ahead of use. */
#define POOL_MAKE_BYTES 4096ul

struct pool
{
  struct spinlock lock;
  unsigned int batches_count;
  struct malloc_object *batches; /* first objects of batches, linked by their marks */
  struct malloc_span *spans;     /* that have objects to give */
} __attribute__((aligned(64)));

static LARGE_DATA struct pool pools[MALLOC_CLASSES];

void malloc_abort(const char *message)
{
  crash_by_signal(SIGABRT, message);
}

static void link_span(struct pool *pool, struct malloc_span *span)
{
  span->previous = NULL;
  span->next = pool->spans;
  if (span->next != NULL)
    span->next->previous = span;
  pool->spans = span;
}

static void unlink_span(struct pool *pool, struct malloc_span *span)
{
  if (span->next != NULL)
    span->next->previous = span->previous;
  if (span->previous != NULL)
    span->previous->next = span->next;
  else
    pool->spans = span->next;
}

static bool span_has_objects(const struct malloc_span *span)
{
  return span->free != NULL || span->made < span->capacity;
}

/* A description lies in its chunk at a place that says which span it is of. */
static unsigned int span_index(const struct malloc_span *span)
{
  return (unsigned int) (span - malloc_chunk_at(malloc_chunk_gva(span))->spans);
}

static struct malloc_span *add_span(struct pool *pool, unsigned int size_class)
{
  uint64_t gva = malloc_spans_take(1, 1, (uint8_t) size_class, NULL);
  if (gva == 0)
    return NULL;
  uint64_t chunk_gva = gva & ~(MALLOC_CHUNK_BYTES - 1);
  unsigned int index = (unsigned int) ((gva - chunk_gva) / MALLOC_SPAN_BYTES);
  struct malloc_span *span = &malloc_chunk_at(chunk_gva)->spans[index];
  uint64_t len_bytes = index == 0 ? MALLOC_SPAN_BYTES - PAGE_BYTES : MALLOC_SPAN_BYTES;
  span->free = NULL;
  span->out = 0;
  span->made = 0;
  span->capacity = (uint16_t) (len_bytes / malloc_class_bytes(size_class));
  link_span(pool, span);
  return span;
}

/* Puts up to `wanted` objects of the span in front of the list. Returns how many. */
static unsigned int take_from_span(struct malloc_span *span, unsigned int size_class,
                                   unsigned int wanted, struct malloc_object **list)
{
  unsigned int taken = 0;
  while (taken < wanted && span->free != NULL)
  {
    struct malloc_object *object = span->free;
    span->free = object->next;
    object->next = *list;
    *list = object;
    taken++;
  }
  size_t object_bytes = malloc_class_bytes(size_class);
  uint64_t begin_gva = malloc_span_gva(malloc_chunk_gva(span), span_index(span));
  for (size_t made_bytes = 0;
       taken < wanted && span->made < span->capacity && made_bytes < POOL_MAKE_BYTES;
       made_bytes += object_bytes)
  {
    struct malloc_object *object = (struct malloc_object *) (begin_gva + span->made * object_bytes);
    object->next = *list;
    object->mark = MALLOC_FREE_MARK;
    *list = object;
    span->made++;
    taken++;
  }
  span->out = (uint16_t) (span->out + taken);
  return taken;
}

static struct malloc_object *take_batch(struct pool *pool)
{
  struct malloc_object *batch = pool->batches;
  if (batch == NULL)
    return NULL;
  pool->batches = (struct malloc_object *) batch->mark;
  pool->batches_count--;
  batch->mark = MALLOC_FREE_MARK;
  return batch;
}

struct malloc_object *malloc_pool_take(unsigned int size_class, unsigned int *count)
{
  struct pool *pool = &pools[size_class];
  unsigned int wanted = malloc_batch_objects(size_class);
  spinlock_lock(&pool->lock);
  struct malloc_object *list = take_batch(pool);
  *count = list == NULL ? 0 : wanted;
  if (list == NULL)
  {
    struct malloc_span *span = pool->spans != NULL ? pool->spans : add_span(pool, size_class);
    if (span != NULL)
    {
      *count = take_from_span(span, size_class, wanted, &list);
      if (!span_has_objects(span))
        unlink_span(pool, span);
    }
  }
  spinlock_unlock(&pool->lock);
  return list;
}

static void return_object(struct pool *pool, unsigned int size_class, struct malloc_object *object)
{
  uint64_t chunk_gva = malloc_chunk_gva(object);
  const struct malloc_line *line = malloc_line_of(chunk_gva);
  unsigned int index = malloc_span_index(object);
  if (line->mark != MALLOC_CHUNK_MARK || line->kinds[index] != size_class)
    malloc_abort("free(): corrupted list of free objects");
  struct malloc_span *span = &malloc_chunk_at(chunk_gva)->spans[index];
  uint64_t offset = (uint64_t) object - malloc_span_gva(chunk_gva, index);
  if (offset % malloc_class_bytes(size_class) != 0 || span->out == 0)
    malloc_abort("free(): invalid pointer");

  if (!span_has_objects(span))
    link_span(pool, span);
  object->next = span->free;
  object->mark = MALLOC_FREE_MARK;
  span->free = object;
  span->out--;
  if (span->out == 0)
  {
    unlink_span(pool, span);
    malloc_spans_give(chunk_gva, index, 1);
  }
}

static void return_list(struct pool *pool, unsigned int size_class, struct malloc_object *list,
                        unsigned int count)
{
  for (unsigned int i = 0; i < count; i++)
  {
    struct malloc_object *next = list->next;
    return_object(pool, size_class, list);
    list = next;
  }
}

void malloc_pool_give(unsigned int size_class, struct malloc_object *batch)
{
  struct pool *pool = &pools[size_class];
  spinlock_lock(&pool->lock);
  if (pool->batches_count < POOL_BATCHES_MAX)
  {
    batch->mark = (uint64_t) pool->batches;
    pool->batches = batch;
    pool->batches_count++;
  }
  else
    return_list(pool, size_class, batch, malloc_batch_objects(size_class));
  spinlock_unlock(&pool->lock);
}

void malloc_pool_return(unsigned int size_class, struct malloc_object *list, unsigned int count)
{
  struct pool *pool = &pools[size_class];
  spinlock_lock(&pool->lock);
  return_list(pool, size_class, list, count);
  spinlock_unlock(&pool->lock);
}

/* One batch back into its spans; false when the pool has none. */
static bool flush_batch(struct pool *pool, unsigned int size_class)
{
  uint32_t was_masked = spinlock_lock_masked(&pool->lock);
  struct malloc_object *batch = take_batch(pool);
  if (batch != NULL)
    return_list(pool, size_class, batch, malloc_batch_objects(size_class));
  spinlock_unlock_restore(&pool->lock, was_masked);
  return batch != NULL;
}

void malloc_pools_flush(void)
{
  for (unsigned int size_class = 0; size_class < MALLOC_CLASSES; size_class++)
    while (flush_batch(&pools[size_class], size_class))
      continue;
}

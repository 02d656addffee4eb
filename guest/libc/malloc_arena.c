/* Static memory for the first objects. */
#include "libc/malloc_arena.h"

#include "large_data.h"
#include "libc/malloc_pool.h"

#define ARENA_MARK_USED 0x64657375616e6572ul
#define ARENA_MARK_FREE 0x65657266616e6572ul

/* In front of each object. */
struct arena_object
{
  uint64_t mark;
  uint64_t len_bytes;
};

LARGE_DATA unsigned char malloc_arena[MALLOC_ARENA_BYTES]
    __attribute__((aligned(MALLOC_ARENA_MAX_BYTES)));

/* Where the next object may begin, from the arena's begin. */
static size_t arena_used;

void *malloc_arena_allocate(size_t len_bytes)
{
  if (len_bytes > MALLOC_ARENA_MAX_BYTES)
    return NULL;
  size_t align_bytes = len_bytes & -len_bytes;
  size_t used = __atomic_load_n(&arena_used, __ATOMIC_RELAXED);
  size_t begin;
  do
  {
    begin = (used + sizeof(struct arena_object) + align_bytes - 1) & -align_bytes;
    if (begin + len_bytes > MALLOC_ARENA_BYTES)
      return NULL;
  } while (!__atomic_compare_exchange_n(&arena_used, &used, begin + len_bytes, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  struct arena_object *object = (struct arena_object *) (malloc_arena + begin) - 1;
  *object = (struct arena_object){.mark = ARENA_MARK_USED, .len_bytes = len_bytes};
  return object + 1;
}

static struct arena_object *object_of(const void *block)
{
  if ((uintptr_t) block % MALLOC_ALIGN_BYTES != 0 || block == malloc_arena)
    malloc_abort("free(): invalid pointer");
  return (struct arena_object *) block - 1;
}

void malloc_arena_free(void *block)
{
  struct arena_object *object = object_of(block);
  if (object->mark == ARENA_MARK_FREE)
    malloc_abort("free(): double free detected");
  if (object->mark != ARENA_MARK_USED)
    malloc_abort("free(): invalid pointer");
  object->mark = ARENA_MARK_FREE;
}

size_t malloc_arena_bytes(const void *block)
{
  const struct arena_object *object = object_of(block);
  if (object->mark != ARENA_MARK_USED)
    malloc_abort("realloc(): invalid pointer");
  return object->len_bytes;
}

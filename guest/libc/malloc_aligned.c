/* Blocks with an alignment of the caller's choice. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "libc/malloc_block.h"
#include "libc/malloc_chunk.h"

/* A class whose objects all have the alignment, or MALLOC_CLASSES. */
static unsigned int aligned_class(size_t align_bytes, size_t len_bytes)
{
  if (len_bytes > MALLOC_SMALL_MAX_BYTES)
    return MALLOC_CLASSES;
  unsigned int size_class = malloc_class_of(len_bytes);
  while (size_class < MALLOC_CLASSES && malloc_class_bytes(size_class) % align_bytes != 0)
    size_class++;
  return size_class;
}

void *memalign(size_t align_bytes, size_t len_bytes)
{
  if (align_bytes == 0 || (align_bytes & (align_bytes - 1)) != 0)
  {
    errno = EINVAL;
    return NULL;
  }
  if (align_bytes <= MALLOC_ALIGN_BYTES)
    return malloc(len_bytes);
  unsigned int size_class = aligned_class(align_bytes, len_bytes);
  if (size_class < MALLOC_CLASSES)
    return malloc(malloc_class_bytes(size_class));
  return malloc_big(align_bytes, len_bytes, NULL);
}

void *aligned_alloc(size_t align_bytes, size_t len_bytes)
{
  return memalign(align_bytes, len_bytes);
}

/* Returns the error and leaves errno alone, as POSIX has it. */
int posix_memalign(void **block, size_t align_bytes, size_t len_bytes)
{
  if (align_bytes < sizeof(void *) || (align_bytes & (align_bytes - 1)) != 0)
    return EINVAL;
  int saved = errno;
  void *taken = memalign(align_bytes, len_bytes);
  errno = saved;
  if (taken == NULL)
    return ENOMEM;
  *block = taken;
  return 0;
}

void *valloc(size_t len_bytes)
{
  return memalign(PAGE_BYTES, len_bytes);
}

void *pvalloc(size_t len_bytes)
{
  if (len_bytes > PTRDIFF_MAX)
  {
    errno = ENOMEM;
    return NULL;
  }
  return memalign(PAGE_BYTES, (len_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1));
}

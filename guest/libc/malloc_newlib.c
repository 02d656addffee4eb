/* The heap under names that only Newlib has; a program's own malloc serves these too. */
#include <malloc.h>
#include <reent.h>
#include <stdlib.h>

void *_malloc_r(struct _reent *reent, size_t len_bytes)
{
  (void) reent;
  return malloc(len_bytes);
}

void _free_r(struct _reent *reent, void *block)
{
  (void) reent;
  free(block);
}

void *_calloc_r(struct _reent *reent, size_t count, size_t item_bytes)
{
  (void) reent;
  return calloc(count, item_bytes);
}

void *_realloc_r(struct _reent *reent, void *block, size_t len_bytes)
{
  (void) reent;
  return realloc(block, len_bytes);
}

void *_memalign_r(struct _reent *reent, size_t align_bytes, size_t len_bytes)
{
  (void) reent;
  return memalign(align_bytes, len_bytes);
}

/* As realloc, but frees the block also when there is no memory. */
void *reallocf(void *block, size_t len_bytes)
{
  void *moved = realloc(block, len_bytes);
  if (moved == NULL && len_bytes != 0)
    free(block);
  return moved;
}

void *_reallocf_r(struct _reent *reent, void *block, size_t len_bytes)
{
  (void) reent;
  return reallocf(block, len_bytes);
}

/* The application heap's break. The region is mapped whole; the host gives memory on first touch.
 */
#include "mm/heap.h"

#include <stdint.h>

#include "start_info.h"

static uint64_t heap_break;

void heap_init(void)
{
  heap_break = start_info->heap_gva;
}

void *heap_move_break(ptrdiff_t bytes)
{
  uint64_t used = heap_break - start_info->heap_gva;
  if (bytes >= 0 ? (uint64_t) bytes > start_info->heap_len_bytes - used : -(uint64_t) bytes > used)
    return NULL;
  uint64_t old = heap_break;
  heap_break += (uint64_t) bytes;
  return (void *) old; /* NOLINT(performance-no-int-to-ptr) */
}

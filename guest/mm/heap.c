/* The application heap: a break in a region that is mapped on first touch. */
#include "mm/heap.h"

#include <stdint.h>

#include "hypercalls/start_info.h"
#include "mm/virtual.h"
#include "sched/spinlock.h"

static uint64_t heap_bytes;

void *heap_move_break(ptrdiff_t bytes)
{
  uint64_t old = heap_bytes;
  if (bytes == 0)
    return (void *) (UHYVE_HEAP_BASE + old); /* NOLINT(performance-no-int-to-ptr) */
  if (bytes > 0 ? (uint64_t) bytes > UHYVE_PIE_BASE - UHYVE_HEAP_BASE - old
                : -(uint64_t) bytes > old)
    return NULL;
  if (virtual_set_heap_end(UHYVE_HEAP_BASE + old + (uint64_t) bytes) != 0)
    return NULL;
  heap_bytes = old + (uint64_t) bytes;
  return (void *) (UHYVE_HEAP_BASE + old); /* NOLINT(performance-no-int-to-ptr) */
}

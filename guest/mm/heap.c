/* The application heap: a break in a region that the monitor maps as it grows; the host gives
 * memory on first touch. */
#include "mm/heap.h"

#include <stdbool.h>
#include <stdint.h>

#include "hypercall.h"
#include "start_info.h"

static uint64_t heap_break;
static uint64_t heap_attached_bytes;

void heap_init(void)
{
  heap_break = start_info->heap_gva;
  heap_attached_bytes = start_info->heap_attached_bytes;
}

/* Has the monitor attach memory. Returns whether the heap may have that size. */
static bool attach(uint64_t heap_bytes)
{
  HC_BLOCK(struct hc_memory) block = {.heap_bytes = heap_bytes};
  hypercall(HC_memory, &block);
  if (block.result != 0)
    return false;
  heap_attached_bytes = block.heap_bytes;
  return true;
}

void *heap_move_break(ptrdiff_t bytes)
{
  uint64_t used = heap_break - start_info->heap_gva;
  if (bytes >= 0 ? (uint64_t) bytes > start_info->heap_len_bytes - used : -(uint64_t) bytes > used)
    return NULL;
  if (used + (uint64_t) bytes > heap_attached_bytes && !attach(used + (uint64_t) bytes))
    return NULL;
  uint64_t old = heap_break;
  heap_break += (uint64_t) bytes;
  return (void *) old; /* NOLINT(performance-no-int-to-ptr) */
}

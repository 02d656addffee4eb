/* The virtual manager: the region that the program break grows through. */
#include <errno.h>

#include "hypercalls/start_info.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "mm/virtual_state.h"

static uint64_t heap_end_gva = UHYVE_HEAP_BASE;

/* Of the page that the break is in: nothing above is in use. */
static uint64_t break_end_gva = UHYVE_HEAP_BASE;

/* Grows the heap's mapping by what is committed. */
static int grow_heap(uint64_t end)
{
  uint64_t len_bytes = end - heap_end_gva;
  int error = physical_commit(len_bytes);
  if (error != 0)
    return error;
  uint32_t was_masked;
  if (!virtual_lock_to_add(&was_masked))
  {
    physical_uncommit(len_bytes);
    return -ENOMEM;
  }
  struct table_account account;
  table_account_begin(&account, heap_end_gva, end);
  mapping_insert(heap_end_gva, end, PAGING_READ | PAGING_WRITE, 0, true);
  if (!table_account_fits(&account) ||
      paging_prepare(heap_end_gva, len_bytes, LARGE_FRAME_BYTES) != 0)
  {
    mapping_remove(mapping_at(heap_end_gva));
    error = -ENOMEM;
  }
  table_account_end(&account);
  if (error == 0)
  {
    mapping_merge(heap_end_gva, end);
    heap_end_gva = end;
  }
  virtual_unlock(was_masked);
  if (error != 0)
    physical_uncommit(len_bytes);
  return error;
}

/* Whole large pages stay, but the old contents above the break do not: zeros come back. */
static int shrink_heap(uint64_t end, uint64_t large_end)
{
  uint64_t stay_end = large_end < heap_end_gva ? large_end : heap_end_gva;
  uint32_t was_masked;
  if (!virtual_lock_to_split(stay_end, heap_end_gva, &was_masked))
    return -ENOMEM;
  uint64_t uncommit_bytes = 0;
  if (end < stay_end)
    uncommit_bytes += discard_locked(end, stay_end);
  if (stay_end < heap_end_gva)
    uncommit_bytes += unmap_locked(stay_end, heap_end_gva);
  heap_end_gva = stay_end;
  virtual_unlock(was_masked);
  physical_uncommit(uncommit_bytes);
  physical_give_back(false);
  return 0;
}

static int move_heap_end(uint64_t end, uint64_t large_end)
{
  if (end < break_end_gva)
    return shrink_heap(end, large_end);
  if (end <= heap_end_gva)
    return 0;
  return grow_heap(large_end) == 0 ? 0 : grow_heap(end);
}

int virtual_set_heap_end(uint64_t end_gva)
{
  if (end_gva < UHYVE_HEAP_BASE || end_gva > UHYVE_PIE_BASE)
    return -EINVAL;
  /* Whole large pages, if there is memory for the last one. */
  uint64_t large_end = (end_gva + LARGE_FRAME_BYTES - 1) & ~(LARGE_FRAME_BYTES - 1);
  uint64_t end = (end_gva + FRAME_BYTES - 1) & ~(FRAME_BYTES - 1);
  int error = move_heap_end(end, large_end);
  if (error == 0)
    break_end_gva = end;
  return error;
}

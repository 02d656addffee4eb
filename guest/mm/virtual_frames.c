/* Frames on their way out of a mapping, and the window's rights to frames that hold code. */
#include <errno.h>

#include "crash.h"
#include "large_data.h"
#include "mm/address.h"
#include "mm/physical.h"
#include "mm/virtual_state.h"

/* To split a page of the window down to small ones, at both ends of a range. */
#define SEAL_TABLES 4

#define EXTENTS     128

struct extent
{
  uint64_t gpa;
  uint64_t len_bytes;
  bool sealed;
};

/* Unmapped, but perhaps still in a TLB. Guarded by the virtual manager's lock. */
static LARGE_DATA struct extent extents[EXTENTS];
static unsigned int extent_count;
static bool flush_needed;

void frames_release(void)
{
  if (flush_needed)
    paging_flush();
  flush_needed = false;
  for (unsigned int i = 0; i < extent_count; i++)
  {
    if (extents[i].sealed)
      frames_unseal(extents[i].gpa, extents[i].len_bytes, &flush_needed);
  }
  if (flush_needed)
    paging_flush();
  flush_needed = false;
  for (unsigned int i = 0; i < extent_count; i++)
    physical_free(extents[i].gpa, extents[i].len_bytes);
  extent_count = 0;
}

struct unmapping
{
  uint64_t bytes;
  bool sealed;
};

static void collect(void *argument, uint64_t gpa, uint64_t len_bytes)
{
  struct unmapping *unmapping = argument;
  unmapping->bytes += len_bytes;
  struct extent *last = extent_count > 0 ? &extents[extent_count - 1] : NULL;
  if (last != NULL && last->gpa + last->len_bytes == gpa && last->sealed == unmapping->sealed)
  {
    last->len_bytes += len_bytes;
    return;
  }
  if (extent_count == EXTENTS)
  {
    /* They are out of the tables already, though paging_unmap() has not said so yet. */
    flush_needed = true;
    frames_release();
  }
  extents[extent_count++] =
      (struct extent){.gpa = gpa, .len_bytes = len_bytes, .sealed = unmapping->sealed};
}

uint64_t frames_unmap(const struct mapping *mapping, uint64_t begin, uint64_t end)
{
  if (begin < mapping->range.begin)
    begin = mapping->range.begin;
  if (end > mapping->range.end)
    end = mapping->range.end;
  struct unmapping unmapping = {.sealed = (mapping->rights & PAGING_EXECUTE) != 0};
  if (paging_unmap(begin, end - begin, collect, &unmapping, &flush_needed) != 0)
    panic("no page table for a part of a large page");
  return unmapping.bytes;
}

static uint64_t window_gva(uint64_t gpa)
{
  return (uint64_t) address_of_gpa(gpa);
}

int frames_seal(uint64_t gpa, uint64_t len_bytes, bool *flush)
{
  if (!tables_spare(SEAL_TABLES))
    return -ENOMEM;
  return paging_protect(window_gva(gpa), len_bytes, PAGING_READ, flush);
}

void frames_unseal(uint64_t gpa, uint64_t len_bytes, bool *flush)
{
  /* Its pages were split when it was sealed. */
  if (paging_protect(window_gva(gpa), len_bytes, PAGING_READ | PAGING_WRITE, flush) != 0)
    panic("no page table for the window");
  /* More rights need a flush here: a fault in the window is a crash, be it only of a TLB that knows
   * old rights. */
  *flush = true;
}

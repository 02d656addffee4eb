/* The virtual manager: what is mapped, and bringing it in beforehand. */
#include "hypercalls/start_info.h"
#include "mm/virtual.h"
#include "mm/virtual_state.h"

/* Where the mapping ends that the address is in; the address itself if it is in none. */
static uint64_t mapping_end(uint64_t gva)
{
  uint32_t was_masked = virtual_lock();
  const struct mapping *mapping = mapping_at(gva);
  uint64_t end = mapping != NULL ? mapping->range.end : gva;
  virtual_unlock(was_masked);
  return end;
}

bool virtual_is_mapped(uint64_t gva, uint64_t len_bytes)
{
  if (gva >= UHYVE_MAP_END || len_bytes > UHYVE_MAP_END - gva)
    return false;
  uint64_t end = gva + len_bytes;
  while (gva < end)
  {
    uint64_t piece_end = mapping_end(gva);
    if (piece_end == gva)
    {
      struct paging_page page = paging_translate(gva);
      if (!page.mapped)
        return false;
      piece_end = (gva | (page.page_bytes - 1)) + 1;
    }
    gva = piece_end;
  }
  return true;
}

unsigned int virtual_rights(uint64_t gva, uint64_t len_bytes)
{
  uint32_t was_masked = virtual_lock();
  const struct mapping *mapping = mapping_at(gva);
  unsigned int rights = PAGING_NONE;
  if (mapping != NULL && mapping->range.end - gva >= len_bytes)
    rights = mapping->rights;
  virtual_unlock(was_masked);
  return rights;
}

bool virtual_next(uint64_t gva, struct virtual_range *range)
{
  uint32_t was_masked = virtual_lock();
  struct mapping *mapping = mapping_from(gva);
  bool is_there = mapping != NULL;
  if (is_there)
    *range = (struct virtual_range){mapping->range.begin, mapping->range.end, mapping->rights};
  while (is_there && (mapping = mapping_next(mapping)) != NULL &&
         mapping->range.begin == range->end && mapping->rights == range->rights)
    range->end = mapping->range.end;
  virtual_unlock(was_masked);
  return is_there;
}

static bool is_usable(const struct mapping *mapping)
{
  return mapping->rights != PAGING_NONE && (mapping->flags & VIRTUAL_BEYOND) == 0;
}

/* The first address from there on that is mapped and has rights; UINT64_MAX: none. */
static uint64_t next_usable(uint64_t gva)
{
  uint32_t was_masked = virtual_lock();
  struct mapping *mapping = mapping_from(gva);
  while (mapping != NULL && !is_usable(mapping))
    mapping = mapping_next(mapping);
  uint64_t next = UINT64_MAX;
  if (mapping != NULL)
    next = mapping->range.begin > gva ? mapping->range.begin : gva;
  virtual_unlock(was_masked);
  return next;
}

void virtual_populate(uint64_t gva, uint64_t len_bytes)
{
  uint64_t end = gva + len_bytes;
  for (gva = next_usable(gva); gva < end; gva = next_usable(gva))
  {
    struct paging_page page = paging_translate(gva);
    if (!page.mapped)
    {
      if (virtual_fault(gva, PAGING_READ) == FAULT_NO_MEMORY)
        return;
      page = paging_translate(gva);
    }
    if (page.mapped)
      gva = (gva | (page.page_bytes - 1)) + 1;
  }
}

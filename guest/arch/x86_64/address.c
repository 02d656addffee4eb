/* Converts between guest-physical and virtual addresses. */
#include "mm/address.h"

#include <stddef.h>

#include "hypercalls/start_info.h"
#include "mm/paging.h"
#include "start_info.h"

void *address_of_gpa(uint64_t gpa)
{
  return (void *) (UHYVE_WINDOW_BASE + gpa); /* NOLINT(performance-no-int-to-ptr) */
}

static const struct uhyve_linear_range *linear_range(uint64_t gva)
{
  for (unsigned int i = 0; i < UHYVE_LINEAR_RANGES; i++)
  {
    const struct uhyve_linear_range *range = &start_info->linear[i];
    if (gva - range->gva < range->len_bytes)
      return range;
  }
  return NULL;
}

uint64_t address_to_gpa_long(const void *pointer, enum address_access access,
                             uint64_t *contiguous_bytes)
{
  uint64_t gva = (uint64_t) pointer;
  const struct uhyve_linear_range *range = linear_range(gva);
  if (range != NULL)
  {
    *contiguous_bytes = range->len_bytes - (gva - range->gva);
    return gva - range->gva + range->gpa;
  }
  if (gva >> 47 != 0)
    return ADDRESS_UNMAPPED;
  struct paging_page page = paging_translate(gva);
  unsigned int rights = access == ADDRESS_WRITE ? PAGING_WRITE : PAGING_READ;
  if ((page.rights & rights) == 0)
    return ADDRESS_UNMAPPED;
  uint64_t offset = gva & (page.page_bytes - 1);
  *contiguous_bytes = page.page_bytes - offset;
  return page.gpa | offset;
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  uint64_t contiguous_bytes;
  return address_to_gpa_long(pointer, access, &contiguous_bytes);
}

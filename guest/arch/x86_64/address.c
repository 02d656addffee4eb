/* Converts between guest-physical and virtual addresses. */
#include "mm/address.h"

#include "hypercalls/start_info.h"
#include "mm/paging.h"
#include "start_info.h"

void *address_of_gpa(uint64_t gpa)
{
  return (void *) (UHYVE_WINDOW_BASE + gpa); /* NOLINT(performance-no-int-to-ptr) */
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  uint64_t gva = (uint64_t) pointer;
  for (unsigned int i = 0; i < UHYVE_LINEAR_RANGES; i++)
  {
    const struct uhyve_linear_range *range = &start_info->linear[i];
    if (gva - range->gva < range->len_bytes)
      return gva - range->gva + range->gpa;
  }
  if (gva >> 47 != 0)
    return ADDRESS_UNMAPPED;
  struct paging_page page = paging_translate(gva);
  unsigned int rights = access == ADDRESS_WRITE ? PAGING_WRITE : PAGING_READ;
  if ((page.rights & rights) == 0)
    return ADDRESS_UNMAPPED;
  return page.gpa | (gva & (page.page_bytes - 1));
}

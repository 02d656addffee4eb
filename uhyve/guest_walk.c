/* Reads guest memory by guest-virtual address, through page tables the guest may have damaged. */
#include <errno.h>
#include <string.h>

#include "page_tables.h"
#include "vm.h"

/* Returns 0 and the guest-physical address, or -EFAULT. */
static int walk(const struct vm *vm, uint64_t gva, uint64_t *gpa)
{
  if (gva >> 47 != 0)
    return -EFAULT;
  uint64_t table_gpa = vm->layout.tables_gpa;
  for (unsigned int shift = 39; shift >= 12; shift -= 9)
  {
    const uint8_t *table = guest_memory_hva(&vm->memory, table_gpa, GUEST_PAGE_BYTES);
    if (table == NULL)
      return -EFAULT;
    uint64_t entry;
    memcpy(&entry, table + (gva >> shift & 511) * sizeof(entry), sizeof(entry));
    if ((entry & PTE_PRESENT) == 0)
      return -EFAULT;
    uint64_t in_page = (1ull << shift) - 1;
    if (shift == 12 || ((entry & PTE_LARGE) != 0 && shift <= 30))
    {
      *gpa = (entry & PTE_ADDRESS & ~in_page) | (gva & in_page);
      return 0;
    }
    table_gpa = entry & PTE_ADDRESS;
  }
  return -EFAULT;
}

const void *vm_virtual_page(const struct vm *vm, uint64_t gva)
{
  uint64_t gpa;
  if (walk(vm, gva & ~(GUEST_PAGE_BYTES - 1), &gpa) != 0)
    return NULL;
  return guest_memory_hva(&vm->memory, gpa, GUEST_PAGE_BYTES);
}

int vm_read_virtual(void *context, uint64_t gva, void *buffer, size_t len_bytes)
{
  const struct vm *vm = context;
  uint8_t *to = buffer;
  while (len_bytes > 0)
  {
    uint64_t gpa;
    if (walk(vm, gva, &gpa) != 0)
      return -EFAULT;
    size_t piece = GUEST_PAGE_BYTES - (gva & (GUEST_PAGE_BYTES - 1));
    if (piece > len_bytes)
      piece = len_bytes;
    const void *hva = guest_memory_hva(&vm->memory, gpa, piece);
    if (hva == NULL)
      return -EFAULT;
    memcpy(to, hva, piece);
    to += piece;
    gva += piece;
    len_bytes -= piece;
  }
  return 0;
}

/* /proc/self/maps: what is mapped where. */
#include <stdbool.h>

#include "fs/proc_text.h"
#include "mm/address.h"
#include "mm/paging.h"
#include "mm/virtual.h"
#include "start_info.h"

#define NAME_COLUMN 73

static void print_range(struct proc_text *text, uint64_t begin, uint64_t end, unsigned int rights,
                        const char *name)
{
  size_t line = text->len_bytes;
  proc_print(text, "%08lx-%08lx %c%c%cp 00000000 00:00 0 ", begin, end,
             (rights & PAGING_READ) != 0 ? 'r' : '-', (rights & PAGING_WRITE) != 0 ? 'w' : '-',
             (rights & PAGING_EXECUTE) != 0 ? 'x' : '-');
  while (name[0] != '\0' && text->len_bytes - line < NAME_COLUMN && !text->is_short)
    proc_print(text, " ");
  proc_print(text, "%s\n", name);
}

/* What the monitor has mapped: by the rights that pages have. */
static void print_pages(struct proc_text *text, uint64_t begin, uint64_t end, const char *name)
{
  uint64_t from = begin;
  unsigned int rights = PAGING_NONE;
  uint64_t gva = begin;
  while (gva < end)
  {
    struct paging_page page = paging_translate(gva);
    if (page.rights != rights)
    {
      if (rights != PAGING_NONE)
        print_range(text, from, gva, rights, name);
      from = gva;
      rights = page.rights;
    }
    gva = (gva | (page.page_bytes - 1)) + 1;
  }
  if (rights != PAGING_NONE)
    print_range(text, from, end, rights, name);
}

static const char *name_of(const struct virtual_range *range)
{
  return range->begin == UHYVE_HEAP_BASE ? "[heap]" : "";
}

static void print_mappings(struct proc_text *text, uint64_t begin, uint64_t end)
{
  struct virtual_range range;
  for (; virtual_next(begin, &range) && range.begin < end; begin = range.end)
    print_range(text, range.begin, range.end, range.rights, name_of(&range));
}

static void print_image(struct proc_text *text)
{
  uint64_t len_bytes = (start_info->image_len_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  print_pages(text, start_info->image_gva, start_info->image_gva + len_bytes, proc_program_name());
}

/* In the order of addresses: a program is below all or between heap and mappings. */
void proc_self_maps(struct proc_text *text)
{
  bool is_low = start_info->image_gva < UHYVE_HEAP_BASE;
  if (is_low)
    print_image(text);
  print_pages(text, start_info->stack_gva, start_info->stack_gva + start_info->stack_len_bytes,
              "[stack]");
  print_mappings(text, UHYVE_HEAP_BASE, UHYVE_PIE_BASE);
  if (!is_low)
    print_image(text);
  print_mappings(text, UHYVE_PIE_BASE, UHYVE_MAP_END);
}

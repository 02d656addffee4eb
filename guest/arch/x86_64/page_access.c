/* Reaches page tables: ring 3 reads them through the window and has the nucleus write them. */
#include <cpuid.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/page_tables.h"
#include "arch/x86_64/tlb.h"
#include "crash.h"
#include "mm/address.h"
#include "start_info.h"

#define LEAF_EXTENDED  0x80000001
#define EDX_HUGE_PAGES (1u << 26)

const uint64_t *table_at(uint64_t table_gpa)
{
  return address_of_gpa(table_gpa);
}

uint64_t *table_buffer(void)
{
  return cpu_this()->area.table_entries;
}

/* The CPU that has forgotten all translations since the last write. */
static const struct percpu *forgetful;

void table_write(uint64_t table_gpa, unsigned int index, unsigned int count, bool last)
{
  uint64_t offset_bytes = table_gpa - start_info->page_tables_gpa + index * sizeof(uint64_t);
  uint64_t how = count | (last ? WRITE_FLUSH : 0);
  if (nucleus_call(NUCLEUS_TABLE_WRITE, offset_bytes, how) != (long) how)
    panic("the nucleus refused to write a page table");
  forgetful = last ? cpu_this() : NULL;
}

/* Read when it is first asked for: on hosts that are virtual machines themselves a `cpuid` costs
 * microseconds. */
bool table_has_huge_pages(void)
{
  static enum { UNKNOWN, NO, YES } huge_pages;
  if (huge_pages == UNKNOWN)
  {
    unsigned int eax = 0;
    unsigned int ebx = 0;
    unsigned int ecx = 0;
    unsigned int edx = 0;
    __get_cpuid(LEAF_EXTENDED, &eax, &ebx, &ecx, &edx);
    huge_pages = (edx & EDX_HUGE_PAGES) != 0 ? YES : NO;
  }
  return huge_pages == YES;
}

void paging_flush(void)
{
  tlb_shootdown(forgetful == cpu_this());
}

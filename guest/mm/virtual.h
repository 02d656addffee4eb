/* The virtual manager: which addresses are taken, with what rights; memory behind them comes on
 * first touch.
 *
 * Errors are negative errno. Calls other than virtual_fault are for tasks, not for upcalls, and no
 * spinlock may be held.
 */
#ifndef GUEST_MM_VIRTUAL_H
#define GUEST_MM_VIRTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/paging.h"

enum virtual_flags
{
  VIRTUAL_FIXED = 1,        /* at this address, in place of what is there */
  VIRTUAL_FIXED_VACANT = 2, /* at this address, -EEXIST if something is there */
  VIRTUAL_NO_RESERVE = 4,   /* commit memory on first touch only, which may then fail */
  VIRTUAL_POPULATE = 8,     /* map it all now */
  VIRTUAL_SMALL_PAGES = 16, /* 4 KiB pages only */
  VIRTUAL_BEYOND = 32,      /* behind the end of a file: no access, whatever the rights */
};

/* Maps zeroed memory of whole pages. *gva: in, where (fixed) or a wish (0: none); out, where it is.
 * align_bytes: a power of two of at least a page, for a place that is not fixed. -ENOMEM, -EINVAL,
 * -EEXIST, -EACCES for write and execute. */
int virtual_map(uint64_t *gva, uint64_t len_bytes, uint64_t align_bytes, unsigned int rights,
                unsigned int flags);

/* Unmaps whatever is there; 0 if nothing is. -EINVAL for addresses outside of the area. */
int virtual_unmap(uint64_t gva, uint64_t len_bytes);

/* Also for the heap. -ENOMEM where something in between is not mapped (as Linux), -EACCES for write
 * and execute. */
int virtual_protect(uint64_t gva, uint64_t len_bytes, unsigned int rights);

/* The contents are not needed: memory back to the host, zeros on the next touch. Also for the heap;
 * -ENOMEM where something in between is not mapped, with the rest discarded. */
int virtual_discard(uint64_t gva, uint64_t len_bytes);

/* Brings in what is not there yet of mappings in the range, as far as it has rights and memory
 * lasts. */
void virtual_populate(uint64_t gva, uint64_t len_bytes);

/* Whether something is mapped at each address: of ours, or the image or the main stack. */
bool virtual_is_mapped(uint64_t gva, uint64_t len_bytes);

/* The rights of a range that is in one mapping, else PAGING_NONE. */
unsigned int virtual_rights(uint64_t gva, uint64_t len_bytes);

/* Neighbours with the same rights. */
struct virtual_range
{
  uint64_t begin;
  uint64_t end;
  unsigned int rights;
};

/* What is mapped at that address or behind it; false: nothing. A range may begin before it. */
bool virtual_next(uint64_t gva, struct virtual_range *range);

/* Sets the end of the region that the program break grows through, [UHYVE_HEAP_BASE, end). Whole
 * pages above the end hold zeros when it comes back. One call at a time. */
int virtual_set_heap_end(uint64_t end_gva);

enum virtual_fault_result
{
  FAULT_MAPPED,     /* the access can be tried again */
  FAULT_NOT_MAPPED, /* nothing is there */
  FAULT_FORBIDDEN,  /* something is there, but not with these rights */
  FAULT_BEYOND,     /* VIRTUAL_BEYOND */
  FAULT_NO_MEMORY,  /* VIRTUAL_NO_RESERVE promised too much; or no page table to keep the window
                        from writing to code */
};

/* Handles a page fault, or brings a page in before it is needed. access: one of PAGING_READ,
 * PAGING_WRITE, PAGING_EXECUTE. For upcalls and masked code too. */
enum virtual_fault_result virtual_fault(uint64_t gva, unsigned int access);

#endif

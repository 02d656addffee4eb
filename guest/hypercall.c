/* Hypercalls: translates blocks and buffers to guest-physical addresses. */
#include "hypercall.h"

#include "arch/x86_64/hypercall.h"
#include "bare/calls.h"
#include "mm/virtual.h"
#include "start_info.h"

void hypercall(enum hc_port port, void *block)
{
  if (start_info->is_bare != 0)
  {
    bare_call(port, block);
    return;
  }
  hypercall_raw(port, address_to_gpa(block, ADDRESS_WRITE));
}

/* The guest-physical address behind a pointer, whose memory may come only now: the monitor's access
 * makes no page fault in the guest. */
static uint64_t bring_in(const void *pointer, enum address_access access,
                         uint64_t *contiguous_bytes)
{
  uint64_t gpa = address_to_gpa_long(pointer, access, contiguous_bytes);
  unsigned int rights = access == ADDRESS_WRITE ? PAGING_WRITE : PAGING_READ;
  if (gpa == ADDRESS_UNMAPPED && virtual_fault((uint64_t) pointer, rights) == FAULT_MAPPED)
    gpa = address_to_gpa_long(pointer, access, contiguous_bytes);
  return gpa;
}

size_t hypercall_segments(struct hc_segment *segment, uint32_t most, uint32_t *segments,
                          const void *buffer, size_t len_bytes, enum address_access access)
{
  size_t done = 0;
  uint32_t used = 0;
  while (done < len_bytes)
  {
    uint64_t piece;
    uint64_t gpa = bring_in((const char *) buffer + done, access, &piece);
    if (gpa == ADDRESS_UNMAPPED)
      break;
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    struct hc_segment *last = used > 0 ? &segment[used - 1] : NULL;
    if (last != NULL && last->gpa + last->len_bytes == gpa)
      last->len_bytes += piece;
    else if (used == most)
      break;
    else
      segment[used++] = (struct hc_segment){.gpa = gpa, .len_bytes = piece};
    done += piece;
  }
  *segments = used;
  return done;
}

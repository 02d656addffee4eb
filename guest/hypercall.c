/* Hypercalls: translates blocks and buffers to guest-physical addresses. */
#include "hypercall.h"

#include "arch/x86_64/hypercall.h"
#include "mm/virtual.h"

void hypercall(enum hc_port port, void *block)
{
  hypercall_raw(port, address_to_gpa(block, ADDRESS_WRITE));
}

/* The guest-physical address behind a pointer, whose memory may come only now: the monitor's access
 * makes no page fault in the guest. */
static uint64_t bring_in(const void *pointer, enum address_access access)
{
  uint64_t gpa = address_to_gpa(pointer, access);
  unsigned int rights = access == ADDRESS_WRITE ? PAGING_WRITE : PAGING_READ;
  if (gpa == ADDRESS_UNMAPPED && virtual_fault((uint64_t) pointer, rights) == FAULT_MAPPED)
    gpa = address_to_gpa(pointer, access);
  return gpa;
}

size_t hypercall_fill_segments(struct hc_io *io, const void *buffer, size_t len_bytes,
                               enum address_access access)
{
  size_t done = 0;
  io->segments = 0;
  while (done < len_bytes)
  {
    uint64_t gpa = bring_in((const char *) buffer + done, access);
    if (gpa == ADDRESS_UNMAPPED)
      break;
    size_t piece = PAGE_BYTES - (gpa & (PAGE_BYTES - 1));
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    struct hc_segment *last = io->segments > 0 ? &io->segment[io->segments - 1] : NULL;
    if (last != NULL && last->gpa + last->len_bytes == gpa)
      last->len_bytes += piece;
    else if (io->segments == HC_MAX_SEGMENTS)
      break;
    else
      io->segment[io->segments++] = (struct hc_segment){.gpa = gpa, .len_bytes = piece};
    done += piece;
  }
  return done;
}

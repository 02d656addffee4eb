/* Gives pages of a guest back to the host: anonymous memory only, for pages of the image would come
 * back as they are in the file. */
#include "memory_discard.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

static void *take_segment(const struct vm *vm, const struct hc_segment *segment)
{
  if (segment->gpa < vm->layout.memory_gpa || segment->gpa % GUEST_PAGE_BYTES != 0 ||
      segment->len_bytes % GUEST_PAGE_BYTES != 0)
    return NULL;
  return guest_memory_access(&vm->memory, segment->gpa, segment->len_bytes, GUEST_WRITE);
}

int memory_discard(const struct vm *vm, struct hc_discard *block, char message[static 256])
{
  void *hva[HC_MAX_SEGMENTS];
  if (block->segments > HC_MAX_SEGMENTS)
  {
    snprintf(message, 256, "hypercall discard: %u segments, at most %d are allowed",
             block->segments, HC_MAX_SEGMENTS);
    return -1;
  }
  for (uint32_t i = 0; i < block->segments; i++)
  {
    const struct hc_segment *segment = &block->segment[i];
    hva[i] = take_segment(vm, segment);
    if (hva[i] == NULL)
    {
      snprintf(message, 256,
               "hypercall discard: segment %u (0x%llx bytes at 0x%llx) is not whole pages of the "
               "guest's free memory",
               i, (unsigned long long) segment->len_bytes, (unsigned long long) segment->gpa);
      return -1;
    }
  }
  block->result = 0;
  for (uint32_t i = 0; i < block->segments && block->result == 0; i++)
  {
    if (block->segment[i].len_bytes > 0 &&
        madvise(hva[i], block->segment[i].len_bytes, MADV_DONTNEED) != 0)
      block->result = -errno;
  }
  return 0;
}

/* Checks of what a hypercall's block names. */
#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum hypercall_verdict call_broken(struct call *call, const char *format, ...)
{
  int used = snprintf(call->message, 256, "hypercall %s: ", call->name);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(call->message + used, 256 - (size_t) used, format, arguments);
  va_end(arguments);
  return HYPERCALL_BROKEN;
}

static void *take_segment(struct call *call, const struct hc_segment *segment, uint32_t index,
                          enum guest_access access)
{
  void *hva = guest_memory_access(&call->vm->memory, segment->gpa, segment->len_bytes, access);
  if (hva == NULL)
    call_broken(call, "segment %u (0x%llx bytes at 0x%llx) is not memory the guest may %s", index,
                (unsigned long long) segment->len_bytes, (unsigned long long) segment->gpa,
                access == GUEST_WRITE ? "write" : "read");
  return hva;
}

/* Cuts a list off behind what one call moves. Returns its new length. */
static int limit_pieces(struct iovec pieces[static HC_MAX_SEGMENTS], int count)
{
  size_t left = CALL_MOVES_MAX_BYTES;
  for (int i = 0; i < count; i++)
  {
    if (pieces[i].iov_len >= left)
    {
      pieces[i].iov_len = left;
      return i + 1;
    }
    left -= pieces[i].iov_len;
  }
  return count;
}

int call_segments(struct call *call, const struct hc_segment *segments, uint32_t count,
                  enum guest_access access, struct iovec pieces[static HC_MAX_SEGMENTS])
{
  if (count > HC_MAX_SEGMENTS)
  {
    call_broken(call, "%u segments, at most %d are allowed", count, HC_MAX_SEGMENTS);
    return -1;
  }
  for (uint32_t i = 0; i < count; i++)
  {
    void *hva = take_segment(call, &segments[i], i, access);
    if (hva == NULL)
      return -1;
    pieces[i] = (struct iovec){.iov_base = hva, .iov_len = segments[i].len_bytes};
  }
  return limit_pieces(pieces, (int) count);
}

bool call_path(struct call *call, const struct hc_segment path[static 2],
               char text[static HC_MAX_PATH_BYTES + 1])
{
  size_t used = 0;
  for (uint32_t i = 0; i < 2; i++)
  {
    if (path[i].len_bytes > HC_MAX_PATH_BYTES - used)
    {
      call_broken(call, "a path of more than %d bytes", HC_MAX_PATH_BYTES);
      return false;
    }
    if (path[i].len_bytes == 0)
      continue;
    const void *hva = take_segment(call, &path[i], i, GUEST_READ);
    if (hva == NULL)
      return false;
    memcpy(text + used, hva, path[i].len_bytes);
    used += path[i].len_bytes;
  }
  text[used] = '\0';
  if (strlen(text) == used)
    return true;
  call_broken(call, "a path with a null in it");
  return false;
}

const struct mapping *call_mapping(struct call *call, uint32_t mapping)
{
  const struct mappings *mappings = &call->vm->mappings;
  if (mapping < mappings->count)
    return &mappings->list[mapping];
  call_broken(call, "there is no mapping %u", mapping);
  return NULL;
}

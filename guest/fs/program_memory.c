/* Whether the program may access the memory that it hands to a call. */
#include "fs/program_memory.h"

#include <errno.h>
#include <string.h>

#include "mm/virtual.h"

static bool may_access_page(const char *memory, enum address_access access)
{
  if (address_to_gpa(memory, access) != ADDRESS_UNMAPPED)
    return true;
  unsigned int rights = access == ADDRESS_WRITE ? PAGING_WRITE : PAGING_READ;
  return virtual_fault((uint64_t) memory, rights) == FAULT_MAPPED &&
         address_to_gpa(memory, access) != ADDRESS_UNMAPPED;
}

static size_t to_end_of_page(const char *memory)
{
  return PAGE_BYTES - ((uint64_t) memory & (PAGE_BYTES - 1));
}

size_t program_memory(const void *memory, size_t len_bytes, enum address_access access)
{
  size_t done = 0;
  while (done < len_bytes)
  {
    const char *at = (const char *) memory + done;
    if (!may_access_page(at, access))
      return done;
    done += to_end_of_page(at);
  }
  return len_bytes;
}

long program_string_length(const char *string, size_t size_bytes)
{
  size_t done = 0;
  while (done < size_bytes)
  {
    if (!may_access_page(string + done, ADDRESS_READ))
      return -EFAULT;
    size_t piece = to_end_of_page(string + done);
    if (piece > size_bytes - done)
      piece = size_bytes - done;
    size_t len = strnlen(string + done, piece);
    done += len;
    if (len < piece)
      return (long) done;
  }
  return -ENAMETOOLONG;
}

long program_string(char *copy, size_t size_bytes, const char *string)
{
  long len = program_string_length(string, size_bytes);
  if (len >= 0)
    memcpy(copy, string, (size_t) len + 1);
  return len;
}

int program_put(void *to, const void *from, size_t len_bytes)
{
  if (!program_may(to, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  memcpy(to, from, len_bytes);
  return 0;
}

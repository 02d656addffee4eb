/* Memory that the program hands to a call: whether it may be accessed, so that a wrong pointer is
 * -EFAULT and no fault in the middle of a call. */
#ifndef GUEST_FS_PROGRAM_MEMORY_H
#define GUEST_FS_PROGRAM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "mm/address.h"

/* How many bytes from `memory` on the program may access so, up to len_bytes. Brings in what is not
 * there yet. */
size_t program_memory(const void *memory, size_t len_bytes, enum address_access access);

static inline bool program_may(const void *memory, size_t len_bytes, enum address_access access)
{
  return program_memory(memory, len_bytes, access) == len_bytes;
}

/* Copies to the program: 0 or -EFAULT. */
int program_put(void *to, const void *from, size_t len_bytes);

/* The length of a string: -ENAMETOOLONG if it does not fit into size_bytes, with its null; -EFAULT.
 */
long program_string_length(const char *string, size_t size_bytes);

/* Copies a string with its null: its length, -ENAMETOOLONG if it does not fit, -EFAULT. */
long program_string(char *copy, size_t size_bytes, const char *string);

#endif

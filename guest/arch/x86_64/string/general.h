/* Copying and filling without vector registers, for code that runs before or around their saving.
 */
#ifndef STRING_GENERAL_H
#define STRING_GENERAL_H

#include <stddef.h>

/* Like memcpy: the areas must not overlap. Works before string_init. */
void *memcpy_general(void *restrict dst, const void *restrict src, size_t count);

/* Like memset. Works before string_init. */
void *memset_general(void *dst, int value, size_t count);

#endif

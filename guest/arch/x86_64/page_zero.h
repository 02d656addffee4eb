/* Clears memory without vector registers, for code that runs in upcalls. */
#ifndef GUEST_ARCH_PAGE_ZERO_H
#define GUEST_ARCH_PAGE_ZERO_H

#include <stdint.h>

/* len_bytes is a multiple of 8. */
static inline void page_zero(void *begin, uint64_t len_bytes)
{
  uint64_t words = len_bytes / 8;
  __asm__ volatile("rep stosq" : "+D"(begin), "+c"(words) : "a"(0ul) : "memory");
}

#endif

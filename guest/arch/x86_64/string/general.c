/* Copying and filling with general registers only; built so that the compiler uses no others. */
#include "general.h"
#include "string_tuning.h"

void *STRING_NAME(memcpy_general)(void *restrict dst, const void *restrict src, size_t count);
void *STRING_NAME(memset_general)(void *dst, int value, size_t count);

/* Without ERMS, a CPU moves a byte at a time for `rep movsb` but a word for `rep movsq`. */
void *STRING_NAME(memcpy_general)(void *restrict dst, const void *restrict src, size_t count)
{
  void *to = dst;
  const void *from = src;

  if (!string_tuning.fast_rep)
  {
    size_t words = count / 8;

    count %= 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
  }
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
  return dst;
}

void *STRING_NAME(memset_general)(void *dst, int value, size_t count)
{
  void *to = dst;
  uint64_t pattern = (uint8_t) value * 0x0101010101010101u;

  if (!string_tuning.fast_rep)
  {
    size_t words = count / 8;

    count %= 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
  }
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(pattern) : "memory");
  return dst;
}

/* The bootstrap allocator: a mark that moves up in a static array. */
#include "mm/bootstrap.h"

#define ALIGN_BYTES 16ul

static _Alignas(ALIGN_BYTES) unsigned char memory[BOOTSTRAP_BYTES];
static size_t used_bytes;

void *bootstrap_allocate(size_t len_bytes)
{
  size_t begin = __atomic_load_n(&used_bytes, __ATOMIC_RELAXED);
  size_t padded;
  do
  {
    if (len_bytes > BOOTSTRAP_BYTES - begin)
      return NULL;
    padded = (len_bytes + ALIGN_BYTES - 1) & -ALIGN_BYTES;
  } while (!__atomic_compare_exchange_n(&used_bytes, &begin, begin + padded, 0, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
  return memory + begin;
}

/* memcmp with the 16-byte vectors that every x86-64 CPU has. */
#define MEMCMP_LARGE string_memcmp_large_sse2
#define VEC          string_v16
#define VECU         string_v16u
#define VEC_TARGET
#define VEC_MASK(vector) ((uint32_t) __builtin_ia32_pmovmskb128(vector))
#define VEC_MASK_EQUAL   0xffffu
#include "memcmp_large.h"

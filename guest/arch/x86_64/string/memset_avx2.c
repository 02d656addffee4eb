/* memset with 32-byte vectors. The compiler ends each function with vzeroupper. */
#define MEMSET_LARGE string_memset_large_avx2
#define VEC          string_v32
#define VECU         string_v32u
#define VEC_TARGET   __attribute__((target("avx2")))
#include "memset_large.h"

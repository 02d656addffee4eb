/* memcmp with 32-byte vectors. The compiler ends each function with vzeroupper. */
#define MEMCMP_LARGE     string_memcmp_large_avx2
#define VEC              string_v32
#define VECU             string_v32u
#define VEC_TARGET       __attribute__((target("avx2")))
#define VEC_MASK(vector) ((uint32_t) __builtin_ia32_pmovmskb256(vector))
#define VEC_MASK_EQUAL   0xffffffffu
#include "memcmp_large.h"

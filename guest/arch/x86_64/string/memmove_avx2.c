/* memmove with 32-byte vectors. The compiler ends each function with vzeroupper. */
#define MEMMOVE_LARGE string_memmove_large_avx2
#define VEC           string_v32
#define VECU          string_v32u
#define VEC_TARGET    __attribute__((target("avx2")))
#include "memmove_large.h"

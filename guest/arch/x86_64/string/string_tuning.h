/* Internal to guest/string: what string_init found, and the vocabulary the functions share. */
#ifndef STRING_TUNING_H
#define STRING_TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hosted unit tests and benchmarks run these functions beside the host's own. */
#ifdef STRING_HOSTED
#define STRING_NAME(name) uhyve_##name
#else
#define STRING_NAME(name) name
#endif

enum string_level
{
  STRING_LEVEL_SSE2,
  STRING_LEVEL_AVX2,
  STRING_LEVEL_EVEX, /* AVX2, and its vectors also in the registers that AVX-512VL adds */
};

/* Written once by string_init (and by tests, to force a path), read by every call. */
struct string_tuning
{
  uint8_t level;             /* enum string_level */
  uint8_t fast_rep;          /* ERMS: `rep movsb` and `rep stosb` work in blocks, not in bytes */
  bool cache_known;          /* rep_stos_min_bytes is final */
  size_t rep_stos_min_bytes; /* memset asks string_fills_by_rep from this size up */
};

extern struct string_tuning string_tuning __attribute__((visibility("hidden")));

/* Whether `rep stosb` is the best way to fill that much. The first call looks at the cache. */
__attribute__((visibility("hidden"))) bool string_fills_by_rep(size_t count);

#define STRING_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define STRING_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Unaligned words that may alias anything. */
typedef uint16_t string_u16 __attribute__((aligned(1), may_alias));
typedef uint32_t string_u32 __attribute__((aligned(1), may_alias));
typedef uint64_t string_u64 __attribute__((aligned(1), may_alias));

/* Vectors, unaligned and aligned. Compiler vectors, since <immintrin.h> wants a whole C library. */
typedef char string_v16 __attribute__((vector_size(16), may_alias));
typedef char string_v16u __attribute__((vector_size(16), aligned(1), may_alias));
typedef char string_v32 __attribute__((vector_size(32), may_alias));
typedef char string_v32u __attribute__((vector_size(32), aligned(1), may_alias));

#define STRING_LOAD(type, address)         (*(const type *) (address))
#define STRING_STORE(type, address, value) (*(type *) (address) = (value))

/* Up to here every CPU runs the same code; above, the paths below take over. */
#define STRING_SMALL_MAX_BYTES 32

#define STRING_INTERNAL        __attribute__((visibility("hidden")))

STRING_INTERNAL void *string_memmove_large_sse2(void *dst, const void *src, size_t count);
STRING_INTERNAL void *string_memmove_large_avx2(void *dst, const void *src, size_t count);
STRING_INTERNAL void *string_memmove_large_evex(void *dst, const void *src, size_t count);
STRING_INTERNAL void *string_memset_large_sse2(void *dst, int value, size_t count);
STRING_INTERNAL void *string_memset_large_avx2(void *dst, int value, size_t count);
STRING_INTERNAL void *string_memset_evex(void *dst, int value, size_t count);
STRING_INTERNAL int string_memcmp_large_sse2(const void *left, const void *right, size_t count);
STRING_INTERNAL int string_memcmp_large_avx2(const void *left, const void *right, size_t count);
STRING_INTERNAL int string_memcmp_evex(const void *left, const void *right, size_t count);
STRING_INTERNAL int string_memcmp_baseline(const void *left, const void *right, size_t count);

#endif

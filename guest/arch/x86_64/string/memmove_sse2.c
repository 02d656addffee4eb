/* memmove with the 16-byte vectors that every x86-64 CPU has. */
#define MEMMOVE_LARGE string_memmove_large_sse2
#define VEC           string_v16
#define VECU          string_v16u
#define VEC_TARGET
#include "memmove_large.h"

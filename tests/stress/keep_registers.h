/* Code that keeps known values in all registers for a while, with a stack pointer that points
 * nowhere. */
#ifndef TESTS_STRESS_KEEP_REGISTERS_H
#define TESTS_STRESS_KEEP_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

/* Vector registers: as many, and as wide, as the processor has. */
enum keep_level
{
  KEEP_SSE,
  KEEP_AVX,
  KEEP_AVX512,
};

struct keep_fxsave
{
  uint16_t fcw, fsw;
  uint8_t ftw, reserved;
  uint16_t fop;
  uint64_t fip, fdp;
  uint32_t mxcsr, mxcsr_mask;
  unsigned char st[8][16];
  unsigned char rest[352];
};

struct keeper
{
  /* In: filled with what the registers are to hold. keep_registers.S knows these offsets. */
  unsigned char vectors[32][64]; /* 0 */
  long double x87[8];            /* 2048 */
  uint64_t masks[8];             /* 2176 */
  uint64_t general[16];          /* 2240: as the processor numbers them; not rcx, rsi, r15 */
  uint32_t mxcsr;                /* 2368 */
  uint16_t fcw;                  /* 2372 */
  uint16_t reserved;
  uint64_t iterations; /* 2376 */
  uint64_t level;      /* 2384: enum keep_level */

  /* Out: what they hold in the end. */
  uint64_t bad_flags;                 /* 2392: how often a flag was another */
  uint64_t saved_rsp;                 /* 2400 */
  uint64_t general_then[16];          /* 2408 */
  uint64_t padding[3];                /* 2536 */
  unsigned char vectors_then[32][64]; /* 2560 */
  uint64_t masks_then[8];             /* 4608 */
  struct keep_fxsave fxsave;          /* 4672 */
  unsigned char bytes[64];            /* 5184: read backwards, with the direction flag set */
} __attribute__((aligned(64)));

_Static_assert(__builtin_offsetof(struct keeper, masks) == 2176, "known to keep_registers.S");
_Static_assert(__builtin_offsetof(struct keeper, iterations) == 2376, "known to keep_registers.S");
_Static_assert(__builtin_offsetof(struct keeper, general_then) == 2408,
               "known to keep_registers.S");
_Static_assert(__builtin_offsetof(struct keeper, vectors_then) == 2560,
               "known to keep_registers.S");
_Static_assert(__builtin_offsetof(struct keeper, fxsave) == 4672, "known to keep_registers.S");
_Static_assert(__builtin_offsetof(struct keeper, bytes) == 5184, "known to keep_registers.S");

void keep_registers(struct keeper *keeper);

/* ---- keeper.c ---- */

struct random;

/* What the processor has. */
enum keep_level keeper_level(void);

/* Random values; the stack pointer is nowhere. */
void keeper_fill(struct keeper *keeper, struct random *random);

/* Which kind of register has changed, or null. */
const char *keeper_changed(const struct keeper *keeper);

/* What the C library's conventions promise at a call's return: an empty x87 stack, control words as
 * they were. Computes with what the interrupted task has used. */
bool keeper_compute(unsigned int number);

#endif

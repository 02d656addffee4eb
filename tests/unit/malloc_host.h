/* What the heap stands on in its unit tests, and blocks whose contents say whose they are. */
#ifndef TESTS_UNIT_MALLOC_HOST_H
#define TESTS_UNIT_MALLOC_HOST_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_LIMIT UINT64_MAX
#define MEBIBYTE (1ul << 20)

/* What is mapped, and how much can be. */
extern _Atomic uint64_t mapped_bytes;
extern uint64_t limit_bytes;

/* There is no memory for the records that unmapping needs. */
extern bool unmapping_fails;

/* The kernel heap has no more memory. */
extern bool kernel_heap_ends;

/* What ASSERT_CRASHES() waits for. */
extern jmp_buf after_crash;
extern bool crash_expected;
extern const char *crash_message;

struct block
{
  unsigned char *bytes;
  size_t len_bytes;
  unsigned char seed;
};

/* Checked at both ends and in steps between: an overlap with another block shows. */
void fill(const struct block *block);
bool is_kept(const struct block *block, size_t len_bytes);

bool all_zero(const unsigned char *bytes, size_t len_bytes);

#endif

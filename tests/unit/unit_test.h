/* What a unit test begins with: cmocka with the headers it needs, and numbers that look random. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define KIB             (UINT64_C(1) << 10)
#define MIB             (UINT64_C(1) << 20)
#define GIB             (UINT64_C(1) << 30)

/* The same numbers in every run. */
static inline uint64_t random_next(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  uint64_t mixed = (*state ^ *state >> 31) * UINT64_C(0x9e3779b97f4a7c15);
  return mixed ^ mixed >> 29;
}

/* Any size of number is as likely as any other. */
static inline uint64_t random_magnitude(uint64_t *state)
{
  uint64_t bits = random_next(state) % 64;
  return random_next(state) >> bits;
}

#endif

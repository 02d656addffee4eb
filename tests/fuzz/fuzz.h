/* What a fuzz target begins with: the bytes of an input, taken one after the other, and a check
 * that ends the run. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libFuzzer's entry: always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What must hold whatever the input is. */
#define CHECK(condition)                                                        \
  do                                                                            \
  {                                                                             \
    if (!(condition))                                                           \
    {                                                                           \
      dprintf(2, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                  \
    }                                                                           \
  } while (0)

struct input
{
  const uint8_t *at;
  size_t left;
};

/* The next bytes; zeros where the input ends. */
static inline void input_take(struct input *input, void *to, size_t bytes)
{
  size_t there = bytes < input->left ? bytes : input->left;
  memset(to, 0, bytes);
  if (there > 0)
    memcpy(to, input->at, there);
  input->at += there;
  input->left -= there;
}

static inline uint8_t input_u8(struct input *input)
{
  uint8_t value;
  input_take(input, &value, sizeof(value));
  return value;
}

#endif

/* Tests of guest/random/chacha20.c: RFC 8439's vectors, and that a generator forgets. */
#include "random/chacha20.h"

#include <stdlib.h>
#include <string.h>

#include "unit_test.h"

/* RFC 8439, appendix A.1: those with a zero nonce. */
struct vector
{
  uint8_t key[CHACHA20_KEY_BYTES];
  uint32_t counter;
  const char *block;
};

static const struct vector vectors[] = {
    {{0},
     0,
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {{0},
     1,
     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
    {{[31] = 1},
     1,
     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
    {{0, 0xff},
     2,
     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
};

static void blocks_are_those_of_the_rfc(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(vectors); i++)
  {
    uint8_t block[CHACHA20_BLOCK_BYTES];
    char text[2 * CHACHA20_BLOCK_BYTES + 1];
    static const char digits[] = "0123456789abcdef";
    chacha20_block(vectors[i].key, vectors[i].counter, block);
    for (size_t n = 0; n < CHACHA20_BLOCK_BYTES; n++)
    {
      text[2 * n] = digits[block[n] >> 4];
      text[2 * n + 1] = digits[block[n] & 15];
    }
    text[sizeof(text) - 1] = '\0';
    assert_string_equal(text, vectors[i].block);
  }
}

static void key_and_counter_count(void **state)
{
  (void) state;
  uint8_t key[CHACHA20_KEY_BYTES] = {0};
  uint8_t reference[CHACHA20_BLOCK_BYTES];
  uint8_t block[CHACHA20_BLOCK_BYTES];
  chacha20_block(key, 0, reference);
  for (unsigned int bit = 0; bit < 8 * CHACHA20_KEY_BYTES; bit++)
  {
    key[bit / 8] ^= (uint8_t) (1u << bit % 8);
    chacha20_block(key, 0, block);
    assert_memory_not_equal(block, reference, sizeof(block));
    key[bit / 8] = 0;
  }
  for (unsigned int bit = 0; bit < 32; bit++)
  {
    chacha20_block(key, 1u << bit, block);
    assert_memory_not_equal(block, reference, sizeof(block));
  }
}

static void start_generator(struct chacha20 *generator, uint8_t key[CHACHA20_KEY_BYTES])
{
  for (unsigned int i = 0; i < CHACHA20_KEY_BYTES; i++)
    key[i] = (uint8_t) (i * 7 + 1);
  chacha20_start(generator, key);
  assert_memory_equal(generator->key, key, CHACHA20_KEY_BYTES);
}

/* Block 0 is the next key, the rest is given out. */
static void fills_with_the_stream_of_its_key(void **state)
{
  (void) state;
  const size_t lengths[] = {0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 1000, 4096};
  for (size_t i = 0; i < COUNT_OF(lengths); i++)
  {
    struct chacha20 generator;
    uint8_t key[CHACHA20_KEY_BYTES];
    uint8_t block[CHACHA20_BLOCK_BYTES];
    uint8_t *buffer = malloc(lengths[i] + 1); /* the sanitizer sees the first byte behind */
    assert_non_null(buffer);
    buffer[lengths[i]] = 0xa5;
    start_generator(&generator, key);
    chacha20_fill(&generator, buffer, lengths[i]);
    for (size_t n = 0; n < lengths[i]; n++)
    {
      if (n % sizeof(block) == 0)
        chacha20_block(key, 1 + (uint32_t) (n / sizeof(block)), block);
      assert_int_equal(buffer[n], block[n % sizeof(block)]);
    }
    assert_int_equal(buffer[lengths[i]], 0xa5);
    chacha20_block(key, 0, block);
    assert_memory_equal(generator.key, block, CHACHA20_KEY_BYTES);
    free(buffer);
  }
}

static void every_fill_replaces_the_key(void **state)
{
  (void) state;
  enum
  {
    FILLS = 200
  };
  static uint8_t keys[FILLS + 1][CHACHA20_KEY_BYTES];
  static uint8_t filled[FILLS][CHACHA20_KEY_BYTES];
  struct chacha20 generator;
  start_generator(&generator, keys[0]);
  for (unsigned int i = 0; i < FILLS; i++)
  {
    chacha20_fill(&generator, filled[i], sizeof(filled[i]));
    memcpy(keys[i + 1], generator.key, sizeof(keys[i + 1]));
  }
  for (unsigned int i = 0; i < FILLS; i++)
    for (unsigned int other = 0; other <= FILLS; other++)
    {
      if (other != i)
        assert_memory_not_equal(keys[i], keys[other], sizeof(keys[i]));
      if (other != i && other < FILLS)
        assert_memory_not_equal(filled[i], filled[other], sizeof(filled[i]));
      assert_memory_not_equal(filled[i], keys[other], sizeof(filled[i]));
    }
}

/* Nothing to fill is no reason to keep the key. */
static void an_empty_fill_replaces_the_key(void **state)
{
  (void) state;
  struct chacha20 generator;
  uint8_t key[CHACHA20_KEY_BYTES];
  uint8_t nothing[1] = {0xa5};
  start_generator(&generator, key);
  chacha20_fill(&generator, nothing, 0);
  assert_int_equal(nothing[0], 0xa5);
  assert_memory_not_equal(generator.key, key, sizeof(key));
}

/* Half of a megabit is set, within six standard deviations. */
static void bits_are_even(void **state)
{
  (void) state;
  static uint8_t buffer[131072];
  struct chacha20 generator;
  uint8_t key[CHACHA20_KEY_BYTES];
  int set = 0;
  start_generator(&generator, key);
  chacha20_fill(&generator, buffer, sizeof(buffer));
  for (size_t i = 0; i < sizeof(buffer); i++)
    set += __builtin_popcount(buffer[i]);
  assert_in_range(set, 4 * sizeof(buffer) - 3072, 4 * sizeof(buffer) + 3072);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_those_of_the_rfc),
      cmocka_unit_test(key_and_counter_count),
      cmocka_unit_test(fills_with_the_stream_of_its_key),
      cmocka_unit_test(every_fill_replaces_the_key),
      cmocka_unit_test(an_empty_fill_replaces_the_key),
      cmocka_unit_test(bits_are_even),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

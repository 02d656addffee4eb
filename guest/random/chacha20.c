/* A random number generator on ChaCha20. */
#include "random/chacha20.h"

#include <string.h>

static uint32_t rotate(uint32_t value, unsigned int bits)
{
  return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
  *a += *b;
  *d = rotate(*d ^ *a, 16);
  *c += *d;
  *b = rotate(*b ^ *c, 12);
  *a += *b;
  *d = rotate(*d ^ *a, 8);
  *c += *d;
  *b = rotate(*b ^ *c, 7);
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_BYTES], uint32_t counter,
                    uint8_t block[CHACHA20_BLOCK_BYTES])
{
  uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  memcpy(&start[4], key, CHACHA20_KEY_BYTES);
  start[12] = counter;
  uint32_t state[16];
  memcpy(state, start, sizeof(state));
  for (unsigned int i = 0; i < 10; i++)
  {
    for (unsigned int column = 0; column < 4; column++)
      quarter_round(&state[column], &state[4 + column], &state[8 + column], &state[12 + column]);
    for (unsigned int diagonal = 0; diagonal < 4; diagonal++)
      quarter_round(&state[diagonal], &state[4 + (diagonal + 1) % 4],
                    &state[8 + (diagonal + 2) % 4], &state[12 + (diagonal + 3) % 4]);
  }
  for (unsigned int i = 0; i < 16; i++)
    state[i] += start[i];
  memcpy(block, state, sizeof(state));
}

void chacha20_start(struct chacha20 *generator, const uint8_t key[CHACHA20_KEY_BYTES])
{
  memcpy(generator->key, key, CHACHA20_KEY_BYTES);
}

void chacha20_fill(struct chacha20 *generator, void *buffer, size_t len_bytes)
{
  uint8_t block[CHACHA20_BLOCK_BYTES];
  uint8_t next_key[CHACHA20_KEY_BYTES];
  uint8_t *to = buffer;
  chacha20_block(generator->key, 0, block);
  memcpy(next_key, block, sizeof(next_key));
  for (uint32_t counter = 1; len_bytes > 0; counter++)
  {
    size_t piece = len_bytes < sizeof(block) ? len_bytes : sizeof(block);
    chacha20_block(generator->key, counter, block);
    memcpy(to, block, piece);
    to += piece;
    len_bytes -= piece;
  }
  memcpy(generator->key, next_key, sizeof(next_key));
}

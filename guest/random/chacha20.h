/* A random number generator on ChaCha20 (RFC 8439, section 2.3) with fast key erasure. */
#ifndef GUEST_RANDOM_CHACHA20_H
#define GUEST_RANDOM_CHACHA20_H

#include <stddef.h>
#include <stdint.h>

#define CHACHA20_KEY_BYTES   32
#define CHACHA20_BLOCK_BYTES 64

struct chacha20
{
  uint8_t key[CHACHA20_KEY_BYTES];
};

/* One block of key stream with a zero nonce. */
void chacha20_block(const uint8_t key[CHACHA20_KEY_BYTES], uint32_t counter,
                    uint8_t block[CHACHA20_BLOCK_BYTES]);

void chacha20_start(struct chacha20 *generator, const uint8_t key[CHACHA20_KEY_BYTES]);

/* Fills the buffer and replaces the key, so that what was given out cannot be found again. */
void chacha20_fill(struct chacha20 *generator, void *buffer, size_t len_bytes);

#endif

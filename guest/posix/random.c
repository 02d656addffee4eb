/* Random numbers: ChaCha20 keyed with the seed of the start information. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "posix/sys.h"
#include "random/chacha20.h"
#include "start_info.h"

static struct chacha20 generator;
static bool keyed;

int sys_getentropy(void *buffer, size_t len_bytes)
{
  if (len_bytes > SYS_ENTROPY_MAX_BYTES)
    return -EIO;
  if (!keyed)
  {
    chacha20_start(&generator, start_info->random_seed);
    explicit_bzero(start_info->random_seed, sizeof(start_info->random_seed));
    keyed = true;
  }
  chacha20_fill(&generator, buffer, len_bytes);
  return 0;
}

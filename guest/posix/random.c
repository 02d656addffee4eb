/* Random numbers: ChaCha20 keyed with the seed of the start information. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "posix/sys.h"
#include "random/chacha20.h"
#include "sched/spinlock.h"
#include "start_info.h"

static struct spinlock lock;
static struct chacha20 generator;
static bool keyed;

int sys_getentropy(void *buffer, size_t len_bytes)
{
  if (len_bytes > SYS_ENTROPY_MAX_BYTES)
    return -EIO;
  uint32_t was_masked = spinlock_lock_masked(&lock);
  if (!keyed)
  {
    chacha20_start(&generator, start_info->random_seed);
    explicit_bzero(start_info->random_seed, sizeof(start_info->random_seed));
    keyed = true;
  }
  uint8_t bytes[SYS_ENTROPY_MAX_BYTES];
  chacha20_fill(&generator, bytes, len_bytes);
  spinlock_unlock_restore(&lock, was_masked);
  memcpy(buffer, bytes, len_bytes);
  explicit_bzero(bytes, len_bytes);
  return 0;
}

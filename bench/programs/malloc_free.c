/* malloc and free of random sizes, with thousands of blocks alive. */
#include "measure.h"

#define LIVE_BLOCKS 4096
#define STEPS       1000000

static char *blocks[LIVE_BLOCKS];
static uint64_t random_state = 88172645463325252u;

static uint64_t random_next(void)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

/* 16 B to 32 KiB; each doubling is half as likely as the one before. */
static size_t random_size(uint64_t random)
{
  unsigned int doublings = (unsigned int) __builtin_ctzll(random | UINT64_C(1) << 10);
  size_t base = (size_t) 16 << doublings;
  return base + (size_t) (random >> 11) % base;
}

static void run(void)
{
  for (uint32_t i = 0; i < STEPS; i++)
  {
    uint64_t random = random_next();
    char **block = &blocks[(random >> 48) % LIVE_BLOCKS];
    free(*block);
    size_t bytes = random_size(random);
    *block = malloc(bytes);
    if (*block == NULL)
      abort();
    (*block)[0] = 1;
    (*block)[bytes - 1] = 1;
  }
}

int main(void)
{
  measure_rounds("malloc_free", run, STEPS);
  return 0;
}

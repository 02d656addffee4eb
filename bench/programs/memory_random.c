/* Random reads over 256 MiB, each of which needs the value of the one before. */
#include "measure.h"

#define ENTRIES (UINT64_C(256) * 1024 * 1024 / sizeof(uint64_t))
#define READS   1000000

static uint64_t *memory;
static volatile uint64_t sink;

__attribute__((noinline, aligned(64))) static void run(void)
{
  uint64_t at = 1;
  for (uint32_t i = 0; i < READS; i++)
  {
    uint64_t mixed = (memory[at] + i) * UINT64_C(0x9e3779b97f4a7c15);
    at = (mixed >> 32) % ENTRIES;
  }
  sink = at;
}

int main(void)
{
  memory = malloc(ENTRIES * sizeof(memory[0]));
  if (memory == NULL)
    return 1;
  for (uint64_t i = 0; i < ENTRIES; i++)
    memory[i] = i * UINT64_C(0xbf58476d1ce4e5b9);
  measure_rounds("memory_random", run, READS);
  free(memory);
  return 0;
}

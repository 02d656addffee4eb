/* Memory beyond 4 GiB: one block of 4.5 GiB, touched here and there. Run with 6 GiB. */
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

#define BLOCK_BYTES ((size_t) 9 << 29)
#define STEP_BYTES  ((size_t) 37 << 20)

int main(void)
{
  unsigned char *block = malloc(BLOCK_BYTES);
  if (!CHECK(block != NULL))
    return check_finish();
  for (size_t at = 0; at < BLOCK_BYTES; at += STEP_BYTES)
    *(volatile uint64_t *) (block + at) = at + 1;
  block[BLOCK_BYTES - 1] = 77;
  bool kept = true;
  for (size_t at = 0; at < BLOCK_BYTES; at += STEP_BYTES)
    kept = kept && *(volatile uint64_t *) (block + at) == at + 1;
  CHECK(kept);
  CHECK(block[BLOCK_BYTES - 1] == 77);
  free(block);
  return check_finish();
}

/* Memory beyond 4 GiB: one large block, touched here and there. The arguments: its size and the
 * distance between two places, both in MiB. */
#include <stdint.h>
#include <stdlib.h>

#include "check.h"

int main(int argc, char **argv)
{
  size_t block_bytes = argc == 3 ? (size_t) atoi(argv[1]) << 20 : 0;
  size_t step_bytes = argc == 3 ? (size_t) atoi(argv[2]) << 20 : 1;
  unsigned char *block = malloc(block_bytes);
  if (!CHECK(block != NULL && block_bytes > 0))
    return check_finish();
  for (size_t at = 0; at < block_bytes; at += step_bytes)
    *(volatile uint64_t *) (block + at) = at + 1;
  block[block_bytes - 1] = 77;
  bool kept = true;
  for (size_t at = 0; at < block_bytes; at += step_bytes)
    kept = kept && *(volatile uint64_t *) (block + at) == at + 1;
  CHECK(kept);
  CHECK(block[block_bytes - 1] == 77);
  free(block);
  return check_finish();
}

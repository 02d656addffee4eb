/* Large initialised and zeroed data. */
#include <stdint.h>

#include "check.h"

#define WORDS (1 << 20)

static uint32_t filled[WORDS] = {[0] = 1, [WORDS / 2] = 2, [WORDS - 1] = 3};
static const uint32_t constant[WORDS] = {[7] = 4, [WORDS - 1] = 5};
static unsigned char zeroed[100 << 20];

int main(void)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < WORDS; i++)
    sum += ((volatile uint32_t *) filled)[i] + ((volatile const uint32_t *) constant)[i];
  CHECK(sum == 15);
  bool clean = true;
  for (size_t i = 0; i < sizeof(zeroed); i += 4000)
    clean = clean && ((volatile unsigned char *) zeroed)[i] == 0;
  CHECK(clean);
  for (size_t i = 0; i < sizeof(zeroed); i += 65536)
    zeroed[i] = (unsigned char) (i >> 16);
  zeroed[sizeof(zeroed) - 1] = 9;
  bool kept = true;
  for (size_t i = 0; i < sizeof(zeroed); i += 65536)
    kept = kept && ((volatile unsigned char *) zeroed)[i] == (unsigned char) (i >> 16);
  CHECK(kept);
  CHECK(filled[0] == 1 && filled[WORDS / 2] == 2 && filled[WORDS - 1] == 3);
  return check_finish();
}

/* qsort and bsearch, on orders that trouble some implementations. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define COUNT 50000

static uint32_t numbers[COUNT];

static int compare(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return (x > y) - (x < y);
}

static void sort_and_check(void)
{
  uint64_t before = 0, after = 0;
  for (size_t i = 0; i < COUNT; i++)
    before += numbers[i];
  qsort(numbers, COUNT, sizeof(numbers[0]), compare);
  bool sorted = true;
  for (size_t i = 0; i < COUNT; i++)
  {
    after += numbers[i];
    sorted = sorted && (i == 0 || numbers[i - 1] <= numbers[i]);
  }
  CHECK(sorted && before == after);
}

struct odd
{
  char key;
  char rest[6];
};

static int compare_odd(const void *a, const void *b)
{
  return ((const struct odd *) a)->key - ((const struct odd *) b)->key;
}

int main(void)
{
  srand(7);
  for (size_t i = 0; i < COUNT; i++)
    numbers[i] = (uint32_t) rand();
  sort_and_check();
  sort_and_check(); /* sorted already */
  for (size_t i = 0; i < COUNT; i++)
    numbers[i] = (uint32_t) (COUNT - i);
  sort_and_check();
  for (size_t i = 0; i < COUNT; i++)
    numbers[i] = i % 3;
  sort_and_check();
  for (size_t i = 0; i < COUNT; i++)
    numbers[i] = (uint32_t) (2 * i);
  uint32_t key = 2 * 1234, missing = 2 * 1234 + 1;
  CHECK(bsearch(&key, numbers, COUNT, sizeof(key), compare) == &numbers[1234]);
  CHECK(bsearch(&missing, numbers, COUNT, sizeof(key), compare) == NULL);

  struct odd odds[5] = {
      {'e', "eeeee"}, {'b', "bbbbb"}, {'d', "ddddd"}, {'a', "aaaaa"}, {'c', "ccccc"}};
  qsort(odds, 5, sizeof(odds[0]), compare_odd);
  for (int i = 0; i < 5; i++)
    CHECK(odds[i].key == 'a' + i && odds[i].rest[0] == 'a' + i && odds[i].rest[4] == 'a' + i);
  return check_finish();
}

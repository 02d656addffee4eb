/* Touches 400 MiB. */
#include <stdlib.h>
#include <string.h>

int main(void)
{
  for (int i = 0; i < 400; i++)
  {
    char *block = malloc(1 << 20);
    if (block == NULL)
      return 1;
    memset(block, i, 1 << 20);
  }
  return 0;
}

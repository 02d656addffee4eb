/* A wrong use of the heap, chosen by the argument: the program ends as by abort(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long words[4096];

int main(int argc, char **argv)
{
  if (argc != 2)
    return 1;
  puts("before");
  char *volatile early = malloc(100);
  char *volatile block = malloc(3000);
  char *volatile other = malloc(100000);
  if (strcmp(argv[1], "twice") == 0)
  {
    free(block);
    free(block);
  }
  else if (strcmp(argv[1], "early") == 0)
  {
    free(early);
    free(early);
  }
  else if (strcmp(argv[1], "static") == 0)
  {
    block = (char *) &words[2000];
    free(block);
  }
  else if (strcmp(argv[1], "inside") == 0)
    free(other + 64);
  else if (strcmp(argv[1], "written") == 0)
  {
    free(block);
    block[0] = (char) (block[0] + 1);
    block = malloc(3000);
    other = malloc(3000);
  }
  puts("after");
  return 0;
}

/* Ends in the way and with the status that the arguments say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  if (argc != 3)
    return 99;
  int status = atoi(argv[2]);
  const char *way = argv[1];
  if (strcmp(way, "return") == 0)
    return status;
  if (strcmp(way, "exit") == 0)
    exit(status);
  if (strcmp(way, "_exit") == 0)
    _exit(status);
  if (strcmp(way, "_Exit") == 0)
    _Exit(status);
  if (strcmp(way, "quick_exit") == 0)
    quick_exit(status);
  if (strcmp(way, "abort") == 0)
    abort();
  return 98;
}

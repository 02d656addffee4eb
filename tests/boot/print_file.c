/* Writes a file, whose name is the argument, on the standard output. */
#include <stdio.h>

int main(int argc, char **argv)
{
  FILE *file = fopen(argc > 1 ? argv[1] : "", "r");
  int character;
  if (file == NULL)
  {
    perror("print_file");
    return 1;
  }
  while ((character = getc(file)) != EOF)
    putchar(character);
  return 0;
}

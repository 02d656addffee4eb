/* Lines of any length, under their POSIX names: Newlib has them under others. */
#include <stdio.h>

ssize_t getdelim(char **restrict line, size_t *restrict space, int delimiter, FILE *restrict stream)
{
  return __getdelim(line, space, delimiter, stream);
}

ssize_t getline(char **restrict line, size_t *restrict space, FILE *restrict stream)
{
  return __getdelim(line, space, '\n', stream);
}

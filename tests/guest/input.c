/* Reads standard input in the way the first argument says and writes what it got. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pieces of changing size; nothing may be lost or doubled. */
static int copy_by_read(void)
{
  static char piece[70000];
  for (size_t size = 1;; size = size * 5 % 69997 + 1)
  {
    ssize_t got = read(STDIN_FILENO, piece, size);
    if (got < 0)
      return 1;
    if (got == 0)
      return read(STDIN_FILENO, piece, size) == 0 ? 0 : 2; /* the end stays the end */
    if (write(STDOUT_FILENO, piece, (size_t) got) != got)
      return 3;
  }
}

static int copy_by_character(void)
{
  int c;
  while ((c = getchar()) != EOF)
    putchar(c);
  return feof(stdin) && !ferror(stdin) ? 0 : 1;
}

static int mixed_lines(void)
{
  char line[64];
  int a, b;
  if (fgets(line, sizeof(line), stdin) == NULL)
    return 1;
  printf("fgets [%s]\n", line);
  int c = getchar();
  printf("getchar [%c]\n", c);
  ungetc(c, stdin);
  int fields = scanf("%63s %d %d", line, &a, &b);
  printf("scanf %d [%s] %d %d\n", fields, line, a, b);
  char *whole = NULL;
  size_t space = 0;
  getchar();
  ssize_t len = getline(&whole, &space, stdin);
  printf("getline %zd [%s]\n", len, len > 0 ? whole : "");
  printf("fgets at the end %s\n", fgets(line, sizeof(line), stdin) == NULL ? "none" : line);
  return feof(stdin) ? 0 : 2;
}

/* The answer of a terminal: a question without newline is seen before the reading. */
static int ask(void)
{
  char name[64];
  printf("name? ");
  if (fgets(name, sizeof(name), stdin) == NULL)
    return 1;
  name[strcspn(name, "\r\n")] = '\0';
  printf("hello %s\n", name);
  return 0;
}

int main(int argc, char **argv)
{
  const char *way = argc == 2 ? argv[1] : "";
  if (strcmp(way, "read") == 0)
    return copy_by_read();
  if (strcmp(way, "getchar") == 0)
    return copy_by_character();
  if (strcmp(way, "lines") == 0)
    return mixed_lines();
  if (strcmp(way, "ask") == 0)
    return ask();
  return 99;
}

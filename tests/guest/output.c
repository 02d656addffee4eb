/* Writes in the way the first argument says. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines that are all different, up to the given number of bytes. */
static int numbered_lines(long len_bytes)
{
  long written = 0;
  for (long number = 0; written < len_bytes; number++)
  {
    int len = printf("line %09ld\n", number);
    if (len < 0)
      return 1;
    written += len;
  }
  return 0;
}

static int characters(long count)
{
  for (long i = 0; i < count; i++)
  {
    if (putchar(i % 50 == 49 ? '\n' : 'x') == EOF)
      return 1;
  }
  return 0;
}

/* Error output does not wait, standard output does. */
static int interleaved(void)
{
  printf("out 1\n");
  fprintf(stderr, "err 1\n");
  printf("out 2\n");
  fflush(stdout);
  fprintf(stderr, "err 2 without newline");
  fputc('\n', stderr);
  printf("out 3\n");
  return 0;
}

/* What happens when standard output cannot be written: told on standard error. */
static int failing(void)
{
  errno = 0;
  ssize_t written = write(STDOUT_FILENO, "x", 1);
  fprintf(stderr, "write %zd %s\n", written, written < 0 ? strerror(errno) : "");
  errno = 0;
  int put = puts("text");
  int flushed = fflush(stdout);
  fprintf(stderr, "stdio %s\n", put == EOF || flushed == EOF ? strerror(errno) : "well");
  fprintf(stderr, "ferror %d\n", ferror(stdout) != 0);
  return 0;
}

/* One write of everything at once. */
static int single(long len_bytes)
{
  char *bytes = malloc((size_t) len_bytes);
  for (long i = 0; i < len_bytes; i++)
    bytes[i] = i % 64 == 63 ? '\n' : (char) ('0' + i / 64 % 64);
  ssize_t written = write(STDOUT_FILENO, bytes, (size_t) len_bytes);
  return written == len_bytes ? 0 : 1;
}

static int closed_by_guest(void)
{
  puts("before");
  if (fclose(stdout) != 0)
    return 1;
  errno = 0;
  if (write(STDOUT_FILENO, "after\n", 6) != -1 || errno != EBADF)
    return 2;
  return close(STDOUT_FILENO) == -1 && errno == EBADF ? 0 : 3;
}

int main(int argc, char **argv)
{
  const char *way = argc >= 2 ? argv[1] : "";
  long number = argc >= 3 ? atol(argv[2]) : 0;
  if (strcmp(way, "lines") == 0)
    return numbered_lines(number);
  if (strcmp(way, "characters") == 0)
    return characters(number);
  if (strcmp(way, "interleaved") == 0)
    return interleaved();
  if (strcmp(way, "failing") == 0)
    return failing();
  if (strcmp(way, "single") == 0)
    return single(number);
  if (strcmp(way, "closed") == 0)
    return closed_by_guest();
  return 99;
}

/* A program does not run with half of its files: it ends where the archive is broken. */
#include <string.h>

#include "fs/initrd.h"
#include "posix/stream_io.h"
#include "posix/sys.h"

/* As the monitor has it for what it was given and cannot use. */
#define STATUS_UNUSABLE 125

#define STREAM_ERROR    2

#define LINE_BYTES      160
#define DIGITS          20

static size_t add_text(char *line, size_t len, const char *text)
{
  size_t text_len = strlen(text);
  if (text_len > LINE_BYTES - len)
    text_len = LINE_BYTES - len;
  /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its length is known */
  memcpy(line + len, text, text_len);
  return len + text_len;
}

static size_t add_number(char *line, size_t len, size_t number)
{
  char digits[DIGITS + 1];
  char *first = digits + DIGITS;
  *first = '\0';
  do
    *--first = (char) ('0' + number % 10);
  while ((number /= 10) != 0);
  return add_text(line, len, first);
}

int initrd_unpack(struct mount *root, const void *archive, size_t len_bytes)
{
  char line[LINE_BYTES];
  size_t at;
  const char *problem = initrd_read(root, archive, len_bytes, &at);
  if (problem == NULL)
    return 0;
  size_t len = add_text(line, 0, "uhyve: the archive of --initrd cannot be used: ");
  len = add_text(line, len, problem);
  len = add_text(line, len, " (at byte ");
  len = add_number(line, len, at);
  len = add_text(line, len, ")\n");
  stream_write(STREAM_ERROR, line, len, true);
  sys_exit(STATUS_UNUSABLE);
}

/* Explains, once, an open that failed only because nothing is mapped there. */
#include "explain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A program may look for many files before one that its user has: but it is not to look through
 * the host. */
#define MAX_LOOKS 64

/* The part of path behind folder, or null: it is not in there. */
static const char *part_behind(const char *folder, const char *path)
{
  size_t len = strlen(folder);
  if (len == 1)
    return NULL;
  return strncmp(folder, path, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

/* How many bytes the character there has, if a terminal shows it: 0 for control characters, those
 * in UTF-8 too, and for what is no UTF-8. */
static size_t shown_bytes(const unsigned char *text, size_t len)
{
  size_t bytes = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
  if (bytes == 1)
    return text[0] >= ' ' && text[0] != 0x7f ? 1 : 0;
  if (bytes > len || text[0] < 0xc2 || text[0] > 0xf4)
    return 0;
  /* From U+00A0 on, for below are control characters again; and none in more bytes than it takes.
   */
  if (((text[0] == 0xc2 || text[0] == 0xe0) && text[1] < 0xa0) ||
      (text[0] == 0xf0 && text[1] < 0x90))
    return 0;
  for (size_t i = 1; i < bytes; i++)
  {
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  }
  return bytes;
}

static void print_plain(FILE *stream, const char *text, size_t len)
{
  while (len > 0)
  {
    size_t bytes = shown_bytes((const unsigned char *) text, len);
    if (bytes > 0)
      fwrite(text, 1, bytes, stream);
    else
      fputc('?', stream);
    bytes += bytes == 0;
    text += bytes;
    len -= bytes;
  }
}

void explain_nothing(struct explain *explain)
{
  atomic_store(&explain->looks, MAX_LOOKS);
}

void explain_missing(struct explain *explain, const char *path)
{
  struct stat status;
  if (path[0] != '/' || atomic_load(&explain->looks) >= MAX_LOOKS ||
      atomic_fetch_add(&explain->looks, 1) >= MAX_LOOKS)
    return;
  if (fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0 ||
      (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && !S_ISLNK(status.st_mode)))
    return;
  if (atomic_exchange(&explain->looks, MAX_LOOKS) >= MAX_LOOKS)
    return;
  /* A folder is offered: of a file the one it is in, unless that is the root. */
  size_t len = strlen(path);
  const char *slash = strrchr(path, '/');
  if (!S_ISDIR(status.st_mode) && slash != path)
    len = (size_t) (slash - path);
  flockfile(stderr);
  fputs("uhyve: the program does not see the host's ", stderr);
  print_plain(stderr, path, strlen(path));
  fputs(", which is not mapped: see --volume, as in --volume ", stderr);
  const char *part = part_behind(explain->working_folder, path);
  if (part != NULL)
    fputs(".:.", stderr);
  else
  {
    print_plain(stderr, path, len);
    fputc(':', stderr);
    print_plain(stderr, path, len);
  }
  fputc('\n', stderr);
  funlockfile(stderr);
}

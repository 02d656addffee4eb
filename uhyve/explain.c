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

static void print_plain(FILE *stream, const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    fputc((unsigned char) text[i] < ' ' || text[i] == 0x7f ? '?' : text[i], stream);
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

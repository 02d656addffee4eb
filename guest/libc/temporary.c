/* Files and folders with new names: mkstemp() and its like. */
#include <errno.h>
#include <fcntl.h>
#include <reent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libc/result.h"
#include "posix/sys.h"

#define TRIES   1000
#define LETTERS 6

/* In place of the six X in front of the suffix. */
static void fill(char *letters)
{
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  uint64_t random;
  sys_getentropy(&random, sizeof(random));
  for (int i = 0; i < LETTERS; i++)
  {
    letters[i] = digits[random % (sizeof(digits) - 1)];
    random /= sizeof(digits) - 1;
  }
}

static int make_file(const char *path, int flags)
{
  return sys_open(path, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int make_folder(const char *path, int flags)
{
  (void) flags;
  return sys_mkdirat(AT_FDCWD, path, 0700);
}

/* For mktemp(): a name that is free. */
static int make_nothing(const char *path, int flags)
{
  (void) flags;
  struct stat status;
  int error = sys_fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW);
  return error == 0 ? -EEXIST : error == -ENOENT ? 0 : error;
}

/* What make() gives for the first name that is new. */
static int make_new(char *path, int suffix_len, int flags, int (*make)(const char *, int))
{
  size_t len = strlen(path);
  if (suffix_len < 0 || len < (size_t) suffix_len + LETTERS ||
      strncmp(path + len - (size_t) suffix_len - LETTERS, "XXXXXX", LETTERS) != 0)
    return -EINVAL;
  char *letters = path + len - suffix_len - LETTERS;
  for (int i = 0; i < TRIES; i++)
  {
    fill(letters);
    int result = make(path, flags);
    if (result != -EEXIST)
      return result;
  }
  memcpy(letters, "XXXXXX", LETTERS); /* NOLINT(bugprone-not-null-terminated-result) */
  return -EEXIST;
}

int mkostemps(char *path, int suffix_len, int flags)
{
  return (int) libc_result(make_new(path, suffix_len, flags, make_file));
}

int mkstemps(char *path, int suffix_len)
{
  return mkostemps(path, suffix_len, 0);
}

int mkostemp(char *path, int flags)
{
  return mkostemps(path, 0, flags);
}

int mkstemp(char *path)
{
  return mkostemps(path, 0, 0);
}

char *mkdtemp(char *path)
{
  return libc_result(make_new(path, 0, 0, make_folder)) < 0 ? NULL : path;
}

char *mktemp(char *path)
{
  if (libc_result(make_new(path, 0, 0, make_nothing)) < 0)
    *path = '\0';
  return path;
}

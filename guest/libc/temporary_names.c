/* Files and folders with names that are not in use: mkstemp(), mkdtemp() and their kin. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WILD "XXXXXX"

enum
{
  WILD_LEN = sizeof(WILD) - 1,
  TRIES = 100, /* of 36 to the power of 6 names */
};

static const char letters[36] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* Where the template has its X, before a suffix of that length; null and EINVAL if not. */
static char *find_wild(char *template, int suffix_len)
{
  size_t len = strlen(template);
  if (suffix_len >= 0 && len >= WILD_LEN + (size_t) suffix_len)
  {
    char *wild = template + len - (size_t) suffix_len - WILD_LEN;
    if (memcmp(wild, WILD, WILD_LEN) == 0)
      return wild;
  }
  errno = EINVAL;
  return NULL;
}

static void choose(char *wild)
{
  unsigned char random[WILD_LEN];
  getentropy(random, sizeof(random));
  for (int i = 0; i < WILD_LEN; i++)
    wild[i] = letters[random[i] % sizeof(letters)];
}

int mkostemps(char *template, int suffix_len, int flags)
{
  char *wild = find_wild(template, suffix_len);
  if (wild == NULL)
    return -1;
  int fd = -1;
  for (int i = 0; i < TRIES && fd < 0 && (i == 0 || errno == EEXIST); i++)
  {
    choose(wild);
    fd = open(template, (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL, 0600);
  }
  if (fd < 0)
    memcpy(wild, WILD, WILD_LEN);
  return fd;
}

int mkostemp(char *template, int flags)
{
  return mkostemps(template, 0, flags);
}

int mkstemps(char *template, int suffix_len)
{
  return mkostemps(template, suffix_len, 0);
}

int mkstemp(char *template)
{
  return mkostemps(template, 0, 0);
}

char *mkdtemp(char *template)
{
  char *wild = find_wild(template, 0);
  if (wild == NULL)
    return NULL;
  int error = -1;
  for (int i = 0; i < TRIES && error != 0 && (i == 0 || errno == EEXIST); i++)
  {
    choose(wild);
    error = mkdir(template, 0700);
  }
  if (error == 0)
    return template;
  memcpy(wild, WILD, WILD_LEN);
  return NULL;
}

/* Leaves an empty name where there is none. */
char *mktemp(char *template)
{
  char *wild = find_wild(template, 0);
  struct stat status;
  int error = 0;
  for (int i = 0; wild != NULL && i < TRIES && error == 0; i++)
  {
    choose(wild);
    error = lstat(template, &status);
  }
  if (error == 0 || errno != ENOENT)
    template[0] = '\0';
  return template;
}

/* A folder of files that nobody may touch, and what shows that somebody has. */
#include "canary.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t state;

static void check(bool is_fine, const char *what)
{
  if (is_fine)
    return;
  fprintf(stderr, "FAILED: %s: %s\n", what, strerror(errno));
  exit(EXIT_FAILURE);
}

void canary_make(const char *path)
{
  /* The chaos guest knows the text when it sees it. */
  static const char secret[] = "CANARY SECRET\n";
  check(mkdir(path, 0755) == 0, path);
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int file = openat(folder, "secret", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  check(write(file, secret, sizeof(secret) - 1) == sizeof(secret) - 1, "secret");
  close(file);
  check(mkdirat(folder, "folder", 0755) == 0, "folder");
  check(linkat(folder, "secret", folder, "folder/file", 0) == 0, "file");
  check(symlinkat("secret", folder, "link-out") == 0, "link-out");
  check(mkfifoat(folder, "fifo", 0644) == 0, "fifo");
  close(folder);
}

/* FNV-1a */
static void add(const void *data, size_t bytes)
{
  for (size_t i = 0; i < bytes; i++)
    state = (state ^ ((const uint8_t *) data)[i]) * 0x100000001b3;
}

static int add_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void) place;
  add(path, strlen(path));
  add(&kind, sizeof(kind));
  add(&status->st_ino, sizeof(status->st_ino));
  add(&status->st_mode, sizeof(status->st_mode));
  add(&status->st_nlink, sizeof(status->st_nlink));
  add(&status->st_uid, sizeof(status->st_uid));
  add(&status->st_gid, sizeof(status->st_gid));
  add(&status->st_size, sizeof(status->st_size));
  add(&status->st_mtim, sizeof(status->st_mtim));
  add(&status->st_ctim, sizeof(status->st_ctim));
  char text[4096];
  ssize_t bytes = 0;
  if (S_ISREG(status->st_mode))
  {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bytes = read(file, text, sizeof(text));
    close(file);
  }
  else if (S_ISLNK(status->st_mode))
    bytes = readlink(path, text, sizeof(text));
  add(text, bytes > 0 ? (size_t) bytes : 0);
  return 0;
}

uint64_t canary_state(const char *path)
{
  state = 0xcbf29ce484222325;
  check(nftw(path, add_entry, 16, FTW_PHYS) == 0, path);
  return state;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void) status;
  (void) kind;
  return place->level == 0 || remove(path) == 0 ? 0 : -1;
}

static unsigned int opened;

/* What nobody may look into does not keep the rest. */
static int open_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
  (void) status;
  (void) place;
  if (kind == FTW_DNR && chmod(path, 0700) == 0)
    opened++;
  return 0;
}

void canary_empty(const char *path)
{
  /* Names may be as long as paths get: from within. */
  int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  check(chmod(path, 0755) == 0 && chdir(path) == 0, path);
  do
  {
    opened = 0;
    check(nftw(".", open_entry, 16, FTW_PHYS) == 0, path);
  } while (opened > 0);
  check(nftw(".", remove_entry, 16, FTW_PHYS | FTW_DEPTH) == 0, path);
  check(fchdir(here) == 0, "fchdir");
  close(here);
}

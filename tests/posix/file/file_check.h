/* What the tests of files share. The programs run on Linux, too: each takes the folder to work in
 * as its argument, and works in a new folder there that goes away. */
#ifndef TESTS_POSIX_FILE_CHECK_H
#define TESTS_POSIX_FILE_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "../../guest/check_calls.h"

/* Of names and of paths with their null, here as on Linux. */
#define NAME_BYTES 255
#define PATH_BYTES 4096

/* A call that gives a null pointer and this errno. */
#define GIVES_NULL(call, number) \
  (errno = 0, check_fails((number), (call) == NULL ? -1 : 0, __FILE__, __LINE__, #call))

/* Absolute, and the current folder at the start. */
static char work_folder[PATH_BYTES];

static inline void enter_folder(int argc, char **argv)
{
  umask(022);
  snprintf(work_folder, sizeof(work_folder), "%s/file.XXXXXX", argc > 1 ? argv[1] : "/tmp");
  if (mkdtemp(work_folder) == NULL || chdir(work_folder) != 0)
  {
    perror(work_folder);
    exit(2);
  }
}

/* Removes what is below the folder; true if that is all gone. */
static inline bool empty_folder(int folder)
{
  DIR *list = fdopendir(folder);
  if (list == NULL)
    return false;
  bool is_empty = true;
  struct dirent *entry;
  while ((entry = readdir(list)) != NULL)
  {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(dirfd(list), name, 0) == 0)
      continue;
    int inner = openat(dirfd(list), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (inner < 0 || !empty_folder(inner) || unlinkat(dirfd(list), name, AT_REMOVEDIR) != 0)
      is_empty = false;
  }
  closedir(list);
  return is_empty;
}

/* What main() returns. */
static inline int leave_folder(void)
{
  CHECK(chdir("/") == 0);
  int folder = open(work_folder, O_RDONLY | O_DIRECTORY);
  CHECK(folder >= 0 && empty_folder(folder));
  CHECK(rmdir(work_folder) == 0);
  return check_finish();
}

/* Makes or replaces a file that has just this text. */
static inline void write_file(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  size_t len = strlen(text);
  if (!check_that(fd >= 0 && write(fd, text, len) == (ssize_t) len, path, 0, "write_file"))
    fprintf(stderr, "  %s\n", strerror(errno));
  if (fd >= 0)
    close(fd);
}

/* Whether the file has just this text, of less than 1000 bytes. */
static inline bool file_is(const char *path, const char *text)
{
  char buffer[1000];
  int fd = open(path, O_RDONLY);
  if (fd < 0)
    return false;
  ssize_t len = read(fd, buffer, sizeof(buffer));
  close(fd);
  return len == (ssize_t) strlen(text) && memcmp(buffer, text, (size_t) len) == 0;
}

static inline bool exists(const char *path)
{
  struct stat status;
  return lstat(path, &status) == 0;
}

/* -1 if it is not there. */
static inline long size_of(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 ? (long) status.st_size : -1;
}

/* Permissions only; -1 if it is not there. */
static inline int mode_of(const char *path)
{
  struct stat status;
  return stat(path, &status) == 0 ? (int) (status.st_mode & 07777) : -1;
}

static inline bool is_same_file(const char *path, const char *other)
{
  struct stat a, b;
  return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

/* Who is root may do anything to files. */
static inline bool is_root(void)
{
  return geteuid() == 0;
}

/* A name of that many bytes. */
static inline const char *name_of(char letter, size_t len)
{
  static char name[2 * PATH_BYTES];
  memset(name, letter, len);
  name[len] = '\0';
  return name;
}

#endif

/* A folder of a test's own on the host. */
#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit_test.h"

void scratch_create(struct scratch *scratch)
{
  strcpy(scratch->path, "/tmp/uhyve-unit-XXXXXX");
  assert_non_null(mkdtemp(scratch->path));
  scratch->fd = open(scratch->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true(scratch->fd >= 0);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  (void) status;
  (void) kind;
  (void) walk;
  return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
  close(scratch->fd);
  assert_int_equal(nftw(scratch->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void scratch_folder(const struct scratch *scratch, const char *path)
{
  assert_int_equal(mkdirat(scratch->fd, path, 0755), 0);
}

void scratch_file(const struct scratch *scratch, const char *path, const char *content)
{
  int fd = openat(scratch->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, content, strlen(content)), strlen(content));
  close(fd);
}

void scratch_link(const struct scratch *scratch, const char *path, const char *target)
{
  assert_int_equal(symlinkat(target, scratch->fd, path), 0);
}

struct stat scratch_stat(const struct scratch *scratch, const char *path)
{
  struct stat status;
  assert_int_equal(fstatat(scratch->fd, path, &status, AT_SYMLINK_NOFOLLOW), 0);
  return status;
}

int scratch_open(const struct scratch *scratch, const char *path)
{
  int fd = openat(scratch->fd, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  assert_true(fd >= 0);
  return fd;
}

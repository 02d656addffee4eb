/* Copies files and trees, in pieces of a given size, and tells of late errors. Works on Linux, too.
 * usage: host_files copy FROM TO BYTES | tree FROM TO | sizes FILE | late FILE | both FILE */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 1024
#define MOST_BYTES (1 << 20)
#define THREADS    4

static _Noreturn void fail(const char *what)
{
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void need(bool holds, const char *what)
{
  if (!holds)
    fail(what);
}

static void copy(const char *from, const char *to, size_t piece)
{
  static char buffer[MOST_BYTES];
  int in = open(from, O_RDONLY);
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  need(in >= 0 && out >= 0, from);
  ssize_t got;
  while ((got = read(in, buffer, piece)) > 0)
    need(write(out, buffer, (size_t) got) == got, to);
  need(got == 0 && close(in) == 0 && close(out) == 0, to);
}

static void copy_tree(const char *from, const char *to)
{
  char target[PATH_BYTES];
  struct stat status;
  need(lstat(from, &status) == 0, from);
  if (S_ISLNK(status.st_mode))
  {
    ssize_t len = readlink(from, target, sizeof(target) - 1);
    need(len > 0, from);
    target[len] = '\0';
    need(symlink(target, to) == 0, to);
    return;
  }
  if (S_ISREG(status.st_mode))
  {
    copy(from, to, 777);
    need(chmod(to, status.st_mode & 07777) == 0, to);
    return;
  }
  DIR *folder = opendir(from);
  need(mkdir(to, 0755) == 0 && folder != NULL, to);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
  {
    char inner[PATH_BYTES];
    char outer[PATH_BYTES];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    snprintf(inner, sizeof(inner), "%s/%s", from, entry->d_name);
    snprintf(outer, sizeof(outer), "%s/%s", to, entry->d_name);
    copy_tree(inner, outer);
  }
  need(closedir(folder) == 0 && chmod(to, status.st_mode & 07777) == 0, to);
}

/* Whatever the size of pieces, the bytes are the same. */
static void read_in_sizes(const char *path)
{
  static char whole[MOST_BYTES];
  static char pieces[MOST_BYTES];
  int fd = open(path, O_RDONLY);
  ssize_t len = pread(fd, whole, sizeof(whole), 0);
  need(len > 300000, path);
  for (size_t size = 1; size <= sizeof(pieces); size += size < 20 ? 1 : size / 3)
  {
    size_t end = size < 64 ? 5000 : (size_t) len;
    need(lseek(fd, 0, SEEK_SET) == 0, path);
    for (size_t done = 0; done < end;)
    {
      ssize_t got = read(fd, pieces, size);
      need(got > 0 && memcmp(pieces, whole + done, (size_t) got) == 0, "a piece");
      done += (size_t) got;
    }
  }
  close(fd);
  printf("the same\n");
}

/* Where no more can be written, some call says so, and what was there stays. */
static void write_until_error(const char *path)
{
  char line[100];
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  long good = 0;
  int error = 0;
  memset(line, 'l', sizeof(line));
  need(fd >= 0, path);
  while (error == 0 && good < 100000)
  {
    ssize_t written = write(fd, line, sizeof(line));
    error = written == (ssize_t) sizeof(line) ? 0 : written < 0 ? errno : EFBIG;
    good++;
  }
  printf("%s\n", error == EFBIG ? "EFBIG" : strerror(error));
  need(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "first", 5) == 5, "the begin");
  printf("close %d\n", close(fd));
  /* Too late for a write: the sync or the close tells. */
  fd = open(path, O_WRONLY);
  need(fd >= 0 && lseek(fd, 0, SEEK_END) > 0, path);
  int failures = 0;
  for (int i = 0; i < 50; i++)
    failures += write(fd, line, sizeof(line)) != (ssize_t) sizeof(line);
  failures += fsync(fd) != 0;
  failures += close(fd) != 0;
  printf("%s\n", failures > 0 ? "told" : "not told");
}

static const char *shared_path;

/* Each appends lines by a descriptor of its own, and rewrites a place of its own. */
static void *append_lines(void *argument)
{
  int number = *(int *) argument;
  int appended = open(shared_path, O_WRONLY | O_APPEND);
  int placed = open(shared_path, O_RDWR);
  char line[32];
  char back[32];
  need(appended >= 0 && placed >= 0, shared_path);
  for (int i = 0; i < 500; i++)
  {
    int len = snprintf(line, sizeof(line), "thread %d line %04d\n", number, i);
    need(write(appended, line, (size_t) len) == len, "an appended line");
    off_t place = number * 65536 + i * len;
    need(pwrite(placed, line, (size_t) len, place) == len, "a line in its place");
    need(pread(placed, back, (size_t) len, place) == len && memcmp(line, back, (size_t) len) == 0,
         "the line there");
  }
  close(appended);
  close(placed);
  return NULL;
}

static void write_from_threads(const char *path)
{
  pthread_t threads[THREADS];
  int numbers[THREADS];
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  need(fd >= 0 && ftruncate(fd, THREADS * 65536) == 0, path);
  shared_path = path;
  for (int i = 0; i < THREADS; i++)
  {
    numbers[i] = i;
    need(pthread_create(&threads[i], NULL, append_lines, &numbers[i]) == 0, "pthread_create");
  }
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  close(fd);
}

int main(int argc, char **argv)
{
  const char *what = argc > 2 ? argv[1] : "";
  if (strcmp(what, "copy") == 0 && argc == 5)
    copy(argv[2], argv[3], strtoul(argv[4], NULL, 10));
  else if (strcmp(what, "tree") == 0 && argc == 4)
    copy_tree(argv[2], argv[3]);
  else if (strcmp(what, "sizes") == 0)
    read_in_sizes(argv[2]);
  else if (strcmp(what, "late") == 0)
    write_until_error(argv[2]);
  else if (strcmp(what, "both") == 0)
    write_from_threads(argv[2]);
  else
    return 2;
  return 0;
}

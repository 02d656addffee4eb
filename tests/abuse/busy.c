/* A guest that works with files, threads and the terminal until it is ended from outside: busy
 * work, until the disk is full (status 3): busy fill, until there is no memory: busy eat, or with
 * nothing but the terminal's settings: busy settings. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static char block[16384];

/* Files that are made, written, locked, renamed and removed; all names begin alike. */
static void *use_files(void *argument)
{
  char name[64], other[64];
  unsigned long thread = (unsigned long) argument;
  for (unsigned long i = 0;; i++)
  {
    snprintf(name, sizeof(name), "/data/own-%lu-%lu", thread, i % 5);
    snprintf(other, sizeof(other), "/data/own-%lu-other", thread);
    int file = open(name, O_RDWR | O_CREAT, 0644);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100};
    fcntl(file, F_SETLK, &lock);
    if (write(file, block, sizeof(block)) < 0)
      lseek(file, 0, SEEK_SET);
    if (i % 3 != 0)
      close(file);
    if (i % 4 == 0)
      rename(name, other);
    if (i % 7 == 0)
      unlink(name);
    if (i % 50 == 0)
      mkdir("/data/own-folder", 0755);
    if (i % 50 == 25)
      rmdir("/data/own-folder");
  }
  return NULL;
}

static void *use_terminal(void *argument)
{
  struct termios settings;
  int is_terminal = tcgetattr(0, &settings) == 0;
  for (unsigned long i = 0;; i++)
  {
    settings.c_lflag ^= ICANON | ECHO;
    if (is_terminal)
      tcsetattr(0, i % 2 == 0 ? TCSANOW : TCSAFLUSH, &settings);
    if (printf("line %lu\n", i) < 0 || fflush(stdout) != 0)
      clearerr(stdout);
  }
  return argument;
}

static void *change_settings(void *argument)
{
  struct termios settings;
  tcgetattr(0, &settings);
  for (;;)
  {
    settings.c_lflag ^= ICANON | ECHO;
    tcsetattr(0, TCSANOW, &settings);
  }
  return argument;
}

static int fill(void)
{
  int file = open("/data/own-large", O_RDWR | O_CREAT | O_TRUNC, 0644);
  for (;;)
  {
    if (write(file, block, sizeof(block)) < 0)
      return errno == ENOSPC ? 3 : 1;
    printf("%.1000s", block);
  }
}

static int eat(void)
{
  for (;;)
  {
    char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      return 1;
    memset(memory, 1, 1 << 20);
  }
}

int main(int argc, char **argv)
{
  pthread_t threads[3];
  if (argc != 2)
    return 99;
  memset(block, 'x', sizeof(block) - 1);
  if (strcmp(argv[1], "fill") == 0)
    return fill();
  if (strcmp(argv[1], "eat") == 0)
    return eat();
  for (unsigned long i = 0; i < 3; i++)
  {
    void *(*work)(void *) = i < 2 ? use_files : use_terminal;
    if (strcmp(argv[1], "settings") == 0)
      work = change_settings;
    if (pthread_create(&threads[i], NULL, work, (void *) i) != 0)
      return 99;
  }
  pthread_join(threads[0], NULL);
  return 0;
}

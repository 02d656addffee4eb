/* Writes small pieces to files of its first argument, a folder, and ends as the second says. Works
 * on Linux, too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECES 1000

static int fd;
static volatile char *volatile nowhere;

static void write_pieces(int file)
{
  for (int i = 0; i < PIECES; i++)
    if (dprintf(file, "piece %04d\n", i) != 11)
      _exit(3);
}

static void *end_in_thread(void *argument)
{
  (void) argument;
  write_pieces(fd);
  exit(5);
}

static void at_exit(void)
{
  write_pieces(fd);
}

static void say_ready(void)
{
  printf("ready\n");
  fflush(stdout);
}

int main(int argc, char **argv)
{
  if (argc < 3 || chdir(argv[1]) != 0)
    return 2;
  const char *way = argv[2];
  bool is_busy = strcmp(way, "busy") == 0;
  /* Before anything is written, for what is said takes that along. */
  if (is_busy || strcmp(way, "idle") == 0)
    say_ready();
  fd = open("pieces", O_WRONLY | O_CREAT, 0644);
  int many[20];
  for (int i = 0; i < 20; i++)
  {
    char name[10];
    snprintf(name, sizeof(name), "many%d", i);
    many[i] = open(name, O_WRONLY | O_CREAT, 0644);
    if (write(many[i], "0123456789", 10) != 10)
      return 3;
  }
  if (strcmp(way, "thread") == 0)
  {
    pthread_t thread;
    pthread_create(&thread, NULL, end_in_thread, NULL);
    for (;;)
      pause();
  }
  if (strcmp(way, "handler") == 0)
  {
    atexit(at_exit);
    return 0;
  }
  write_pieces(fd);
  if (strcmp(way, "_exit") == 0)
    _exit(4);
  if (strcmp(way, "abort") == 0)
    abort();
  if (strcmp(way, "crash") == 0)
    *nowhere = 1;
  if (strcmp(way, "signal") == 0)
    raise(SIGTERM);
  if (strcmp(way, "close") == 0)
  {
    close(fd);
    for (int i = 0; i < 20; i++)
      close(many[i]);
    say_ready();
  }
  if (strcmp(way, "sync") == 0)
  {
    fsync(fd);
    for (int i = 0; i < 20; i++)
      fdatasync(many[i]);
    say_ready();
  }
  if (strcmp(way, "return") == 0)
    return 0;
  if (is_busy)
    for (;;)
      ;
  for (;;)
    pause();
}

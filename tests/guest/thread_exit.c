/* How a program with threads ends: each argument names a way. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_t main_thread;

static void at_exit(void)
{
  puts("exit handler");
}

static void *spin(void *argument)
{
  while (argument != NULL)
    (void) *(volatile char *) argument;
  return NULL;
}

static void *wait_for_ever(void *argument)
{
  pthread_mutex_lock(argument);
  return NULL;
}

static void *outlive_main(void *argument)
{
  pthread_join(main_thread, NULL);
  usleep(20000);
  puts("after main");
  return argument;
}

static void *call_exit(void *argument)
{
  (void) argument;
  exit(7);
}

/* As a thread that reads from a terminal does. */
static void *hold_stream(void *argument)
{
  flockfile(stdin);
  *(volatile int *) argument = 1;
  while (argument != NULL)
    sleep(1);
  return NULL;
}

static void start(void *(*function)(void *), void *argument)
{
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, argument) != 0)
    abort();
}

int main(int argc, char **argv)
{
  static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
  static volatile int held;
  const char *way = argc > 1 ? argv[1] : "";
  main_thread = pthread_self();
  atexit(at_exit);
  printf("%s\n", way);
  pthread_mutex_lock(&taken);
  if (strcmp(way, "return") == 0)
  {
    start(spin, &taken);
    start(wait_for_ever, &taken);
    usleep(5000);
    return 5;
  }
  if (strcmp(way, "pthread_exit") == 0)
  {
    start(outlive_main, NULL);
    pthread_exit(NULL);
  }
  if (strcmp(way, "alone") == 0)
    pthread_exit(NULL);
  if (strcmp(way, "other") == 0)
  {
    start(call_exit, NULL);
    pthread_mutex_lock(&taken); /* for ever */
  }
  if (strcmp(way, "stream") == 0)
  {
    start(hold_stream, (void *) &held);
    while (!held)
      usleep(100);
    return 6;
  }
  return 1;
}

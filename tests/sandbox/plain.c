/* What a plain program does: usage: plain crash|abort|idle [MILLISECONDS]. Runs on Linux, too. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile int is_over;
static volatile int *volatile nowhere = (volatile int *) 8;

static void *compute(void *argument)
{
  (void) argument;
  while (is_over == 0)
    ;
  return NULL;
}

/* So many functions and lines that libdw sorts a large table. */
#define FUNCTION(n)                                               \
  static __attribute__((noinline)) int poke_##n(volatile int *at) \
  {                                                               \
    *at += n;                                                     \
    return *at * n;                                               \
  }
#define TEN(n)   \
  FUNCTION(n##0) \
  FUNCTION(n##1) \
  FUNCTION(n##2) \
  FUNCTION(n##3) \
  FUNCTION(n##4) \
  FUNCTION(n##5) \
  FUNCTION(n##6) \
  FUNCTION(n##7) \
  FUNCTION(n##8) \
  FUNCTION(n##9)
TEN(1)
TEN(2)
TEN(3)
#define CALL_TEN(n, at)                                                                      \
  (poke_##n##0(at) + poke_##n##1(at) + poke_##n##2(at) + poke_##n##3(at) + poke_##n##4(at) + \
   poke_##n##5(at) + poke_##n##6(at) + poke_##n##7(at) + poke_##n##8(at) + poke_##n##9(at))

/* Threads on two CPUs, and those of the monitor that follow the clock and watch streams. */
static int idle(int wait_ms)
{
  pthread_t thread;
  struct timespec now;
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (pthread_create(&thread, NULL, compute, NULL) != 0)
    return 1;
  /* The clock is followed once the program has run for a while. */
  poll(&input, 1, wait_ms);
  clock_gettime(CLOCK_REALTIME, &now);
  puts("ready");
  fflush(stdout);
  if (poll(&input, 1, -1) != 1)
    return 2;
  is_over = 1;
  pthread_join(thread, NULL);
  puts("end");
  return 0;
}

int main(int argc, char **argv)
{
  volatile int number = argc;
  const char *way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "idle") == 0)
    return idle(argc > 2 ? atoi(argv[2]) : 0);
  if (strcmp(way, "crash") == 0)
    return CALL_TEN(1, &number) + CALL_TEN(2, &number) + CALL_TEN(3, nowhere);
  if (strcmp(way, "abort") == 0)
    abort();
  return 3;
}

/* Crashes after so many microseconds, while threads take turns in all the ways there are. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define THREADS   6
#define MAP_BYTES (1 << 20)
#define NOINLINE  __attribute__((noinline))

static sem_t ping, pong;
static atomic_int begun;
static volatile long rounds;

NOINLINE static void work_ping(void)
{
  atomic_fetch_add(&begun, 1);
  for (;; rounds++)
  {
    sem_post(&pong);
    sem_wait(&ping);
  }
}

NOINLINE static void work_pong(void)
{
  atomic_fetch_add(&begun, 1);
  for (;; rounds++)
  {
    sem_post(&ping);
    sem_wait(&pong);
  }
}

NOINLINE static void work_yield(void)
{
  atomic_fetch_add(&begun, 1);
  for (;; rounds++)
    sched_yield();
}

NOINLINE static void work_nap(void)
{
  const struct timespec moment = {.tv_nsec = 20000};
  atomic_fetch_add(&begun, 1);
  for (;; rounds++)
    nanosleep(&moment, NULL);
}

NOINLINE static void work_touch(void)
{
  atomic_fetch_add(&begun, 1);
  for (;; rounds++)
  {
    volatile char *bytes =
        mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < MAP_BYTES; i += 4096)
      bytes[i] = 1;
    munmap((void *) bytes, MAP_BYTES);
  }
}

static void *run(void *work)
{
  ((void (*)(void)) work)();
  rounds++;
  return NULL;
}

int main(int argc, char **argv)
{
  static void (*const works[THREADS])(void) = {work_ping,  work_pong, work_yield,
                                               work_yield, work_nap,  work_touch};
  pthread_t thread;
  sem_init(&ping, 0, 0);
  sem_init(&pong, 0, 0);
  for (int i = 0; i < THREADS; i++)
    pthread_create(&thread, NULL, run, (void *) works[i]);
  while (atomic_load(&begun) < THREADS)
    usleep(100);
  usleep(argc > 1 ? (unsigned int) atoi(argv[1]) : 0);
  *(volatile int *) 8 = 1;
}

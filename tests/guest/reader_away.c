/* A thread waits in read() of standard input; meanwhile all that needs its CPU goes on: memory is
 * unmapped, threads that were on that CPU run elsewhere. Run with two CPUs and a slow input. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thread_check.h"

#define BYTES ((size_t) 1 << 20)

static sem_t gate;
static volatile bool has_run;
static volatile ssize_t got = -1;

static void *read_input(void *argument)
{
  char byte;
  got = read(STDIN_FILENO, &byte, 1);
  return argument;
}

static void *pass_gate(void *argument)
{
  sem_wait(&gate);
  has_run = true;
  return argument;
}

int main(void)
{
  sem_init(&gate, 0, 0);
  bind_to(pthread_self(), 0);
  pthread_t sleeper = start_thread(pass_gate, NULL, 16, ANY_CPU);
  /* Both CPUs have used this memory. */
  char *page = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  page[0] = 1;
  pthread_t reader = start_thread(read_input, NULL, 16, 1);
  uhyve_task_sleep(50 * MS);

  uint64_t begin_ns = uhyve_now();
  CHECK(munmap(page, BYTES) == 0);
  CHECK(uhyve_now() - begin_ns < 500 * MS);
  sem_post(&gate);
  CHECK(comes_while_asleep(&has_run));
  pthread_join(sleeper, NULL);
  CHECK(got == -1); /* or all this shows nothing */
  pthread_join(reader, NULL);
  CHECK(got == 1);
  return check_finish();
}

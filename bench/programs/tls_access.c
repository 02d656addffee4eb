/* A thread-local variable is read, changed and written by a function of its own, in a thread. */
#include "threads.h"

#define ACCESSES 10000000

static _Thread_local uint64_t variable;

/* Not inlined: each call finds the variable again. */
__attribute__((noinline, aligned(64))) static void access_variable(uint64_t step)
{
  variable += step;
  __asm__ volatile("" : : : "memory");
}

static void run(void)
{
  for (uint64_t i = 0; i < ACCESSES; i++)
    access_variable(i);
}

static void *measure(void *argument)
{
  measure_rounds_cycles("tls_access", run, ACCESSES);
  return argument;
}

int main(void)
{
  pthread_t thread;
  measure_check(pthread_create(&thread, NULL, measure, NULL) == 0, "pthread_create");
  threads_join(thread);
  return 0;
}

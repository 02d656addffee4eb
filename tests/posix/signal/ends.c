/* Programs that end by a signal: usage: ends WAY. */
#include "signal_check.h"

__attribute__((noinline)) static void poke(volatile int *address)
{
  *address = 1;
}

static void fault_in_handler(int number)
{
  printf("handler\n");
  poke((volatile int *) 16);
  exit(number);
}

static void say(int number)
{
  (void) number;
  printf("handler\n");
}

__attribute__((noinline)) static int descend(volatile char *above)
{
  volatile char frame[4096];
  frame[0] = above[0];
  return descend(frame) + frame[0];
}

static volatile unsigned long rounds;

static void *compute(void *argument)
{
  while (argument != NULL)
    rounds++;
  return NULL;
}

static void send_to_thread(int number)
{
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, compute, "") == 0);
  while (rounds < 1000)
    sched_yield();
  pthread_kill(thread, number);
  pthread_join(thread, NULL);
}

static void handle_again(int number)
{
  raise(number);
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "";
  volatile char first = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%s\n", way);
  if (strcmp(way, "again") == 0)
    act(SIGSEGV, fault_in_handler, 0);
  if (strcmp(way, "reset") == 0)
    act(SIGSEGV, say, SA_RESETHAND);
  if (strcmp(way, "ignored") == 0)
    act(SIGSEGV, SIG_IGN, 0);
  if (strcmp(way, "blocked") == 0)
  {
    act(SIGSEGV, say, 0);
    block(SIGSEGV);
  }
  if (strcmp(way, "overflow") == 0)
  {
    act(SIGSEGV, say, 0);
    return descend(&first);
  }
  if (strcmp(way, "within") == 0)
  {
    act(SIGUSR1, fault_in_handler, 0);
    raise(SIGUSR1);
  }
  if (strcmp(way, "terminate") == 0)
    kill(getpid(), SIGTERM);
  if (strcmp(way, "killed") == 0)
  {
    act(SIGUSR1, say, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    raise(SIGKILL);
  }
  if (strcmp(way, "thread") == 0)
  {
    act(SIGUSR1, say, 0);
    send_to_thread(SIGUSR2);
  }
  if (strcmp(way, "thread_handler") == 0)
  {
    act(SIGUSR1, fault_in_handler, 0);
    send_to_thread(SIGUSR1);
  }
  if (strncmp(way, "abort", 5) == 0)
  {
    act(SIGABRT, strcmp(way, "abort_ignored") == 0 ? SIG_IGN : say, 0);
    block(SIGABRT);
    abort();
  }
  if (strcmp(way, "unblocked") == 0)
  {
    block(SIGHUP);
    raise(SIGHUP);
    printf("blocked\n");
    unblock(SIGHUP);
  }
  if (strcmp(way, "recursive") == 0)
    act(SIGSEGV, handle_again, SA_NODEFER);
  poke((volatile int *) 8);
  return 0;
}

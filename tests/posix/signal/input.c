/* Signals to a thread that reads: EINTR, or it goes on and gets what is written later. Standard
 * input stays empty until the program has said "ready". */
#include "signal_check.h"

#include <sys/time.h>

static volatile int count;

static void note(int number)
{
  (void) number;
  count++;
}

static void set_timer(long first_us, long interval_us)
{
  const struct itimerval value = {.it_value = {.tv_usec = first_us},
                                  .it_interval = {.tv_usec = interval_us}};
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
}

static volatile pthread_t reader;

static void *interrupt_reader(void *argument)
{
  sleep_ns(10 * MS);
  pthread_kill(reader, SIGUSR1);
  return argument;
}

int main(void)
{
  char buffer[16] = "";
  pthread_t thread;
  act(SIGALRM, note, 0);
  for (int i = 1; i <= 3; i++)
  {
    set_timer(10000, 0);
    errno = 0;
    CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == -1 && errno == EINTR && count == i);
  }

  act(SIGUSR1, note, 0);
  reader = pthread_self();
  CHECK(pthread_create(&thread, NULL, interrupt_reader, NULL) == 0);
  errno = 0;
  CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == -1 && errno == EINTR);
  CHECK(pthread_join(thread, NULL) == 0);

  act(SIGALRM, note, SA_RESTART);
  count = 0;
  set_timer(2000, 2000);
  printf("ready\n");
  fflush(stdout);
  CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == 6);
  CHECK(strncmp(buffer, "hello\n", 6) == 0);
  CHECK(count > 3);
  set_timer(0, 0);
  return check_finish();
}

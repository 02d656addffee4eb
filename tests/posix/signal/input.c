/* Signals to a thread that reads: EINTR, or it goes on and gets what is written later. Standard
 * input stays empty until the program has said "ready". */
#include "signal_check.h"

#include <sys/time.h>

/* So many are handled before there is input. */
#define ENOUGH 4

static volatile int count;

static void note(int number)
{
  (void) number;
  count++;
}

static void note_and_tell(int number)
{
  static const char ready[] = "ready\n";
  note(number);
  if (count == ENOUGH)
    CHECK(write(STDOUT_FILENO, ready, sizeof(ready) - 1) == sizeof(ready) - 1);
}

static void set_timer(long first_us, long interval_us)
{
  const struct itimerval value = {.it_value = {.tv_usec = first_us},
                                  .it_interval = {.tv_usec = interval_us}};
  CHECK(setitimer(ITIMER_REAL, &value, NULL) == 0);
}

int main(void)
{
  char buffer[16] = "";
  act(SIGALRM, note, 0);
  /* The timer goes on, as its first signal may come before read() waits. */
  for (int i = 0; i < 3; i++)
  {
    int before = count;
    set_timer(10000, 10000);
    errno = 0;
    CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == -1 && errno == EINTR);
    CHECK(count > before);
    set_timer(0, 0);
  }

  struct sender sender;
  act(SIGUSR1, note, 0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  errno = 0;
  CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == -1 && errno == EINTR);
  end_signals(&sender, thread);

  act(SIGALRM, note_and_tell, SA_RESTART);
  count = 0;
  set_timer(2000, 2000);
  CHECK(read(STDIN_FILENO, buffer, sizeof(buffer)) == 6);
  CHECK(strncmp(buffer, "hello\n", 6) == 0);
  CHECK(count >= ENOUGH);
  set_timer(0, 0);
  return check_finish();
}

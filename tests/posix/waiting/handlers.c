/* Handlers of signals that use the file which the interrupted call is using: no call keeps a lock
 * while a handler runs. */
#include "waiting_check.h"

#include <setjmp.h>
#include <sys/stat.h>

#define NAME   "/tmp/uhyve_handlers_test"
#define ROUNDS 3000

static int file;
static volatile sig_atomic_t written_by_handler;
static volatile sig_atomic_t leaves;
static sigjmp_buf out;

static void on_alarm(int number)
{
  (void) number;
  if (leaves)
    siglongjmp(out, 1);
  if (write(file, "h", 1) == 1)
    written_by_handler++;
  lseek(file, 0, SEEK_CUR);
}

static timer_t timer;

/* Once, soon: so that a slow machine does something else, too. */
static void ring_soon(void)
{
  const struct itimerspec times = {.it_value.tv_nsec = 50000};
  CHECK(timer_settime(timer, 0, &times, NULL) == 0);
}

static void make_timer(int flags)
{
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
}

/* All bytes are there, those of the handlers too. */
static void the_same_file(void)
{
  struct stat status;
  char line[100] = "main";
  long count = 0;
  file = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(file >= 0);
  written_by_handler = 0;
  int rung = 0;
  make_timer(SA_RESTART);
  while (count < ROUNDS || written_by_handler < 20)
  {
    if (rung == written_by_handler)
    {
      ring_soon();
      rung++;
    }
    if (!CHECK(write(file, line, sizeof(line)) == (ssize_t) sizeof(line)))
      break;
    count++;
    lseek(file, 0, SEEK_END);
  }
  while (written_by_handler < rung)
    ;
  CHECK(timer_delete(timer) == 0);
  CHECK(fstat(file, &status) == 0);
  CHECK(status.st_size == count * (long) sizeof(line) + written_by_handler);
  CHECK(close(file) == 0);
}

/* A handler that leaves a call by siglongjmp() leaves the file as usable as before. */
static void leaving(void)
{
  char line[2000] = "main";
  volatile int left = 0;
  file = open(NAME, O_RDWR | O_TRUNC);
  CHECK(file >= 0);
  make_timer(0);
  volatile int rounds = 0;
  while (left < 20)
  {
    if (sigsetjmp(out, 1) != 0)
    {
      leaves = 0;
      left++;
      continue;
    }
    leaves = 1;
    ring_soon();
    for (;;)
    {
      pwrite(file, line, sizeof(line), rounds % 10);
      lseek(file, 5, SEEK_SET);
      if (read(file, line + 100, 10) < 0)
        break;
      rounds++;
    }
  }
  leaves = 0;
  CHECK(timer_delete(timer) == 0);
  CHECK(lseek(file, 0, SEEK_SET) == 0);
  CHECK(write(file, "end", 3) == 3);
  CHECK(close(file) == 0);
  CHECK(open(NAME, O_RDONLY) == file);
  CHECK(close(file) == 0);
  CHECK(unlink(NAME) == 0);
}

int main(void)
{
  the_same_file();
  leaving();
  return check_finish();
}

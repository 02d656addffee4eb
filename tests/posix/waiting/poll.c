/* poll() and ppoll(): what they find, how long they wait, what ends them. */
#include "waiting_check.h"

#include <poll.h>
#include <sys/resource.h>

#define MANY 400

static int shared[2];

static short events_of(int fd, short events)
{
  struct pollfd polled = {.fd = fd, .events = events, .revents = -1};
  int found = poll(&polled, 1, 0);
  CHECK(found == (polled.revents != 0));
  return polled.revents;
}

static void what_pipes_say(void)
{
  static char bytes[PIPE_BYTES];
  int ends[2];
  const short all = POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM;
  make_pipe(ends, O_NONBLOCK);
  CHECK(events_of(ends[0], all) == 0);
  CHECK(events_of(ends[1], all) == (POLLOUT | POLLWRNORM));
  CHECK(events_of(ends[1], POLLIN) == 0);
  CHECK(events_of(ends[1], 0) == 0);
  CHECK(write(ends[1], bytes, sizeof(bytes)) == sizeof(bytes));
  CHECK(events_of(ends[0], all) == (POLLIN | POLLRDNORM));
  CHECK(events_of(ends[0], POLLIN) == POLLIN);
  CHECK(events_of(ends[0], POLLRDNORM) == POLLRDNORM);
  CHECK(events_of(ends[0], POLLOUT) == 0);
  CHECK(events_of(ends[1], all) == 0);
  CHECK(read(ends[0], bytes, 4096) == 4096);
  CHECK(events_of(ends[1], POLLOUT) == POLLOUT);
  CHECK(read(ends[0], bytes, sizeof(bytes)) > 0);
  CHECK(close(ends[1]) == 0);
  CHECK(events_of(ends[0], all) == POLLHUP);
  CHECK(events_of(ends[0], 0) == POLLHUP);
  CHECK(close(ends[0]) == 0);
  make_pipe(ends, 0);
  CHECK(close(ends[0]) == 0);
  CHECK(events_of(ends[1], POLLOUT) == (POLLOUT | POLLERR));
  CHECK(events_of(ends[1], 0) == POLLERR);
  CHECK(close(ends[1]) == 0);
  CHECK(events_of(ends[1], POLLIN) == POLLNVAL);
  CHECK(events_of(-1, POLLIN) == 0);
  CHECK(events_of(100000, 0) == POLLNVAL);
}

static void what_files_say(void)
{
  int fd = open("/tmp/uhyve_poll_test", O_RDWR | O_CREAT, 0600);
  if (CHECK(fd >= 0))
  {
    CHECK(events_of(fd, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
    CHECK(close(fd) == 0);
    CHECK(unlink("/tmp/uhyve_poll_test") == 0);
  }
  fd = open("/dev/null", O_RDWR);
  CHECK(events_of(fd, POLLIN | POLLOUT) == (POLLIN | POLLOUT));
  CHECK(close(fd) == 0);
  fd = open("/dev/null", O_PATH);
  CHECK(events_of(fd, POLLIN | POLLOUT) == POLLNVAL);
  CHECK(close(fd) == 0);
}

static void errors(void)
{
  struct pollfd polled = {.fd = 0};
  struct rlimit limit;
  const struct timespec wrong = {.tv_nsec = 1000000000};
  const struct timespec negative = {.tv_sec = -1};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  FAILS(poll(nowhere(), 1, 0), EFAULT);
  FAILS(poll(&polled, limit.rlim_cur + 1, 0), EINVAL);
  FAILS(ppoll(&polled, 0, &wrong, NULL), EINVAL);
  FAILS(ppoll(&polled, 0, &negative, NULL), EINVAL);
  CHECK(poll(NULL, 0, 0) == 0);
}

static void times(void)
{
  int ends[2];
  make_pipe(ends, 0);
  struct pollfd polled = {.fd = ends[0], .events = POLLIN};
  const struct timespec wait = {.tv_nsec = 3500000};
  uint64_t begin = now_ns();
  CHECK(poll(&polled, 1, 5) == 0 && polled.revents == 0);
  uint64_t took = now_ns() - begin;
  CHECK(took >= 5000000 && took < 5000000000); /* milliseconds, not seconds */
  begin = now_ns();
  CHECK(poll(NULL, 0, 2) == 0);
  CHECK(now_ns() - begin >= 2000000);
  begin = now_ns();
  CHECK(ppoll(&polled, 1, &wait, NULL) == 0);
  CHECK(now_ns() - begin >= 3500000);
  close_pipe(ends);
}

/* ---- Who waits is woken ---- */

static void *write_soon(void *argument)
{
  sleep_ms(3);
  CHECK(write(*(int *) argument, "x", 1) == 1);
  return NULL;
}

static void *read_soon(void *argument)
{
  static char bytes[PIPE_BYTES];
  sleep_ms(3);
  CHECK(read(*(int *) argument, bytes, sizeof(bytes)) > 0);
  return NULL;
}

static void *close_soon(void *argument)
{
  sleep_ms(3);
  CHECK(close(*(int *) argument) == 0);
  return NULL;
}

static void wakes(void *(*function)(void *), int argument_end, int polled_end, short events,
                  short found, bool is_full)
{
  static char bytes[PIPE_BYTES];
  pthread_t thread;
  make_pipe(shared, 0);
  if (is_full)
    CHECK(write(shared[1], bytes, sizeof(bytes)) == sizeof(bytes));
  int end = shared[argument_end];
  struct pollfd polled[3] = {
      {.fd = -5, .events = POLLIN}, {.fd = shared[polled_end], .events = events}, {.fd = -1}};
  CHECK(pthread_create(&thread, NULL, function, &end) == 0);
  CHECK(poll(polled, 3, -1) == 1);
  CHECK(polled[1].revents == found && polled[0].revents == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  close(shared[0]);
  close(shared[1]);
}

static void events_wake(void)
{
  wakes(write_soon, 1, 0, POLLIN, POLLIN, false);
  wakes(read_soon, 0, 1, POLLOUT, POLLOUT, true);
  wakes(close_soon, 1, 0, POLLIN, POLLHUP, false);
  wakes(close_soon, 1, 0, 0, POLLHUP, false);
  wakes(close_soon, 0, 1, 0, POLLERR, true);
  wakes(close_soon, 0, 1, POLLOUT, POLLERR, true);
}

/* Several threads wait for the same; each is woken. */
static void *wait_for_input(void *argument)
{
  struct pollfd polled = {.fd = shared[0], .events = POLLIN};
  (void) argument;
  CHECK(poll(&polled, 1, -1) == 1);
  CHECK(polled.revents == POLLIN);
  return NULL;
}

static void all_are_woken(void)
{
  pthread_t threads[4];
  make_pipe(shared, 0);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, wait_for_input, NULL) == 0);
  sleep_ms(3);
  CHECK(write(shared[1], "x", 1) == 1);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  close_pipe(shared);
}

static void many_at_once(void)
{
  static int ends[MANY][2];
  static struct pollfd polled[MANY];
  pthread_t thread;
  for (int i = 0; i < MANY; i++)
  {
    make_pipe(ends[i], O_NONBLOCK);
    polled[i] = (struct pollfd){.fd = ends[i][0], .events = POLLIN};
  }
  for (int round = 0; round < 5; round++)
  {
    int chosen = (round * 97 + 13) % MANY;
    CHECK(pthread_create(&thread, NULL, write_soon, &ends[chosen][1]) == 0);
    CHECK(poll(polled, MANY, -1) == 1);
    CHECK(polled[chosen].revents == POLLIN);
    CHECK(pthread_join(thread, NULL) == 0);
    char byte;
    CHECK(read(ends[chosen][0], &byte, 1) == 1);
  }
  for (int i = 0; i < MANY; i += 7)
    CHECK(write(ends[i][1], "x", 1) == 1);
  CHECK(poll(polled, MANY, -1) == (MANY + 6) / 7);
  for (int i = 0; i < MANY; i++)
    close_pipe(ends[i]);
}

/* The same descriptor more than once. */
static void twice(void)
{
  int ends[2];
  make_pipe(ends, 0);
  struct pollfd polled[3] = {{.fd = ends[1], .events = POLLOUT},
                             {.fd = ends[0], .events = POLLIN},
                             {.fd = ends[1], .events = POLLOUT | POLLIN}};
  CHECK(poll(polled, 3, 1000) == 2);
  CHECK(polled[0].revents == POLLOUT && polled[1].revents == 0 && polled[2].revents == POLLOUT);
  close_pipe(ends);
}

/* ---- Signals ---- */

static void signals_end_it(int flags)
{
  struct sender sender;
  int ends[2];
  make_pipe(ends, 0);
  struct pollfd polled = {.fd = ends[0], .events = POLLIN};
  handle(SIGUSR1, flags);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(poll(&polled, 1, -1), EINTR);
  FAILS(poll(NULL, 0, 10000), EINTR);
  end_signals(&sender, thread);
  close_pipe(ends);
}

static void the_mask_counts(void)
{
  sigset_t blocked, none, mask;
  int ends[2];
  make_pipe(ends, 0);
  struct pollfd polled = {.fd = ends[0], .events = POLLIN};
  const struct timespec no_time = {0};
  handle(SIGUSR1, SA_RESTART);
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  CHECK(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0);
  handled = 0;
  /* It comes first and waits for the mask; nothing is lost between the two. */
  CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
  CHECK(poll(&polled, 1, 1) == 0 && handled == 0);
  FAILS(ppoll(&polled, 1, NULL, &none), EINTR);
  CHECK(handled == 1);
  CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
  FAILS(ppoll(&polled, 1, &no_time, &none), EINTR);
  CHECK(handled == 2);
  CHECK(ppoll(&polled, 1, &no_time, &none) == 0);
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGUSR1) == 1);
  /* The other way round. */
  CHECK(pthread_sigmask(SIG_SETMASK, &none, NULL) == 0);
  struct sender sender;
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  const struct timespec wait = {.tv_nsec = 5000000};
  while (handled == 2)
    sleep_ms(1);
  CHECK(ppoll(&polled, 1, &wait, &blocked) == 0);
  end_signals(&sender, thread);
  close_pipe(ends);
}

static void *cancelled(void *argument)
{
  poll(NULL, 0, -1);
  return argument;
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  CHECK(pthread_create(&thread, NULL, cancelled, NULL) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
}

int main(void)
{
  what_pipes_say();
  what_files_say();
  errors();
  times();
  events_wake();
  all_are_woken();
  many_at_once();
  twice();
  signals_end_it(0);
  signals_end_it(SA_RESTART);
  the_mask_counts();
  cancellation();
  return check_finish();
}

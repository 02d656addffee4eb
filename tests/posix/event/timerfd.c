/* timerfd: expiries, intervals, both clocks, waiting. */
#include "../waiting/waiting_check.h"

#include <poll.h>
#include <sys/timerfd.h>

#define MS 1000000l

static struct itimerspec times_ms(long value_ms, long interval_ms)
{
  return (struct itimerspec){
      .it_value = {.tv_sec = value_ms / 1000, .tv_nsec = value_ms % 1000 * MS},
      .it_interval = {.tv_sec = interval_ms / 1000, .tv_nsec = interval_ms % 1000 * MS}};
}

static uint64_t ns_of(const struct timespec *time)
{
  return (uint64_t) time->tv_sec * 1000000000 + (uint64_t) time->tv_nsec;
}

static uint64_t expiries(int fd)
{
  uint64_t count = 0;
  CHECK(read(fd, &count, sizeof(count)) == sizeof(count));
  return count;
}

static void errors(void)
{
  struct itimerspec times = times_ms(1, 0);
  uint64_t count;
  FAILS(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
  FAILS(timerfd_create(1234, 0), EINVAL);
  FAILS(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  CHECK(fd == 3);
  CHECK(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
  FAILS(read(fd, &count, 8), EAGAIN);
  FAILS(read(fd, &count, 7), EINVAL);
  FAILS(write(fd, &count, 8), EINVAL);
  FAILS(timerfd_settime(fd, 1024, &times, NULL), EINVAL);
  FAILS(timerfd_settime(fd, 0, nowhere(), NULL), EFAULT);
  FAILS(timerfd_settime(100, 0, &times, NULL), EBADF);
  FAILS(timerfd_gettime(100, &times), EBADF);
  FAILS(timerfd_gettime(fd, nowhere()), EFAULT);
  FAILS(timerfd_settime(0, 0, &times, NULL), EINVAL);
  FAILS(timerfd_gettime(0, &times), EINVAL);
  times.it_value.tv_nsec = 1000000000;
  FAILS(timerfd_settime(fd, 0, &times, NULL), EINVAL);
  times = times_ms(1, 0);
  times.it_interval.tv_nsec = -1;
  FAILS(timerfd_settime(fd, 0, &times, NULL), EINVAL);
  CHECK(close(fd) == 0);
}

static void once(clockid_t clock)
{
  struct itimerspec times = times_ms(20, 0);
  struct itimerspec now;
  uint64_t count;
  const uint64_t slack_ns = clock == CLOCK_REALTIME ? MS : 0; /* between the two clocks */
  int fd = timerfd_create(clock, 0);
  CHECK(timerfd_gettime(fd, &now) == 0 && ns_of(&now.it_value) == 0);
  uint64_t begin_ns = now_ns();
  CHECK(timerfd_settime(fd, 0, &times, &now) == 0);
  CHECK(ns_of(&now.it_value) == 0 && ns_of(&now.it_interval) == 0);
  CHECK(timerfd_gettime(fd, &now) == 0);
  /* Nothing is left only of one that was due. */
  CHECK(ns_of(&now.it_value) <= 20 * MS);
  CHECK(ns_of(&now.it_value) > 0 || now_ns() - begin_ns >= 20 * MS - slack_ns);
  CHECK(expiries(fd) == 1);
  CHECK(now_ns() - begin_ns >= 20 * MS - slack_ns);
  CHECK(timerfd_gettime(fd, &now) == 0 && ns_of(&now.it_value) == 0);
  CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  FAILS(read(fd, &count, 8), EAGAIN);
  /* One that is stopped does not run out. */
  times = times_ms(5, 0);
  CHECK(timerfd_settime(fd, 0, &times, NULL) == 0);
  times = times_ms(0, 7);
  CHECK(timerfd_settime(fd, 0, &times, &now) == 0);
  CHECK(ns_of(&now.it_value) <= 5 * MS);
  sleep_ms(10);
  FAILS(read(fd, &count, 8), EAGAIN);
  /* Nor does what it was before count. */
  times = times_ms(1, 0);
  CHECK(timerfd_settime(fd, 0, &times, NULL) == 0);
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN);
  times = times_ms(100000, 0);
  CHECK(timerfd_settime(fd, 0, &times, NULL) == 0);
  FAILS(read(fd, &count, 8), EAGAIN);
  CHECK(close(fd) == 0);
}

static void absolute(clockid_t clock)
{
  struct itimerspec times = {0};
  int fd = timerfd_create(clock, 0);
  CHECK(clock_gettime(clock, &times.it_value) == 0);
  times.it_value.tv_nsec += 10 * MS;
  if (times.it_value.tv_nsec >= 1000 * MS)
  {
    times.it_value.tv_sec++;
    times.it_value.tv_nsec -= 1000 * MS;
  }
  CHECK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &times, NULL) == 0);
  CHECK(expiries(fd) == 1);
  struct timespec now;
  CHECK(clock_gettime(clock, &now) == 0 && ns_of(&now) >= ns_of(&times.it_value));
  /* In the past: at once, and as often as it would have. Where the clock began less than a second
   * ago there is no such past. */
  while (times.it_value.tv_sec < 1)
  {
    sleep_ms(100);
    CHECK(clock_gettime(clock, &times.it_value) == 0);
  }
  times.it_value.tv_sec -= 1;
  times.it_interval.tv_nsec = 100 * MS;
  CHECK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &times, NULL) == 0);
  CHECK(expiries(fd) >= 10);
  CHECK(close(fd) == 0);
}

static void intervals(void)
{
  struct itimerspec times = times_ms(2, 5);
  struct itimerspec now;
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  uint64_t begin_ns = now_ns();
  CHECK(timerfd_settime(fd, 0, &times, NULL) == 0);
  uint64_t count = 0;
  for (int i = 0; i < 5; i++)
    count += expiries(fd);
  CHECK(now_ns() - begin_ns >= (2 + (count - 1) * 5) * (uint64_t) MS);
  sleep_ms(26);
  CHECK(timerfd_gettime(fd, &now) == 0);
  CHECK(ns_of(&now.it_interval) == 5 * MS);
  CHECK(ns_of(&now.it_value) > 0 && ns_of(&now.it_value) <= 5 * MS);
  CHECK(expiries(fd) >= 5);
  CHECK(close(fd) == 0);
}

/* Many at once, set in any order. */
static void many(void)
{
  enum
  {
    COUNT = 50
  };
  int fds[COUNT];
  struct pollfd polled[COUNT];
  for (int i = 0; i < COUNT; i++)
  {
    struct itimerspec times = times_ms(1 + i * 7 % COUNT, 0);
    fds[i] = timerfd_create(i % 2 == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, TFD_NONBLOCK);
    polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    CHECK(timerfd_settime(fds[i], 0, &times, NULL) == 0);
  }
  int left = COUNT;
  while (left > 0)
  {
    CHECK(poll(polled, COUNT, -1) > 0);
    for (int i = 0; i < COUNT; i++)
    {
      if (polled[i].revents == 0 || polled[i].fd < 0)
        continue;
      CHECK(expiries(fds[i]) == 1);
      polled[i].fd = -1;
      left--;
    }
  }
  for (int i = 0; i < COUNT; i++)
    CHECK(close(fds[i]) == 0);
}

/* ---- Threads ---- */

static void *set_often(void *argument)
{
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  for (int i = 0; i < 200; i++)
  {
    struct itimerspec times = {.it_value.tv_nsec = 1 + i * 7 % 300 * 1000};
    CHECK(timerfd_settime(fd, 0, &times, NULL) == 0);
    if (i % 3 != 0)
      CHECK(expiries(fd) == 1);
  }
  CHECK(close(fd) == 0);
  return argument;
}

static void many_threads(void)
{
  pthread_t threads[6];
  for (int i = 0; i < 6; i++)
    CHECK(pthread_create(&threads[i], NULL, set_often, NULL) == 0);
  for (int i = 0; i < 6; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
}

static int shared;

static void *set_late(void *argument)
{
  struct itimerspec times = times_ms(1, 0);
  sleep_ms(5);
  CHECK(timerfd_settime(shared, 0, &times, NULL) == 0);
  return argument;
}

static void it_is_set_while_one_waits(void)
{
  pthread_t thread;
  shared = timerfd_create(CLOCK_MONOTONIC, 0);
  CHECK(pthread_create(&thread, NULL, set_late, NULL) == 0);
  CHECK(expiries(shared) == 1);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(close(shared) == 0);
}

static void signals_end_it(void)
{
  struct sender sender;
  uint64_t count;
  shared = timerfd_create(CLOCK_MONOTONIC, 0);
  handle(SIGUSR1, 0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(read(shared, &count, 8), EINTR);
  end_signals(&sender, thread);
  CHECK(close(shared) == 0);
}

int main(void)
{
  errors();
  once(CLOCK_MONOTONIC);
  once(CLOCK_REALTIME);
  once(CLOCK_BOOTTIME);
  absolute(CLOCK_MONOTONIC);
  absolute(CLOCK_REALTIME);
  intervals();
  many();
  many_threads();
  it_is_set_while_one_waits();
  signals_end_it();
  return check_finish();
}

/* epoll: levels, edges, one shots, what is watched and what ends it. */
#include "../waiting/waiting_check.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static int epoll;
static struct epoll_event found[16];

static int control(int operation, int fd, uint32_t events)
{
  struct epoll_event event = {.events = events, .data.u64 = 0x123456780000 + (uint64_t) fd};
  return epoll_ctl(epoll, operation, fd, &event);
}

/* How many are ready now; there is room for a few. */
static int ready(void)
{
  return epoll_wait(epoll, found, 16, 0);
}

static bool is_only(int fd, uint32_t events)
{
  return ready() == 1 && found[0].events == events &&
         found[0].data.u64 == 0x123456780000 + (uint64_t) fd;
}

static void begin(void)
{
  epoll = epoll_create1(0);
  CHECK(epoll >= 0);
}

static void end(void)
{
  CHECK(close(epoll) == 0);
}

static void errors(void)
{
  int ends[2];
  struct stat status;
  FAILS(epoll_create(0), EINVAL);
  FAILS(epoll_create1(1), EINVAL);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll == 3 && fcntl(epoll, F_GETFD) == FD_CLOEXEC);
  CHECK(fstat(epoll, &status) == 0 && (status.st_mode & S_IFMT) == 0);
  make_pipe(ends, 0);
  FAILS(control(EPOLL_CTL_MOD, ends[0], EPOLLIN), ENOENT);
  FAILS(control(EPOLL_CTL_DEL, ends[0], EPOLLIN), ENOENT);
  FAILS(control(17, ends[0], EPOLLIN), EINVAL);
  CHECK(control(EPOLL_CTL_ADD, ends[0], EPOLLIN) == 0);
  FAILS(control(EPOLL_CTL_ADD, ends[0], EPOLLIN), EEXIST);
  FAILS(control(EPOLL_CTL_ADD, 100, EPOLLIN), EBADF);
  FAILS(control(EPOLL_CTL_ADD, epoll, EPOLLIN), EINVAL);
  FAILS(epoll_ctl(100, EPOLL_CTL_DEL, ends[0], NULL), EBADF);
  FAILS(epoll_ctl(ends[1], EPOLL_CTL_DEL, ends[0], NULL), EINVAL);
  FAILS(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[0], nowhere()), EFAULT);
  FAILS(epoll_wait(epoll, found, 0, 0), EINVAL);
  volatile int none = -1;
  FAILS(epoll_wait(epoll, found, none, 0), EINVAL);
  FAILS(epoll_wait(100, found, 1, 0), EBADF);
  FAILS(epoll_wait(ends[0], found, 1, 0), EINVAL);
  CHECK(write(ends[1], "x", 1) == 1);
  FAILS(epoll_wait(epoll, nowhere(), 1, 0), EFAULT);
  CHECK(is_only(ends[0], EPOLLIN));
  CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[0], NULL) == 0);
  CHECK(ready() == 0);
  int folder = open("/tmp", O_RDONLY);
  FAILS(control(EPOLL_CTL_ADD, folder, EPOLLIN), EPERM);
  CHECK(close(folder) == 0);
  int file = open("/tmp/uhyve_epoll_test", O_RDWR | O_CREAT, 0600);
  FAILS(control(EPOLL_CTL_ADD, file, EPOLLIN), EPERM);
  CHECK(close(file) == 0 && unlink("/tmp/uhyve_epoll_test") == 0);
  FAILS(read(epoll, found, 8), EINVAL);
  close_pipe(ends);
  end();
}

static void levels(void)
{
  int ends[2];
  char byte;
  begin();
  make_pipe(ends, 0);
  CHECK(control(EPOLL_CTL_ADD, ends[0], EPOLLIN) == 0);
  CHECK(control(EPOLL_CTL_ADD, ends[1], 0) == 0);
  CHECK(ready() == 0);
  CHECK(write(ends[1], "ab", 2) == 2);
  CHECK(is_only(ends[0], EPOLLIN));
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(is_only(ends[0], EPOLLIN));
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(ready() == 0);
  CHECK(control(EPOLL_CTL_MOD, ends[1], EPOLLOUT) == 0);
  CHECK(is_only(ends[1], EPOLLOUT));
  CHECK(control(EPOLL_CTL_MOD, ends[1], 0) == 0);
  CHECK(ready() == 0);
  CHECK(close(ends[0]) == 0);
  CHECK(is_only(ends[1], EPOLLERR));
  CHECK(close(ends[1]) == 0);
  CHECK(ready() == 0);
  end();
}

static void edges(void)
{
  int fd = eventfd(0, EFD_NONBLOCK);
  uint64_t one = 1;
  begin();
  CHECK(control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET) == 0);
  CHECK(ready() == 0);
  CHECK(write(fd, &one, 8) == 8);
  CHECK(is_only(fd, EPOLLIN));
  CHECK(ready() == 0);
  CHECK(write(fd, &one, 8) == 8);
  CHECK(is_only(fd, EPOLLIN));
  CHECK(ready() == 0);
  CHECK(control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET) == 0);
  CHECK(is_only(fd, EPOLLIN));
  CHECK(control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT | EPOLLET) == 0);
  CHECK(is_only(fd, EPOLLIN | EPOLLOUT));
  CHECK(ready() == 0);
  /* What is gone when one looks is no event. */
  CHECK(write(fd, &one, 8) == 8);
  CHECK(control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET) == 0);
  CHECK(read(fd, &one, 8) == 8);
  CHECK(ready() == 0);
  CHECK(close(fd) == 0);
  end();
}

static void one_shots(void)
{
  int fd = eventfd(1, 0);
  uint64_t one = 1;
  begin();
  CHECK(control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT) == 0);
  CHECK(is_only(fd, EPOLLIN));
  CHECK(ready() == 0);
  CHECK(write(fd, &one, 8) == 8);
  CHECK(ready() == 0);
  CHECK(control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT) == 0);
  CHECK(is_only(fd, EPOLLIN));
  CHECK(ready() == 0);
  CHECK(close(fd) == 0);
  end();
}

/* The file is watched, not its number: it is as long as some descriptor is. */
static void copies(void)
{
  int fd = eventfd(1, 0);
  begin();
  CHECK(control(EPOLL_CTL_ADD, fd, EPOLLIN) == 0);
  int copy = dup(fd);
  CHECK(control(EPOLL_CTL_ADD, copy, EPOLLIN | EPOLLOUT) == 0);
  CHECK(ready() == 2);
  CHECK(close(copy) == 0);
  CHECK(ready() == 2);
  FAILS(control(EPOLL_CTL_DEL, copy, 0), EBADF);
  int other = eventfd(0, 0);
  CHECK(other == copy);
  FAILS(control(EPOLL_CTL_DEL, other, 0), ENOENT);
  CHECK(control(EPOLL_CTL_ADD, other, EPOLLIN) == 0);
  CHECK(ready() == 2);
  CHECK(control(EPOLL_CTL_DEL, other, 0) == 0);
  CHECK(ready() == 2);
  CHECK(close(fd) == 0);
  CHECK(ready() == 0);
  CHECK(close(other) == 0);
  end();
}

/* No more than asked for, and all come in turn. */
static void turns(void)
{
  enum
  {
    COUNT = 40
  };
  int fds[COUNT];
  int seen[COUNT] = {0};
  begin();
  for (int i = 0; i < COUNT; i++)
  {
    fds[i] = eventfd(1, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t) i};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == 0);
  }
  for (int round = 0; round < 12; round++)
  {
    CHECK(epoll_wait(epoll, found, 10, 0) == 10);
    for (int i = 0; i < 10; i++)
      seen[found[i].data.u32 % COUNT]++;
  }
  for (int i = 0; i < COUNT; i++)
  {
    CHECK(seen[i] == 3);
    CHECK(close(fds[i]) == 0);
  }
  CHECK(ready() == 0);
  end();
}

static void exclusive(void)
{
  int fd = eventfd(0, 0);
  uint64_t one = 1;
  begin();
  FAILS(control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
  FAILS(control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE | EPOLLRDHUP), EINVAL);
  CHECK(control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLEXCLUSIVE) == 0);
  FAILS(control(EPOLL_CTL_MOD, fd, EPOLLIN), EINVAL);
  int inner = epoll_create1(0);
  FAILS(control(EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLEXCLUSIVE), EINVAL);
  CHECK(close(inner) == 0);
  int second = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  CHECK(epoll_ctl(second, EPOLL_CTL_ADD, fd, &event) == 0);
  CHECK(write(fd, &one, 8) == 8);
  /* Nobody waits, so all are told. */
  CHECK(is_only(fd, EPOLLIN));
  CHECK(epoll_wait(second, found, 1, 0) == 1);
  CHECK(close(second) == 0);
  CHECK(close(fd) == 0);
  end();
}

static void nested(void)
{
  int fd = eventfd(0, 0);
  uint64_t one = 1;
  int inner = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  begin();
  CHECK(epoll_ctl(inner, EPOLL_CTL_ADD, fd, &event) == 0);
  CHECK(control(EPOLL_CTL_ADD, inner, EPOLLIN) == 0);
  event.events = EPOLLIN;
  FAILS(epoll_ctl(inner, EPOLL_CTL_ADD, epoll, &event), ELOOP);
  CHECK(ready() == 0);
  CHECK(write(fd, &one, 8) == 8);
  CHECK(is_only(inner, EPOLLIN));
  CHECK(is_only(inner, EPOLLIN));
  CHECK(epoll_wait(inner, found, 1, 0) == 1);
  CHECK(read(fd, &one, 8) == 8);
  CHECK(ready() == 0);
  CHECK(write(fd, &one, 8) == 8);
  CHECK(is_only(inner, EPOLLIN));
  CHECK(close(inner) == 0);
  CHECK(ready() == 0);
  end();
  CHECK(close(fd) == 0);
  /* So many in a row, and no more. */
  int row[8];
  int made = 0;
  for (int i = 0; i < 8; i++)
    row[i] = epoll_create1(0);
  while (made < 7 && epoll_ctl(row[made + 1], EPOLL_CTL_ADD, row[made], &event) == 0)
    made++;
  CHECK(made >= 4 && made < 7 && errno == ELOOP);
  for (int i = 0; i < 8; i++)
    CHECK(close(row[i]) == 0);
}

static void times(void)
{
  begin();
  uint64_t begin_ns = now_ns();
  CHECK(epoll_wait(epoll, found, 1, 10) == 0);
  CHECK(now_ns() - begin_ns >= 9500000);
  struct timespec wait = {.tv_nsec = 5000000};
  begin_ns = now_ns();
  CHECK(epoll_pwait2(epoll, found, 1, &wait, NULL) == 0);
  CHECK(now_ns() - begin_ns >= 4900000);
  wait.tv_nsec = -1;
  FAILS(epoll_pwait2(epoll, found, 1, &wait, NULL), EINVAL);
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec soon = {.it_value.tv_nsec = 3000000};
  CHECK(control(EPOLL_CTL_ADD, timer, EPOLLIN) == 0);
  CHECK(timerfd_settime(timer, 0, &soon, NULL) == 0);
  CHECK(epoll_wait(epoll, found, 1, -1) == 1);
  CHECK(close(timer) == 0);
  end();
}

/* ---- Signals ---- */

static void signals(void)
{
  struct sender sender;
  sigset_t set, empty, former;
  begin();
  handle(SIGUSR1, SA_RESTART);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(epoll_wait(epoll, found, 1, -1), EINTR);
  end_signals(&sender, thread);
  /* One that waits already ends a wait whose mask lets it in. */
  sigemptyset(&empty);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, &former) == 0);
  handled = 0;
  raise(SIGUSR1);
  CHECK(epoll_wait(epoll, found, 1, 0) == 0 && handled == 0);
  FAILS(epoll_pwait(epoll, found, 1, -1, &empty), EINTR);
  CHECK(handled == 1);
  sigset_t now;
  CHECK(pthread_sigmask(SIG_SETMASK, &former, &now) == 0 && sigismember(&now, SIGUSR1) == 1);
  end();
}

static void *wait_for_ever(void *argument)
{
  epoll_wait(epoll, found, 1, -1);
  return argument;
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  begin();
  CHECK(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  end();
}

int main(void)
{
  errors();
  levels();
  edges();
  one_shots();
  copies();
  turns();
  exclusive();
  nested();
  times();
  signals();
  cancellation();
  return check_finish();
}

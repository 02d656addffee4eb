/* eventfd: what is read and written, waiting, poll. */
#include "../waiting/waiting_check.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#define MOST 0xfffffffffffffffeull

static uint64_t value_of(int fd)
{
  uint64_t value = 0;
  CHECK(read(fd, &value, sizeof(value)) == sizeof(value));
  return value;
}

static void put(int fd, uint64_t value)
{
  CHECK(write(fd, &value, sizeof(value)) == sizeof(value));
}

static short ready(int fd)
{
  struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};
  int count = poll(&polled, 1, 0);
  CHECK(count == (polled.revents != 0));
  return polled.revents;
}

static void errors(void)
{
  uint64_t value = 1;
  eventfd_t other = 0;
  FAILS(eventfd(0, 2), EINVAL);
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  CHECK(fd == 3);
  CHECK(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK));
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
  FAILS(read(fd, &value, sizeof(value)), EAGAIN);
  FAILS(read(fd, &value, 7), EINVAL);
  FAILS(write(fd, &value, 7), EINVAL);
  FAILS(write(fd, nowhere(), 8), EFAULT);
  value = UINT64_MAX;
  FAILS(write(fd, &value, 8), EINVAL);
  put(fd, 1);
  FAILS(read(fd, nowhere(), 8), EFAULT);
  CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  put(fd, 1);
  CHECK(eventfd_write(fd, 3) == 0);
  CHECK(eventfd_read(fd, &other) == 0 && other >= 4);
  FAILS(eventfd_read(fd, &other), EAGAIN);
  CHECK(close(fd) == 0);
  FAILS(write(fd, &value, 8), EBADF);
}

static void numbers(void)
{
  uint64_t value = 1;
  struct stat status;
  int fd = eventfd(5, EFD_NONBLOCK);
  CHECK(fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == 0);
  CHECK(ready(fd) == (POLLIN | POLLOUT));
  CHECK(value_of(fd) == 5);
  CHECK(ready(fd) == POLLOUT);
  put(fd, MOST - 1);
  CHECK(ready(fd) == (POLLIN | POLLOUT));
  put(fd, 1);
  CHECK(ready(fd) == POLLIN);
  FAILS(write(fd, &value, 8), EAGAIN);
  put(fd, 0);
  CHECK(value_of(fd) == MOST);
  FAILS(read(fd, &value, 8), EAGAIN);
  put(fd, 0);
  FAILS(read(fd, &value, 8), EAGAIN);
  int copy = dup(fd);
  put(copy, 7);
  CHECK(close(copy) == 0);
  CHECK(value_of(fd) == 7);
  CHECK(close(fd) == 0);
}

static void semaphores(void)
{
  uint64_t value;
  int fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  CHECK(value_of(fd) == 1);
  CHECK(value_of(fd) == 1);
  FAILS(read(fd, &value, 8), EAGAIN);
  CHECK(close(fd) == 0);
}

/* ---- Threads ---- */

static int shared;
static uint64_t total;

static void *take_some(void *argument)
{
  long rounds = (long) argument;
  for (long i = 0; i < rounds; i++)
    __atomic_add_fetch(&total, value_of(shared), __ATOMIC_RELAXED);
  return NULL;
}

static void *put_some(void *argument)
{
  long rounds = (long) argument;
  for (long i = 0; i < rounds; i++)
    put(shared, 1);
  return NULL;
}

/* What is put is taken, one by one. */
static void many_wait(void)
{
  pthread_t takers[4], putters[4];
  shared = eventfd(0, EFD_SEMAPHORE);
  total = 0;
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&takers[i], NULL, take_some, (void *) 500) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&putters[i], NULL, put_some, (void *) 500) == 0);
  for (int i = 0; i < 4; i++)
  {
    CHECK(pthread_join(putters[i], NULL) == 0);
    CHECK(pthread_join(takers[i], NULL) == 0);
  }
  CHECK(total == 2000);
  CHECK(close(shared) == 0);
}

/* Who has too much to add waits until it is taken. */
static void writers_wait(void)
{
  pthread_t thread;
  shared = eventfd(0, 0);
  put(shared, MOST);
  CHECK(pthread_create(&thread, NULL, put_some, (void *) 2) == 0);
  sleep_ms(5);
  CHECK(value_of(shared) == MOST);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(value_of(shared) == 2);
  CHECK(close(shared) == 0);
}

static void signals_end_it(void)
{
  struct sender sender;
  uint64_t value = 1;
  shared = eventfd(0, 0);
  handle(SIGUSR1, 0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(read(shared, &value, 8), EINTR);
  put(shared, MOST);
  FAILS(write(shared, &value, 8), EINTR);
  end_signals(&sender, thread);
  CHECK(close(shared) == 0);
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  shared = eventfd(0, 0);
  CHECK(pthread_create(&thread, NULL, take_some, (void *) 1) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  put(shared, 3);
  CHECK(value_of(shared) == 3);
  CHECK(close(shared) == 0);
}

static void *put_late(void *argument)
{
  sleep_ms(5);
  put(shared, 1);
  return argument;
}

static void poll_waits(void)
{
  pthread_t thread;
  shared = eventfd(0, 0);
  struct pollfd polled = {.fd = shared, .events = POLLIN};
  CHECK(pthread_create(&thread, NULL, put_late, NULL) == 0);
  CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(close(shared) == 0);
}

int main(void)
{
  errors();
  numbers();
  semaphores();
  many_wait();
  writers_wait();
  signals_end_it();
  cancellation();
  poll_waits();
  return check_finish();
}

/* Pipes: order, limits, ends, PIPE_BUF, signals. */
#include "waiting_check.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

static char bytes[4 * PIPE_BYTES];
static char back[4 * PIPE_BYTES];

static void makes_descriptors(void)
{
  int ends[2];
  int more[2];
  struct stat status;
  struct stat other;
  make_pipe(ends, 0);
  CHECK(ends[0] == 3 && ends[1] == 4);
  CHECK(fcntl(ends[0], F_GETFL) == O_RDONLY);
  CHECK(fcntl(ends[1], F_GETFL) == O_WRONLY);
  CHECK(fcntl(ends[0], F_GETFD) == 0);
  CHECK(fstat(ends[0], &status) == 0 && S_ISFIFO(status.st_mode));
  CHECK(fstat(ends[1], &other) == 0 && other.st_ino == status.st_ino && status.st_size == 0);
  make_pipe(more, O_NONBLOCK | O_CLOEXEC);
  CHECK(fcntl(more[0], F_GETFL) == (O_RDONLY | O_NONBLOCK));
  CHECK(fcntl(more[1], F_GETFL) == (O_WRONLY | O_NONBLOCK));
  CHECK(fcntl(more[1], F_GETFD) == FD_CLOEXEC);
  CHECK(fstat(more[1], &other) == 0 && other.st_ino != status.st_ino);
  close_pipe(more);
  FAILS(pipe2(more, O_APPEND), EINVAL);
  FAILS(pipe2(nowhere(), 0), EFAULT);
  FAILS(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
  FAILS(pread(ends[0], back, 1, 0), ESPIPE);
  FAILS(pwrite(ends[1], bytes, 1, 0), ESPIPE);
  FAILS(read(ends[1], back, 1), EBADF);
  FAILS(write(ends[0], bytes, 1), EBADF);
  FAILS(ftruncate(ends[1], 0), EINVAL);
  FAILS(fsync(ends[1]), EINVAL);
  CHECK(isatty(ends[0]) == 0);
  close_pipe(ends);
  FAILS(read(ends[0], back, 1), EBADF);
}

static void bad_memory(void)
{
  int ends[2];
  make_pipe(ends, O_NONBLOCK);
  FAILS(write(ends[1], nowhere(), 10), EFAULT);
  CHECK(write(ends[1], "abc", 3) == 3);
  FAILS(read(ends[0], nowhere(), 10), EFAULT);
  CHECK(read(ends[0], back, 10) == 3);
  close_pipe(ends);
}

static void limits(void)
{
  int ends[2];
  make_pipe(ends, O_NONBLOCK);
  FAILS(read(ends[0], back, 1), EAGAIN);
  CHECK(read(ends[0], back, 0) == 0);
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) (i * 7 + i / 300);
  CHECK(write(ends[1], bytes, sizeof(bytes)) == PIPE_BYTES);
  FAILS(write(ends[1], bytes, 1), EAGAIN);
  CHECK(write(ends[1], bytes, 0) == 0);
  CHECK(read(ends[0], back, PIPE_BUF - 1) == PIPE_BUF - 1);
  FAILS(write(ends[1], bytes, PIPE_BUF), EAGAIN);
  CHECK(read(ends[0], back + PIPE_BUF - 1, PIPE_BYTES) == PIPE_BYTES - PIPE_BUF + 1);
  CHECK(memcmp(bytes, back, PIPE_BYTES) == 0);
  /* The end of what is written. */
  CHECK(write(ends[1], "last", 4) == 4);
  CHECK(close(ends[1]) == 0);
  CHECK(read(ends[0], back, 10) == 4);
  CHECK(read(ends[0], back, 10) == 0);
  CHECK(read(ends[0], back, 10) == 0);
  CHECK(close(ends[0]) == 0);
}

static void controls(void)
{
  int ends[2];
  int count = -1;
  int on = 1;
  make_pipe(ends, 0);
  CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 0);
  CHECK(write(ends[1], "abc", 3) == 3);
  CHECK(ioctl(ends[0], FIONREAD, &count) == 0 && count == 3);
  FAILS(ioctl(ends[0], FIONREAD, nowhere()), EFAULT);
  CHECK(read(ends[0], back, 10) == 3);
  CHECK(ioctl(ends[0], FIONBIO, &on) == 0);
  FAILS(read(ends[0], back, 1), EAGAIN);
  CHECK(fcntl(ends[0], F_SETFL, 0) == 0);
  CHECK(fcntl(ends[0], F_GETFL) == O_RDONLY);
  CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  FAILS(read(ends[0], back, 1), EAGAIN);
  FAILS(ioctl(ends[0], TCGETS, back), ENOTTY);
  close_pipe(ends);
}

static void vectors(void)
{
  int ends[2];
  char first[3], second[5];
  const struct iovec out[] = {{"ab", 2}, {"", 0}, {"cdef", 4}};
  const struct iovec in[] = {{first, 3}, {second, 5}};
  make_pipe(ends, 0);
  CHECK(writev(ends[1], out, 3) == 6);
  CHECK(readv(ends[0], in, 2) == 6);
  CHECK(memcmp(first, "abc", 3) == 0 && memcmp(second, "def", 3) == 0);
  close_pipe(ends);
}

static void without_readers(void)
{
  int ends[2];
  handle(SIGPIPE, 0);
  handled = 0;
  make_pipe(ends, 0);
  CHECK(close(ends[0]) == 0);
  FAILS(write(ends[1], "x", 1), EPIPE);
  CHECK(handled == 1);
  CHECK(write(ends[1], "x", 0) == 0);
  CHECK(handled == 1);
  signal(SIGPIPE, SIG_IGN);
  FAILS(write(ends[1], "x", 1), EPIPE);
  CHECK(close(ends[1]) == 0);
}

static void copies_of_ends(void)
{
  int ends[2];
  make_pipe(ends, 0);
  int writer = dup(ends[1]);
  CHECK(close(ends[1]) == 0);
  CHECK(write(writer, "x", 1) == 1);
  CHECK(read(ends[0], back, 10) == 1);
  int reader = dup(ends[0]);
  CHECK(close(ends[0]) == 0);
  CHECK(write(writer, "y", 1) == 1);
  CHECK(close(writer) == 0);
  CHECK(read(reader, back, 10) == 1);
  CHECK(read(reader, back, 10) == 0);
  CHECK(close(reader) == 0);
}

static void sizes(void)
{
  int ends[2];
  make_pipe(ends, O_NONBLOCK);
  CHECK(fcntl(ends[0], F_GETPIPE_SZ) == PIPE_BYTES);
  CHECK(fcntl(ends[0], F_SETPIPE_SZ, 5000) == 8192);
  CHECK(write(ends[1], bytes, sizeof(bytes)) == 8192);
  FAILS(fcntl(ends[1], F_SETPIPE_SZ, 4096), EBUSY);
  CHECK(fcntl(ends[1], F_SETPIPE_SZ, 262144) == 262144);
  CHECK(write(ends[1], bytes, 4096) == 4096);
  CHECK(read(ends[0], back, sizeof(back)) == 8192 + 4096);
  CHECK(memcmp(back, bytes, 8192) == 0 && memcmp(back + 8192, bytes, 4096) == 0);
  FAILS(fcntl(ends[1], F_SETPIPE_SZ, -1), EINVAL);
  close_pipe(ends);
}

/* ---- Threads ---- */

static int shared[2];

static void *write_much(void *argument)
{
  (void) argument;
  return (void *) write(shared[1], bytes, sizeof(bytes));
}

static void a_large_write_waits(void)
{
  pthread_t thread;
  void *written;
  size_t done = 0;
  make_pipe(shared, 0);
  CHECK(pthread_create(&thread, NULL, write_much, NULL) == 0);
  while (done < sizeof(bytes))
  {
    ssize_t got = read(shared[0], back + done, 5000);
    if (!CHECK(got > 0))
      break;
    done += (size_t) got;
  }
  CHECK(pthread_join(thread, &written) == 0);
  CHECK((ssize_t) written == (ssize_t) sizeof(bytes));
  CHECK(memcmp(back, bytes, sizeof(bytes)) == 0);
  close_pipe(shared);
}

static void *read_one(void *argument)
{
  (void) argument;
  char byte;
  return (void *) read(shared[0], &byte, 1);
}

static void the_end_wakes(void)
{
  pthread_t threads[3];
  void *got;
  make_pipe(shared, 0);
  for (int i = 0; i < 3; i++)
    CHECK(pthread_create(&threads[i], NULL, read_one, NULL) == 0);
  sleep_ms(5);
  CHECK(close(shared[1]) == 0);
  for (int i = 0; i < 3; i++)
    CHECK(pthread_join(threads[i], &got) == 0 && got == NULL);
  CHECK(close(shared[0]) == 0);
}

static void the_last_reader_ends_writes(void)
{
  pthread_t thread;
  void *written;
  struct pollfd polled;
  make_pipe(shared, 0);
  signal(SIGPIPE, SIG_IGN);
  CHECK(pthread_create(&thread, NULL, write_much, NULL) == 0);
  polled = (struct pollfd){.fd = shared[1], .events = POLLOUT};
  while (poll(&polled, 1, 0) != 0)
    sleep_ms(1);
  CHECK(close(shared[0]) == 0);
  CHECK(pthread_join(thread, &written) == 0);
  CHECK((ssize_t) written == PIPE_BYTES);
  CHECK(close(shared[1]) == 0);
}

/* ---- Signals ---- */

static void signals_end_waits(void)
{
  struct sender sender;
  make_pipe(shared, 0);
  handle(SIGUSR1, 0);
  handled = 0;
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(read(shared[0], back, 1), EINTR);
  /* What is moved already counts. */
  CHECK(write(shared[1], bytes, sizeof(bytes)) == PIPE_BYTES);
  FAILS(write(shared[1], bytes, 1), EINTR);
  end_signals(&sender, thread);
  CHECK(handled >= 3);
  close_pipe(shared);
}

static void *write_after_signals(void *argument)
{
  int seen = *(int *) argument;
  while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) < seen + 10)
    sleep_ms(1);
  return (void *) write(shared[1], "x", 1);
}

static void or_do_not(void)
{
  struct sender sender;
  pthread_t writer;
  int seen;
  make_pipe(shared, 0);
  handle(SIGUSR1, SA_RESTART);
  seen = handled;
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  CHECK(pthread_create(&writer, NULL, write_after_signals, &seen) == 0);
  CHECK(read(shared[0], back, 1) == 1);
  end_signals(&sender, thread);
  CHECK(pthread_join(writer, NULL) == 0);
  close_pipe(shared);
}

/* A handler that leaves the call leaves nothing behind. */
static sigjmp_buf out;

static void leave(int number)
{
  (void) number;
  siglongjmp(out, 1);
}

static void handlers_that_leave(void)
{
  struct sigaction action = {.sa_handler = leave};
  const struct itimerspec soon = {.it_value.tv_nsec = 2000000};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  timer_t timer;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  make_pipe(shared, 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  if (sigsetjmp(out, 1) == 0)
  {
    CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
    read(shared[0], back, 1);
    CHECK(false);
  }
  CHECK(timer_delete(timer) == 0);
  CHECK(write(shared[1], "abc", 3) == 3);
  CHECK(read(shared[0], back, 3) == 3);
  CHECK(close(shared[1]) == 0);
  CHECK(read(shared[0], back, 3) == 0);
  CHECK(close(shared[0]) == 0);
  make_pipe(shared, 0);
  CHECK(shared[0] == 3);
  close_pipe(shared);
}

/* A handler may use the pipe that the call waits for. */
static void put_one(int number)
{
  (void) number;
  ssize_t written = write(shared[1], "h", 1);
  (void) written;
}

static void handlers_that_write(void)
{
  struct sigaction action = {.sa_handler = put_one, .sa_flags = SA_RESTART};
  const struct itimerspec soon = {.it_value.tv_nsec = 2000000};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  timer_t timer;
  char byte = 0;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  make_pipe(shared, 0);
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
  CHECK(read(shared[0], &byte, 1) == 1 && byte == 'h');
  CHECK(timer_delete(timer) == 0);
  close_pipe(shared);
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  make_pipe(shared, 0);
  CHECK(pthread_create(&thread, NULL, read_one, NULL) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  CHECK(write(shared[1], "x", 1) == 1);
  CHECK(read(shared[0], back, 10) == 1);
  close_pipe(shared);
}

int main(void)
{
  makes_descriptors();
  bad_memory();
  limits();
  controls();
  vectors();
  without_readers();
  copies_of_ends();
  sizes();
  a_large_write_waits();
  the_end_wakes();
  the_last_reader_ends_writes();
  signals_end_waits();
  or_do_not();
  handlers_that_leave();
  handlers_that_write();
  cancellation();
  return check_finish();
}

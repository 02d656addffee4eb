/* Named pipes: opening both ends, what stat() says, the end. */
#include "waiting_check.h"

#include <poll.h>
#include <sys/stat.h>

#define NAME "/tmp/uhyve_fifo_test"

static char back[100];

static void makes_names(void)
{
  struct stat status;
  umask(022);
  CHECK(mkfifo(NAME, 0666) == 0);
  CHECK(stat(NAME, &status) == 0);
  CHECK(status.st_mode == (S_IFIFO | 0644) && status.st_size == 0 && status.st_nlink == 1);
  FAILS(mkfifo(NAME, 0666), EEXIST);
  FAILS(mkfifo("/tmp/uhyve_none/fifo", 0666), ENOENT);
  FAILS(mkfifo(NAME "/fifo", 0666), ENOTDIR);
  FAILS(mkfifo("", 0666), ENOENT);
  FAILS(mkfifo("/tmp", 0666), EEXIST);
  FAILS(mkfifo("/tmp/uhyve_none/", 0666), ENOENT);
  FAILS(truncate(NAME, 0), EINVAL);
}

static void without_waiting(void)
{
  struct stat by_name, by_file;
  FAILS(open(NAME, O_WRONLY | O_NONBLOCK), ENXIO);
  int reader = open(NAME, O_RDONLY | O_NONBLOCK);
  CHECK(reader >= 0);
  struct pollfd polled = {.fd = reader, .events = POLLIN};
  CHECK(poll(&polled, 1, 0) == 0);
  CHECK(read(reader, back, 1) == 0);
  int writer = open(NAME, O_WRONLY | O_NONBLOCK);
  CHECK(writer >= 0);
  FAILS(read(reader, back, 1), EAGAIN);
  CHECK(write(writer, "abc", 3) == 3);
  CHECK(stat(NAME, &by_name) == 0 && fstat(writer, &by_file) == 0);
  CHECK(by_name.st_ino == by_file.st_ino && by_name.st_dev == by_file.st_dev);
  CHECK(S_ISFIFO(by_file.st_mode));
  CHECK(close(writer) == 0);
  CHECK(poll(&polled, 1, 0) == 1 && polled.revents == (POLLIN | POLLHUP));
  CHECK(read(reader, back, 10) == 3);
  CHECK(read(reader, back, 10) == 0);
  CHECK(close(reader) == 0);
  /* Both ends in one, and nothing is kept when nobody has it open. */
  int both = open(NAME, O_RDWR);
  CHECK(both >= 0);
  CHECK(write(both, "xyz", 3) == 3);
  CHECK(read(both, back, 1) == 1);
  CHECK(close(both) == 0);
  reader = open(NAME, O_RDONLY | O_NONBLOCK);
  CHECK(read(reader, back, 1) == 0);
  CHECK(close(reader) == 0);
}

static void *write_it(void *argument)
{
  int writer = open(NAME, O_WRONLY);
  CHECK(writer >= 0);
  CHECK(write(writer, "hello", 5) == 5);
  CHECK(close(writer) == 0);
  return argument;
}

static void both_wait_for_each_other(void)
{
  pthread_t thread;
  for (int i = 0; i < 20; i++)
  {
    CHECK(pthread_create(&thread, NULL, write_it, NULL) == 0);
    if (i % 2 == 0)
      sleep_ms(1);
    int reader = open(NAME, O_RDONLY);
    CHECK(reader >= 0);
    CHECK(read(reader, back, 10) == 5);
    CHECK(read(reader, back, 10) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(close(reader) == 0);
  }
}

static void signals_end_it(void)
{
  struct sender sender;
  handle(SIGUSR1, 0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(open(NAME, O_RDONLY), EINTR);
  FAILS(open(NAME, O_WRONLY), EINTR);
  end_signals(&sender, thread);
}

static void it_outlives_its_name(void)
{
  int both = open(NAME, O_RDWR);
  CHECK(unlink(NAME) == 0);
  CHECK(write(both, "still", 5) == 5);
  CHECK(read(both, back, 10) == 5);
  CHECK(close(both) == 0);
  FAILS(open(NAME, O_RDONLY), ENOENT);
}

int main(void)
{
  unlink(NAME);
  makes_names();
  without_waiting();
  both_wait_for_each_other();
  signals_end_it();
  it_outlives_its_name();
  return check_finish();
}

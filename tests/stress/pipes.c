/* Pipes between many threads, with signals, poll() and named pipes: nothing is lost, nothing comes
 * twice, small writes stay whole. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stress.h"

#define WRITERS      4
#define READERS      3
#define RECORD_BYTES 512
#define NAME         "/tmp/fifo"

/* What a record says; the rest is the writer's number. */
struct record
{
  uint32_t len_bytes;
  uint32_t writer;
  uint32_t number;
  unsigned char bytes[RECORD_BYTES - 12];
};

static int ends[2];
static bool is_polled;
static unsigned int records; /* of each writer */
static uint32_t next_of[WRITERS];
static uint64_t bytes_in, bytes_out, sum_in, sum_out;
static uint32_t failures, is_over;

static void wrong(void)
{
  __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

/* Waits as the round has it; the pipe is non-blocking then. */
static void wait_for(int fd, short events)
{
  struct pollfd polled[2] = {{.fd = fd, .events = events}, {.fd = -1}};
  while (poll(polled, 2, -1) < 0)
    if (errno != EINTR)
      wrong();
}

static ssize_t put(const void *bytes, size_t len)
{
  for (;;)
  {
    ssize_t moved = write(ends[1], bytes, len);
    if (moved >= 0)
      return moved;
    if (errno == EAGAIN && is_polled)
      wait_for(ends[1], POLLOUT);
    else if (errno != EINTR)
      wrong();
  }
}

static ssize_t get(void *bytes, size_t len)
{
  for (;;)
  {
    ssize_t moved = read(ends[0], bytes, len);
    if (moved >= 0)
      return moved;
    if (errno == EAGAIN && is_polled)
      wait_for(ends[0], POLLIN);
    else if (errno != EINTR)
      wrong();
  }
}

/* ---- Records: one reader, who sees that they are whole and in order ---- */

static void *write_records(void *argument)
{
  uint32_t writer = (uint32_t) (uintptr_t) argument;
  struct random random = random_begin(writer);
  struct record record;
  for (uint32_t i = 0; i < records; i++)
  {
    record.len_bytes = 12 + (uint32_t) random_below(&random, sizeof(record.bytes) + 1);
    record.writer = writer;
    record.number = i;
    memset(record.bytes, (int) (writer + i), sizeof(record.bytes));
    if (put(&record, record.len_bytes) != (ssize_t) record.len_bytes)
      wrong();
  }
  return NULL;
}

static void get_whole(void *bytes, size_t len)
{
  for (size_t done = 0; done < len;)
  {
    ssize_t moved = get((char *) bytes + done, len - done);
    if (moved == 0)
    {
      wrong();
      return;
    }
    done += (size_t) moved;
  }
}

static void read_records(void)
{
  struct record record;
  memset(next_of, 0, sizeof(next_of));
  for (unsigned int i = 0; i < WRITERS * records && failures == 0; i++)
  {
    get_whole(&record, 12);
    if (record.writer >= WRITERS || record.number != next_of[record.writer]++ ||
        record.len_bytes > sizeof(record))
    {
      wrong();
      return;
    }
    get_whole(record.bytes, record.len_bytes - 12);
    for (uint32_t j = 0; j < record.len_bytes - 12; j++)
      if (record.bytes[j] != (unsigned char) (record.writer + record.number))
        wrong();
  }
}

/* ---- Any bytes: many readers ---- */

static uint64_t sum_of(const unsigned char *bytes, size_t len)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < len; i++)
    sum += bytes[i];
  return sum;
}

static void *write_bytes(void *argument)
{
  struct random random = random_begin((uintptr_t) argument + 100);
  unsigned char bytes[9000];
  uint64_t total = 0, sum = 0;
  for (uint32_t i = 0; i < records / 8; i++)
  {
    size_t len = random_below(&random, sizeof(bytes)) + 1;
    memset(bytes, (int) random_below(&random, 256), len);
    for (size_t done = 0; done < len;)
      done += (size_t) put(bytes + done, len - done);
    total += len;
    sum += sum_of(bytes, len);
  }
  __atomic_add_fetch(&bytes_in, total, __ATOMIC_RELAXED);
  __atomic_add_fetch(&sum_in, sum, __ATOMIC_RELAXED);
  return NULL;
}

static void *read_bytes(void *argument)
{
  struct random random = random_begin((uintptr_t) argument + 200);
  unsigned char bytes[9000];
  uint64_t total = 0, sum = 0;
  ssize_t moved;
  while ((moved = get(bytes, random_below(&random, sizeof(bytes)) + 1)) > 0)
  {
    total += (uint64_t) moved;
    sum += sum_of(bytes, (size_t) moved);
  }
  __atomic_add_fetch(&bytes_out, total, __ATOMIC_RELAXED);
  __atomic_add_fetch(&sum_out, sum, __ATOMIC_RELAXED);
  return NULL;
}

/* ---- Signals to all of them ---- */

static pthread_t workers[WRITERS + READERS];
static unsigned int worker_count;

static void on_signal(int number)
{
  (void) number;
}

static void *disturb(void *argument)
{
  struct random random = random_begin(300);
  while (__atomic_load_n(&is_over, __ATOMIC_ACQUIRE) == 0)
  {
    pthread_kill(workers[random_below(&random, worker_count)],
                 random_below(&random, 2) == 0 ? SIGUSR1 : SIGUSR2);
    uhyve_task_sleep(random_below(&random, 200 * US));
  }
  return argument;
}

/* ---- Rounds ---- */

static void open_ends(struct random *random)
{
  is_polled = random_below(random, 2) == 0;
  int flags = is_polled ? O_NONBLOCK : 0;
  if (random_below(random, 2) == 0)
    CHECK(pipe2(ends, flags) == 0);
  else
  {
    CHECK(mkfifo(NAME, 0600) == 0);
    ends[0] = open(NAME, O_RDONLY | O_NONBLOCK);
    ends[1] = open(NAME, O_WRONLY);
    CHECK(unlink(NAME) == 0);
    CHECK(fcntl(ends[0], F_SETFL, flags) == 0 && fcntl(ends[1], F_SETFL, flags) == 0);
  }
  if (random_below(random, 3) == 0)
    CHECK(fcntl(ends[0], F_SETPIPE_SZ, 4096) == 4096);
}

static void start(unsigned int count, void *(*function)(void *) )
{
  for (uintptr_t i = 0; i < count; i++)
    CHECK(pthread_create(&workers[worker_count++], NULL, function, (void *) i) == 0);
}

static void join(unsigned int first, unsigned int count)
{
  for (unsigned int i = first; i < first + count; i++)
    CHECK(pthread_join(workers[i], NULL) == 0);
}

static void round_of(struct random *random)
{
  pthread_t disturber;
  bool has_signals = random_below(random, 2) == 0;
  bool has_records = random_below(random, 2) == 0;
  open_ends(random);
  worker_count = 0;
  bytes_in = bytes_out = sum_in = sum_out = 0;
  is_over = 0;
  start(WRITERS, has_records ? write_records : write_bytes);
  if (!has_records)
    start(READERS, read_bytes);
  if (has_signals)
    CHECK(pthread_create(&disturber, NULL, disturb, NULL) == 0);
  if (has_records)
    read_records();
  if (has_signals && has_records)
  {
    /* Before any of them is joined: a signal goes to threads that are there. */
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    CHECK(pthread_join(disturber, NULL) == 0);
  }
  if (has_signals && !has_records)
  {
    uhyve_task_sleep(random_below(random, 5 * MS));
    __atomic_store_n(&is_over, 1, __ATOMIC_RELEASE);
    CHECK(pthread_join(disturber, NULL) == 0);
  }
  join(0, WRITERS);
  CHECK(close(ends[1]) == 0);
  join(WRITERS, worker_count - WRITERS);
  CHECK(has_records ? read(ends[0], &is_over, 1) == 0 : true);
  CHECK(close(ends[0]) == 0);
  CHECK(bytes_in == bytes_out && sum_in == sum_out);
  CHECK(failures == 0);
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 2000);
  records = stress_size;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  action.sa_flags = 0;
  CHECK(sigaction(SIGUSR2, &action, NULL) == 0);
  struct random random = random_begin(1000);
  do
    round_of(&random);
  while (stress_goes_on() && check_failures == 0);
  return stress_finish();
}

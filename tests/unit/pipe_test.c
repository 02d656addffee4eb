/* Tests of guest/fs/pipe.c, fifo.c and wait_source.c with threads of the host. */
#include "fs/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "fs/program_memory.h"
#include "fs/wait_source.h"
#include "mm/kernel_heap.h"
#include "posix/sys.h"
#include "signal/hold.h"
#include "start_info.h"
#include "threads.h"
#include "time/clock.h"
#include "unit_test.h"

/* ---- The rest of the kernel library ---- */

_Thread_local bool hosted_is_interrupted;
static _Thread_local unsigned int signals;
static bool memory_is_short;
static struct uhyve_start_info information = {.user = 1, .group = 2};
struct uhyve_start_info *start_info = &information;

int sys_raise(int number)
{
  assert_int_equal(number, SIGPIPE);
  signals++;
  return 0;
}

size_t program_memory(const void *memory, size_t len_bytes, enum address_access access)
{
  (void) access;
  return memory != NULL ? len_bytes : 0;
}

void *kernel_allocate(size_t len_bytes)
{
  return memory_is_short ? NULL : malloc(len_bytes);
}

void *kernel_allocate_zeroed(size_t len_bytes)
{
  return memory_is_short ? NULL : calloc(1, len_bytes);
}

void kernel_free(void *object, size_t len_bytes)
{
  (void) len_bytes;
  free(object);
}

uint64_t clock_realtime_ns(void)
{
  return 1000000007;
}

void file_init(struct file *file, const struct file_operations *operations, uint32_t flags,
               bool is_seekable)
{
  *file = (struct file){
      .operations = operations, .references = 1, .flags = flags, .is_seekable = is_seekable};
}

/* ---- Calls ---- */

static long get(struct file *file, void *buffer, size_t len_bytes)
{
  return file->operations->read(file, buffer, len_bytes, FILE_NO_OFFSET);
}

static long put(struct file *file, const void *buffer, size_t len_bytes)
{
  return file->operations->write(file, buffer, len_bytes, FILE_NO_OFFSET, NULL);
}

static unsigned int ready(struct file *file)
{
  return file->operations->poll(file, NULL);
}

static int waiting_bytes(struct file *file)
{
  int count = -1;
  assert_int_equal(file->operations->control(file, FIONREAD, &count), 0);
  return count;
}

static int set_size(struct file *file, unsigned long bytes)
{
  return file->operations->control(file, PIPE_SET_SIZE, (void *) bytes);
}

static void done_with(struct file *file)
{
  assert_int_equal(file->operations->release(file), 0);
}

static char bytes[2 * PIPE_SIZE_MAX_BYTES];

/* ---- One thread ---- */

static void what_comes_in_goes_out(void **state)
{
  (void) state;
  struct file *ends[2];
  unsigned char piece[9000];
  unsigned char in = 0, out = 0;
  long inside = 0;
  unsigned int seed = 1;
  assert_int_equal(pipe_create(O_NONBLOCK, ends), 0);
  for (int round = 0; round < 20000; round++)
  {
    size_t wish = (size_t) rand_r(&seed) % sizeof(piece);
    for (size_t i = 0; i < wish; i++)
      piece[i] = (unsigned char) (in + i);
    long moved = put(ends[1], piece, wish);
    if (moved < 0)
    {
      assert_int_equal(moved, -EAGAIN);
      assert_true(PIPE_SIZE_BYTES - inside < (long) wish);
      moved = 0;
    }
    assert_true(moved == (long) wish || (wish <= PIPE_BUF && moved == 0) || wish > PIPE_BUF);
    in = (unsigned char) (in + moved);
    inside += moved;
    assert_int_equal(waiting_bytes(ends[0]), inside);
    wish = (size_t) rand_r(&seed) % sizeof(piece);
    moved = get(ends[0], piece, wish);
    if (inside == 0 && wish > 0)
      assert_int_equal(moved, -EAGAIN);
    else
      assert_int_equal(moved, wish < (size_t) inside ? (long) wish : inside);
    for (long i = 0; i < moved; i++)
      assert_int_equal(piece[i], out++);
    inside -= moved > 0 ? moved : 0;
  }
  done_with(ends[0]);
  done_with(ends[1]);
}

static void limits(void **state)
{
  (void) state;
  struct file *ends[2];
  assert_int_equal(pipe_create(O_NONBLOCK, ends), 0);
  assert_int_equal(ready(ends[0]), 0);
  assert_int_equal(ready(ends[1]), POLLOUT | POLLWRNORM);
  assert_int_equal(get(ends[0], bytes, 0), 0);
  assert_int_equal(get(ends[0], bytes, 1), -EAGAIN);
  assert_int_equal(put(ends[1], bytes, sizeof(bytes)), PIPE_SIZE_BYTES);
  assert_int_equal(put(ends[1], bytes, sizeof(bytes)), -EAGAIN);
  assert_int_equal(put(ends[1], bytes, 1), -EAGAIN);
  assert_int_equal(put(ends[1], bytes, 0), 0);
  assert_int_equal(ready(ends[0]), POLLIN | POLLRDNORM);
  assert_int_equal(ready(ends[1]), 0);
  assert_int_equal(get(ends[0], bytes, PIPE_BUF - 1), PIPE_BUF - 1);
  assert_int_equal(ready(ends[1]), 0);
  /* All or nothing up to PIPE_BUF, what fits above. */
  assert_int_equal(put(ends[1], bytes, PIPE_BUF), -EAGAIN);
  assert_int_equal(put(ends[1], bytes, PIPE_BUF + 1), PIPE_BUF - 1);
  assert_int_equal(get(ends[0], bytes, PIPE_BUF), PIPE_BUF);
  assert_int_equal(ready(ends[1]), POLLOUT | POLLWRNORM);
  assert_int_equal(put(ends[1], bytes, PIPE_BUF), PIPE_BUF);
  /* The end of one side. */
  done_with(ends[1]);
  assert_int_equal(ready(ends[0]), POLLIN | POLLRDNORM | POLLHUP);
  assert_int_equal(get(ends[0], bytes, sizeof(bytes)), PIPE_SIZE_BYTES);
  assert_int_equal(get(ends[0], bytes, 1), 0);
  assert_int_equal(ready(ends[0]), POLLHUP);
  done_with(ends[0]);
  assert_int_equal(pipe_create(0, ends), 0);
  done_with(ends[0]);
  assert_int_equal(ready(ends[1]), POLLOUT | POLLWRNORM | POLLERR);
  signals = 0;
  assert_int_equal(put(ends[1], bytes, 0), 0);
  assert_int_equal(signals, 0);
  assert_int_equal(put(ends[1], bytes, 1), -EPIPE);
  assert_int_equal(signals, 0); /* the caller's */
  done_with(ends[1]);
}

static void sizes(void **state)
{
  (void) state;
  struct file *ends[2];
  char some[] = "abcdefgh";
  assert_int_equal(pipe_create(O_NONBLOCK, ends), 0);
  assert_int_equal(ends[0]->operations->control(ends[0], PIPE_GET_SIZE, NULL), 65536);
  assert_int_equal(set_size(ends[0], 1), 4096);
  assert_int_equal(put(ends[1], bytes, 8000), 4096);
  assert_int_equal(set_size(ends[0], 4097), 8192);
  assert_int_equal(get(ends[0], bytes, 4090), 4090);
  assert_int_equal(put(ends[1], some, 8), 8);
  assert_int_equal(put(ends[1], bytes, 6000), 6000);
  assert_int_equal(set_size(ends[1], 4096), -EBUSY);
  assert_int_equal(set_size(ends[1], PIPE_SIZE_MAX_BYTES), PIPE_SIZE_MAX_BYTES);
  assert_int_equal(set_size(ends[1], PIPE_SIZE_MAX_BYTES + 1), -EPERM);
  assert_int_equal(set_size(ends[1], 1ul << 32), -EINVAL);
  assert_int_equal(get(ends[0], bytes, 6), 6);
  assert_int_equal(get(ends[0], bytes, 8), 8);
  assert_memory_equal(bytes, some, 8);
  assert_int_equal(waiting_bytes(ends[0]), 6000);
  assert_int_equal(ends[0]->operations->control(ends[0], FIONREAD, NULL), -EFAULT);
  assert_int_equal(ends[0]->operations->control(ends[0], 0x5401, bytes), -ENOTTY);
  memory_is_short = true;
  assert_int_equal(set_size(ends[1], 65536), -ENOMEM);
  struct file *none[2];
  assert_int_equal(pipe_create(0, none), -ENOMEM);
  memory_is_short = false;
  done_with(ends[0]);
  done_with(ends[1]);
}

static void interrupted(void **state)
{
  (void) state;
  struct file *ends[2];
  assert_int_equal(pipe_create(0, ends), 0);
  hosted_is_interrupted = true;
  assert_int_equal(get(ends[0], bytes, 1), -EINTR);
  /* What is moved counts before. */
  assert_int_equal(put(ends[1], bytes, PIPE_SIZE_BYTES + 1), PIPE_SIZE_BYTES);
  assert_int_equal(put(ends[1], bytes, 1), -EINTR);
  assert_int_equal(get(ends[0], bytes, 1), 1);
  hosted_is_interrupted = false;
  done_with(ends[1]);
  done_with(ends[0]);
}

/* ---- Who waits is told ---- */

struct told
{
  struct wait_entry entry;
  unsigned int count;
};

static void count_told(struct wait_entry *entry)
{
  ((struct told *) entry)->count++;
}

static void tells(void **state)
{
  (void) state;
  struct file *ends[2];
  struct told reads = {.entry = {.events = POLLIN | POLLHUP, .tell = count_told}};
  struct told writes = {.entry = {.events = POLLOUT | POLLERR, .tell = count_told}};
  struct told gone = {.entry = {.events = POLLIN, .tell = count_told}};
  assert_int_equal(pipe_create(O_NONBLOCK, ends), 0);
  assert_int_equal(ends[0]->operations->poll(ends[0], &reads.entry), 0);
  assert_int_equal(ends[0]->operations->poll(ends[0], &gone.entry), 0);
  ends[1]->operations->poll(ends[1], &writes.entry);
  wait_entry_remove(&gone.entry);
  wait_entry_remove(&gone.entry);
  assert_int_equal(put(ends[1], bytes, sizeof(bytes)), PIPE_SIZE_BYTES);
  assert_int_equal(reads.count, 1);
  assert_int_equal(writes.count, 0);
  assert_int_equal(get(ends[0], bytes, PIPE_BUF - 1), PIPE_BUF - 1);
  assert_int_equal(writes.count, 0);
  assert_int_equal(get(ends[0], bytes, 1), 1);
  assert_int_equal(writes.count, 1);
  assert_int_equal(reads.count, 1);
  wait_entry_remove(&writes.entry);
  done_with(ends[1]);
  assert_int_equal(reads.count, 2);
  assert_int_equal(gone.count, 0);
  wait_entry_remove(&reads.entry);
  done_with(ends[0]);
}

/* ---- Several threads ---- */

#define WRITERS 4
#define READERS 3
#define ROUNDS  2000

struct crowd
{
  struct file *ends[2];
  size_t most_bytes; /* of one write */
  atomic_uint_least64_t sum_in, sum_out, count_in, count_out;
  atomic_uint next;
};

static uint64_t sum_of(const unsigned char *data, size_t len_bytes)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < len_bytes; i++)
    sum += data[i];
  return sum;
}

static void *write_all(void *argument)
{
  struct crowd *crowd = argument;
  unsigned int seed = atomic_fetch_add(&crowd->next, 1);
  unsigned char *data = malloc(crowd->most_bytes);
  for (int i = 0; i < ROUNDS; i++)
  {
    size_t len = (size_t) rand_r(&seed) % crowd->most_bytes + 1;
    memset(data, rand_r(&seed), len);
    assert_int_equal(put(crowd->ends[1], data, len), len);
    atomic_fetch_add(&crowd->sum_in, sum_of(data, len));
    atomic_fetch_add(&crowd->count_in, len);
  }
  free(data);
  return NULL;
}

static void *read_all(void *argument)
{
  struct crowd *crowd = argument;
  unsigned int seed = atomic_fetch_add(&crowd->next, 1);
  unsigned char data[70000];
  for (;;)
  {
    long got = get(crowd->ends[0], data, (size_t) rand_r(&seed) % sizeof(data) + 1);
    assert_true(got >= 0);
    if (got == 0)
      return NULL;
    atomic_fetch_add(&crowd->sum_out, sum_of(data, (size_t) got));
    atomic_fetch_add(&crowd->count_out, (uint64_t) got);
  }
}

static void crowd_of(size_t most_bytes)
{
  struct crowd crowd = {.most_bytes = most_bytes};
  pthread_t writers[WRITERS], readers[READERS];
  assert_int_equal(pipe_create(0, crowd.ends), 0);
  start_all(readers, READERS, read_all, &crowd);
  start_all(writers, WRITERS, write_all, &crowd);
  join_all(writers, WRITERS);
  done_with(crowd.ends[1]);
  join_all(readers, READERS);
  done_with(crowd.ends[0]);
  assert_int_equal(crowd.count_in, crowd.count_out);
  assert_int_equal(crowd.sum_in, crowd.sum_out);
}

static void nothing_is_lost(void **state)
{
  (void) state;
  crowd_of(10);
  crowd_of(PIPE_BUF);
  crowd_of(100000);
}

/* A record begins with its length and its byte. */
static void *write_records(void *argument)
{
  struct crowd *crowd = argument;
  unsigned int number = atomic_fetch_add(&crowd->next, 1) + 1;
  unsigned int seed = number;
  unsigned char record[PIPE_BUF];
  for (int i = 0; i < ROUNDS; i++)
  {
    size_t len = (size_t) rand_r(&seed) % (sizeof(record) - 3) + 3;
    memset(record, (int) number, len);
    record[0] = (unsigned char) len;
    record[1] = (unsigned char) (len >> 8);
    assert_int_equal(put(crowd->ends[1], record, len), len);
  }
  return NULL;
}

static void get_all(struct file *file, unsigned char *buffer, size_t len_bytes)
{
  for (size_t done = 0; done < len_bytes;)
  {
    long got = get(file, buffer + done, len_bytes - done);
    assert_true(got > 0);
    done += (size_t) got;
  }
}

static void records_stay_whole(void **state)
{
  (void) state;
  struct crowd crowd = {0};
  pthread_t writers[WRITERS];
  unsigned char record[PIPE_BUF];
  assert_int_equal(pipe_create(0, crowd.ends), 0);
  start_all(writers, WRITERS, write_records, &crowd);
  for (int i = 0; i < WRITERS * ROUNDS; i++)
  {
    get_all(crowd.ends[0], record, 3);
    size_t len = record[0] + record[1] * 256u;
    get_all(crowd.ends[0], record + 3, len - 3);
    for (size_t j = 3; j < len; j++)
      assert_int_equal(record[j], record[2]);
  }
  join_all(writers, WRITERS);
  done_with(crowd.ends[1]);
  done_with(crowd.ends[0]);
}

static void *write_too_much(void *argument)
{
  struct crowd *crowd = argument;
  long moved = put(crowd->ends[1], bytes, 2ul * PIPE_SIZE_BYTES);
  assert_int_equal(moved, PIPE_SIZE_BYTES);
  assert_int_equal(signals, 1);
  return NULL;
}

static void the_last_reader_leaves(void **state)
{
  (void) state;
  struct crowd crowd = {0};
  pthread_t writer;
  assert_int_equal(pipe_create(0, crowd.ends), 0);
  start_all(&writer, 1, write_too_much, &crowd);
  while (ready(crowd.ends[1]) != 0)
    ;
  done_with(crowd.ends[0]);
  join_all(&writer, 1);
  done_with(crowd.ends[1]);
}

/* ---- Names ---- */

static atomic_uint releases;

static void count_release(void *node)
{
  (void) node;
  atomic_fetch_add(&releases, 1);
}

static const struct fifo_node node = {.release = count_release};
static struct fifo fifo;

static struct file *open_fifo(uint32_t flags)
{
  struct file *file;
  assert_int_equal(fifo_open(&fifo, flags, &node, &file), 0);
  return file;
}

#define MEETINGS 500

static pthread_barrier_t meeting;

static void *open_to_write(void *argument)
{
  (void) argument;
  for (int i = 0; i < MEETINGS; i++)
  {
    struct file *file = open_fifo(O_WRONLY);
    assert_int_equal(put(file, "x", 1), 1);
    done_with(file);
    pthread_barrier_wait(&meeting);
  }
  return NULL;
}

static void both_ends_meet(void **state)
{
  (void) state;
  pthread_t writer;
  char byte;
  releases = 0;
  pthread_barrier_init(&meeting, NULL, 2);
  start_all(&writer, 1, open_to_write, NULL);
  for (int i = 0; i < MEETINGS; i++)
  {
    struct file *file = open_fifo(O_RDONLY);
    assert_int_equal(get(file, &byte, 1), 1);
    assert_int_equal(get(file, &byte, 1), 0);
    done_with(file);
    pthread_barrier_wait(&meeting);
  }
  join_all(&writer, 1);
  pthread_barrier_destroy(&meeting);
  assert_int_equal(releases, 2 * MEETINGS);
  assert_null(fifo.pipe);
}

static void without_waiting(void **state)
{
  (void) state;
  struct file *file = NULL;
  char byte;
  assert_int_equal(fifo_open(&fifo, O_WRONLY | O_NONBLOCK, &node, &file), -ENXIO);
  assert_null(fifo.pipe);
  struct file *reader = open_fifo(O_RDONLY | O_NONBLOCK);
  assert_int_equal(ready(reader), 0); /* no hang-up: nobody has been there */
  assert_int_equal(get(reader, &byte, 1), 0);
  struct file *writer = open_fifo(O_WRONLY | O_NONBLOCK);
  assert_int_equal(get(reader, &byte, 1), -EAGAIN);
  assert_int_equal(put(writer, "x", 1), 1);
  done_with(writer);
  assert_int_equal(ready(reader), POLLIN | POLLRDNORM | POLLHUP);
  /* One that comes now finds what is left. */
  struct file *both = open_fifo(O_RDWR);
  assert_int_equal(ready(reader), POLLIN | POLLRDNORM);
  assert_int_equal(get(both, &byte, 1), 1);
  done_with(reader);
  assert_int_equal(put(both, "y", 1), 1);
  assert_int_equal(ready(both), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
  done_with(both);
  assert_null(fifo.pipe);
  hosted_is_interrupted = true;
  assert_int_equal(fifo_open(&fifo, O_RDONLY, &node, &file), -EINTR);
  assert_int_equal(fifo_open(&fifo, O_WRONLY, &node, &file), -EINTR);
  hosted_is_interrupted = false;
  memory_is_short = true;
  assert_int_equal(fifo_open(&fifo, O_RDONLY, &node, &file), -ENOMEM);
  memory_is_short = false;
  assert_null(fifo.pipe);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_comes_in_goes_out),
      cmocka_unit_test(limits),
      cmocka_unit_test(sizes),
      cmocka_unit_test(interrupted),
      cmocka_unit_test(tells),
      cmocka_unit_test(nothing_is_lost),
      cmocka_unit_test(records_stay_whole),
      cmocka_unit_test(the_last_reader_leaves),
      cmocka_unit_test(both_ends_meet),
      cmocka_unit_test(without_waiting),
  };
  mutex_expect_tasks();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

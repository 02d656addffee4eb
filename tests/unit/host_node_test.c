/* Tests of guest/fs/host_node.c: what programs see of files that are read ahead and written behind
 * is what a plain file would show. */
#include "fs/host_node.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fs/file_system.h"
#include "host_files.h"
#include "threads.h"
#include "unit_test.h"

#define ROUNDS      60000
#define MODEL_BYTES (HOST_FILE_BYTES / 2)
#define PIECE_BYTES (100ul * 1024)
#define PIECE_SMALL 300
#define THREADS     4
#define DESCRIPTORS 6
#define SEQUENTIAL  4 /* of so many accesses one goes elsewhere */
#define AGE_NEVER   UINT64_MAX

static unsigned char piece[PIECE_BYTES];
static unsigned char got[PIECE_BYTES];

static int start(void **state)
{
  (void) state;
  hosted_files_start();
  return 0;
}

static struct host_node *open_node(unsigned int number)
{
  struct host_node *node = host_node_get(1, number);
  assert_non_null(node);
  return node;
}

static long write_at(struct host_node *node, unsigned int number, const void *from, size_t len,
                     off_t offset, uint32_t *seen)
{
  off_t end = -1;
  long result = host_node_write(node, (int32_t) number + HANDLE_BASE, HOST_WRITE_LATE, from, len,
                                offset, &end, seen);
  if (result > 0)
    assert_int_equal(end, offset + result);
  return result;
}

static long read_at(struct host_node *node, unsigned int number, void *to, size_t len, off_t offset)
{
  return host_node_read(node, (int32_t) number + HANDLE_BASE, to, len, offset);
}

static void fill(unsigned char *to, size_t len, uint64_t *random)
{
  for (size_t i = 0; i < len; i++)
    to[i] = (unsigned char) (random_next(random) >> 8);
}

/* ---- One by one ---- */

static void lines_are_gathered(void **state)
{
  (void) state;
  uint32_t seen = 0;
  struct host_node *node = open_node(0);
  for (int i = 0; i < 1000; i++)
    assert_int_equal(write_at(node, 0, "0123456789", 10, (off_t) i * 10, &seen), 10);
  assert_true(hosted_writes < 5);
  assert_int_equal(host_behind, 1);
  host_node_write_out(node);
  assert_int_equal(host_behind, 0);
  assert_int_equal(hosted_files[0].len_bytes, 10000);
  assert_memory_equal(hosted_files[0].bytes + 9990, "0123456789", 10);
  host_node_put(node);
}

static void small_reads_are_served_from_what_was_read_ahead(void **state)
{
  (void) state;
  uint64_t random = 5;
  struct host_node *node = open_node(0);
  hosted_files[0].len_bytes = 100000;
  fill(hosted_files[0].bytes, 100000, &random);
  long done = 0;
  long result;
  while ((result = read_at(node, 0, got, 777, done)) > 0)
  {
    assert_memory_equal(got, hosted_files[0].bytes + done, (size_t) result);
    done += result;
  }
  assert_int_equal(result, 0);
  assert_int_equal(done, 100000);
  assert_true(hosted_reads < 10);
  host_node_put(node);
}

static void what_others_have_written_is_seen_when_it_is_heard_of(void **state)
{
  (void) state;
  struct host_node *node = open_node(0);
  hosted_files[0].len_bytes = 1000;
  assert_int_equal(read_at(node, 0, got, 10, 0), 10);
  hosted_files[0].bytes[10] = 'x';
  host_look_again();
  assert_int_equal(read_at(node, 0, got, 10, 10), 10);
  assert_int_equal(got[0], 'x');
  host_node_put(node);
}

static void late_errors_are_told_once_to_each_file(void **state)
{
  (void) state;
  uint32_t seen = 0;
  uint32_t other_seen = 0;
  struct host_node *node = open_node(0);
  hosted_room_bytes = 5000;
  int error = 0;
  int writes = 0;
  while (error == 0)
  {
    long result = write_at(node, 0, piece, 1000, (off_t) writes * 1000, &seen);
    error = result < 0 ? (int) result : 0;
    writes++;
    assert_true(writes < 1000);
  }
  assert_int_equal(error, -ENOSPC);
  assert_int_equal(hosted_files[0].len_bytes, 5000);
  assert_int_equal(host_node_take_error(node, &seen), 0);
  assert_int_equal(host_node_take_error(node, &other_seen), -ENOSPC);
  assert_int_equal(host_node_take_error(node, &other_seen), 0);
  assert_int_equal(host_behind, 0);
  host_node_put(node);
}

static void bad_buffers_are_refused(void **state)
{
  (void) state;
  uint32_t seen = 0;
  struct host_node *node = open_node(0);
  assert_int_equal(write_at(node, 0, NULL, 10, 0, &seen), -EFAULT);
  assert_int_equal(read_at(node, 0, NULL, 10, 0), -EFAULT);
  assert_int_equal(write_at(node, 0, NULL, 0, 0, &seen), 0);
  host_node_put(node);
}

static void appends_go_behind_what_is_late(void **state)
{
  (void) state;
  uint32_t seen = 0;
  off_t end = 0;
  struct host_node *node = open_node(0);
  for (int i = 0; i < 10; i++)
    write_at(node, 0, "0123456789", 10, (off_t) i * 10, &seen);
  assert_int_equal(host_node_write(node, HANDLE_BASE, HOST_WRITE_APPEND, "end", 3, 0, &end, &seen),
                   3);
  assert_int_equal(end, 103);
  assert_memory_equal(hosted_files[0].bytes + 97, "789end", 6);
  host_node_put(node);
}

static void a_crash_rescues_what_is_behind(void **state)
{
  (void) state;
  uint32_t seen = 0;
  struct host_node *node = open_node(0);
  for (int i = 0; i < 10; i++)
    write_at(node, 0, "0123456789", 10, (off_t) i * 10, &seen);
  mutex_lock(&node->mutex);
  host_rescue();
  assert_int_equal(hosted_files[0].len_bytes, 100);
  host_rescue();
  mutex_unlock(&node->mutex);
  host_node_put(node);
}

static void files_beyond_the_buffers_are_written_at_once(void **state)
{
  (void) state;
  static struct host_node *nodes[HOST_BUFFERS + 8];
  uint32_t seen = 0;
  for (unsigned int i = 0; i < COUNT_OF(nodes); i++)
  {
    nodes[i] = open_node(100 + i);
    for (int line = 0; line < 3; line++)
      assert_int_equal(write_at(nodes[i], 1, "0123456789", 10, (off_t) line * 10, &seen), 10);
  }
  assert_int_equal(host_behind, HOST_BUFFERS);
  host_flush_all();
  assert_int_equal(host_behind, 0);
  for (unsigned int i = 0; i < COUNT_OF(nodes); i++)
    host_node_put(nodes[i]);
}

/* ---- Against a model ---- */

struct descriptor
{
  struct host_node *node;
  unsigned int number;
  off_t offset;
  uint32_t seen;
};

struct model
{
  unsigned char bytes[HOST_FILE_BYTES];
  size_t len_bytes;
};

static struct model models[2];

static size_t some_length(uint64_t *random)
{
  switch (random_next(random) % 8)
  {
  case 0:
    return random_next(random) % PIECE_BYTES;
  case 1:
    return random_next(random) % (16ul * 1024);
  default:
    return random_next(random) % PIECE_SMALL;
  }
}

static void model_write(struct descriptor *d, uint64_t *random)
{
  struct model *model = &models[d->number];
  size_t len = some_length(random);
  fill(piece, len, random);
  assert_int_equal(write_at(d->node, d->number, piece, len, d->offset, &d->seen), len);
  memcpy(model->bytes + d->offset, piece, len);
  if (len > 0 && (size_t) d->offset + len > model->len_bytes)
    model->len_bytes = (size_t) d->offset + len;
  d->offset += (off_t) len;
}

static void model_read(struct descriptor *d, uint64_t *random)
{
  const struct model *model = &models[d->number];
  size_t len = some_length(random);
  long result = read_at(d->node, d->number, got, len, d->offset);
  size_t there = (size_t) d->offset < model->len_bytes ? model->len_bytes - (size_t) d->offset : 0;
  assert_int_equal(result, len < there ? len : there);
  assert_memory_equal(got, model->bytes + d->offset, (size_t) result);
  d->offset += result;
}

static void model_truncate(struct descriptor *d, uint64_t *random)
{
  struct model *model = &models[d->number];
  size_t len = random_next(random) % MODEL_BYTES;
  host_node_settle(d->node);
  struct hosted_file *file = &hosted_files[d->number];
  assert_int_equal(file->len_bytes, model->len_bytes);
  if (len < file->len_bytes)
  {
    memset(file->bytes + len, 0, file->len_bytes - len);
    memset(model->bytes + len, 0, model->len_bytes - len);
  }
  file->len_bytes = model->len_bytes = len;
  host_node_settle(d->node);
}

static void step(struct descriptor *d, uint64_t *random)
{
  if (random_next(random) % SEQUENTIAL == 0 || (size_t) d->offset > MODEL_BYTES)
    d->offset = (off_t) (random_next(random) % MODEL_BYTES);
  else if (random_next(random) % SEQUENTIAL == 0)
    d->offset += (off_t) (random_next(random) % 8);
  switch (random_next(random) % 64)
  {
  case 0:
    model_truncate(d, random);
    break;
  case 1:
    host_node_write_out(d->node);
    assert_int_equal(hosted_files[d->number].len_bytes, models[d->number].len_bytes);
    break;
  case 2:
    host_flush_all();
    assert_int_equal(host_behind, 0);
    break;
  case 3:
    host_nodes_write(AGE_NEVER);
    break;
  default:
    for (uint64_t times = random_next(random) % 8; times > 0; times--)
    {
      if (random_next(random) % 2 == 0)
        model_write(d, random);
      else
        model_read(d, random);
      if ((size_t) d->offset > MODEL_BYTES)
        break;
    }
  }
}

static void descriptors_of_one_file_agree(void **state)
{
  (void) state;
  uint64_t random = 1;
  struct descriptor descriptors[DESCRIPTORS] = {0};
  memset(models, 0, sizeof(models));
  for (unsigned int i = 0; i < DESCRIPTORS; i++)
  {
    descriptors[i].number = i % 2;
    descriptors[i].node = open_node(i % 2);
  }
  for (int round = 0; round < ROUNDS; round++)
    step(&descriptors[random_next(&random) % DESCRIPTORS], &random);
  host_flush_all();
  for (unsigned int i = 0; i < 2; i++)
  {
    assert_int_equal(hosted_files[i].len_bytes, models[i].len_bytes);
    assert_memory_equal(hosted_files[i].bytes, models[i].bytes, models[i].len_bytes);
  }
  for (unsigned int i = 0; i < DESCRIPTORS; i++)
    host_node_put(descriptors[i].node);
  assert_null(host_node_find(1, 0));
}

/* ---- Threads ---- */

#define REGION_BYTES (HOST_FILE_BYTES / THREADS)

static uint32_t next_region;

/* Each writes and reads a region of its own. */
static void *work(void *argument)
{
  uint32_t region = __atomic_fetch_add(&next_region, 1, __ATOMIC_RELAXED);
  uint64_t random = region + 7;
  unsigned char *mine = calloc(1, REGION_BYTES);
  unsigned char *read_back = malloc(REGION_BYTES);
  struct descriptor d = {.node = host_node_get(1, 3), .number = 3};
  off_t base = (off_t) (region * REGION_BYTES);
  size_t at = 0;
  (void) argument;
  for (int round = 0; round < 10000; round++)
  {
    size_t len = random_next(&random) % (round % 64 == 0 ? 80 * 1024 : 200);
    if (random_next(&random) % 16 == 0)
      at = random_next(&random) % REGION_BYTES;
    if (at + len > REGION_BYTES)
      at = 0;
    if (random_next(&random) % 3 == 0)
    {
      long result = read_at(d.node, 3, read_back, len, base + (off_t) at);
      if (result > 0 && memcmp(read_back, mine + at, (size_t) result) != 0)
        abort();
    }
    else
    {
      fill(mine + at, len, &random);
      if (write_at(d.node, 3, mine + at, len, base + (off_t) at, &d.seen) != (long) len)
        abort();
    }
    at += len;
    if (round % 100 == 0)
      host_nodes_write(random_next(&random) % 2);
  }
  host_node_settle(d.node);
  if (memcmp(hosted_files[3].bytes + base, mine, REGION_BYTES) != 0)
    abort();
  host_node_put(d.node);
  free(mine);
  free(read_back);
  return NULL;
}

static void threads_share_a_file(void **state)
{
  (void) state;
  pthread_t threads[THREADS];
  mutex_expect_tasks();
  hosted_files[3].len_bytes = HOST_FILE_BYTES;
  next_region = 0;
  start_all(threads, THREADS, work, NULL);
  join_all(threads, THREADS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(lines_are_gathered, start),
      cmocka_unit_test_setup(small_reads_are_served_from_what_was_read_ahead, start),
      cmocka_unit_test_setup(what_others_have_written_is_seen_when_it_is_heard_of, start),
      cmocka_unit_test_setup(late_errors_are_told_once_to_each_file, start),
      cmocka_unit_test_setup(bad_buffers_are_refused, start),
      cmocka_unit_test_setup(appends_go_behind_what_is_late, start),
      cmocka_unit_test_setup(a_crash_rescues_what_is_behind, start),
      cmocka_unit_test_setup(files_beyond_the_buffers_are_written_at_once, start),
      cmocka_unit_test_setup(descriptors_of_one_file_agree, start),
      cmocka_unit_test_setup(threads_share_a_file, start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

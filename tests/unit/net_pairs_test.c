/* A network device with several pairs of queues, over plain memory: which queue of the way out
 * leads where, and the commands of good and bad drivers. */
#include "net_driver.h"

#include "unit_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define FEATURE(bit)  (1ull << (bit))
#define BASE_FEATURES (FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_NET_F_MRG_RXBUF))
#define CONTROL       FEATURE(VIRTIO_NET_F_CTRL_VQ)
#define PAIRS         (BASE_FEATURES | CONTROL | FEATURE(VIRTIO_NET_F_MQ))
#define PACKED        FEATURE(VIRTIO_F_RING_PACKED)
#define EVENT_INDEX   FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT      FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

#define PAIR_COUNT    2
#define CONTROL_QUEUE (2 * PAIR_COUNT)
#define QUEUE_SIZE    16
#define NEEDS_RESET   64u
#define WAIT_MOST_MS  10000
#define FRAME_BYTES   60
#define BUFFER_BYTES  2048
#define BUFFER_GPA(n) (DRIVER_BUFFERS_GPA + (uint64_t) BUFFER_BYTES * (n))
#define COMMAND_GPA   BUFFER_GPA(1000)
#define ANSWER_GPA    BUFFER_GPA(1001)
#define NO_ANSWER     0x77

/* ---- A way whose queues have as many frames as they are told ---- */

struct counting_way
{
  struct net_way way;
  uint8_t number;
  atomic_uint sent;
  atomic_uint waiting; /* to be received */
  atomic_uint bytes;   /* of each */
};

static struct counting_way ways[PAIR_COUNT];

static struct counting_way *counting(struct net_way *way)
{
  return (struct counting_way *) (void *) way;
}

static ssize_t receive(struct net_way *way, const struct iovec *pieces, int count)
{
  struct counting_way *from = counting(way);
  unsigned int waiting = atomic_load(&from->waiting);
  do
    if (waiting == 0)
      return -EAGAIN;
  while (!atomic_compare_exchange_weak(&from->waiting, &waiting, waiting - 1));
  size_t bytes = atomic_load(&from->bytes);
  size_t left = bytes;
  for (int i = 1; i < count && left > 0; i++)
  {
    size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    memset(pieces[i].iov_base, from->number, part);
    left -= part;
  }
  return NET_HEADER_BYTES + (ssize_t) bytes;
}

static int send_frame(struct net_way *way, const struct iovec *pieces, int count)
{
  assert_true(count >= 2 && pieces[0].iov_len == NET_HEADER_BYTES);
  atomic_fetch_add(&counting(way)->sent, 1);
  return 0;
}

static void close_way(struct net_way *way)
{
  for (; way != NULL; way = way->next)
    close(way->fd);
}

static const struct net_way_operations operations = {
    .receive = receive, .send = send_frame, .close = close_way};

static int begin_with(void **state, unsigned int way_count)
{
  static struct driver driver;
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  memset(ways, 0, sizeof(ways));
  for (unsigned int i = 0; i < way_count; i++)
  {
    ways[i].way.operations = &operations;
    ways[i].way.fd = eventfd(0, EFD_NONBLOCK);
    ways[i].way.next = i + 1 < way_count ? &ways[i + 1].way : NULL;
    ways[i].number = (uint8_t) (0x10 + i);
    atomic_store(&ways[i].bytes, FRAME_BYTES);
  }
  driver_make_memory(&driver);
  assert_int_equal(net_interface_create(&driver.interface, &ways[0].way, &driver.memory, mac, 1500),
                   0);
  assert_int_equal(net_interface_start(driver.interface, (struct net_connect){0}, false), 0);
  driver.queue_count = CONTROL_QUEUE + 1;
  *state = &driver;
  return 0;
}

static int begin(void **state)
{
  return begin_with(state, PAIR_COUNT);
}

static int begin_single(void **state)
{
  return begin_with(state, 1);
}

static int end(void **state)
{
  struct driver *driver = *state;
  net_interface_destroy(driver->interface);
  driver_free_memory(driver);
  return 0;
}

/* A frame is there, by a queue of the way. */
static void bring(const struct driver *driver, unsigned int way, unsigned int bytes)
{
  static const uint64_t one = 1;
  atomic_store(&ways[way].bytes, bytes);
  atomic_fetch_add(&ways[way].waiting, 1);
  assert_int_equal(write(ways[way].way.fd, &one, sizeof(one)), sizeof(one));
  driver_notify(driver);
}

/* ---- The driver ---- */

static const uint64_t kinds[] = {0, EVENT_INDEX, PACKED, PACKED | EVENT_INDEX};

/* Each pair has buffers of its own. */
static void start(struct driver *driver, uint64_t features)
{
  driver_start(driver, features, QUEUE_SIZE);
  for (unsigned int pair = 0; pair < PAIR_COUNT; pair++)
  {
    for (unsigned int i = 0; i < QUEUE_SIZE; i++)
    {
      const struct driver_piece piece = {BUFFER_GPA(pair * QUEUE_SIZE + i), BUFFER_BYTES, true};
      driver_add(driver, 2 * pair + VIRTIO_NET_RECEIVE, &piece, 1, false);
    }
  }
  driver_notify(driver);
}

/* The next frame of that pair comes from that queue of the way. */
static void expect_frame(struct driver *driver, unsigned int pair, unsigned int way)
{
  uint16_t id;
  uint32_t len_bytes;
  bring(driver, way, FRAME_BYTES);
  driver_wait_used(driver, 2 * pair + VIRTIO_NET_RECEIVE, &id, &len_bytes);
  assert_int_equal(len_bytes, NET_HEADER_BYTES + FRAME_BYTES);
  const uint8_t *frame = driver_hva(driver, BUFFER_GPA(pair * QUEUE_SIZE + id));
  assert_int_equal(frame[NET_HEADER_BYTES], ways[way].number);
}

static void send_by(struct driver *driver, unsigned int pair)
{
  const struct driver_piece piece = {COMMAND_GPA, NET_HEADER_BYTES + FRAME_BYTES, false};
  unsigned int before = atomic_load(&ways[pair].sent);
  uint16_t id;
  uint32_t len_bytes;
  memset(driver_hva(driver, COMMAND_GPA), 0, NET_HEADER_BYTES + FRAME_BYTES);
  driver_add(driver, 2 * pair + VIRTIO_NET_SEND, &piece, 1, false);
  driver_notify(driver);
  driver_wait_used(driver, 2 * pair + VIRTIO_NET_SEND, &id, &len_bytes);
  assert_int_equal(atomic_load(&ways[pair].sent), before + 1);
}

/* Returns the answer to a command of so many bytes, in pieces of `piece_bytes`. */
static uint8_t command(struct driver *driver, unsigned int queue, const void *bytes, uint32_t count,
                       uint32_t piece_bytes, bool is_indirect)
{
  struct driver_piece pieces[9];
  unsigned int piece_count = 0;
  uint16_t id;
  uint32_t len_bytes;
  uint8_t *answer = driver_hva(driver, ANSWER_GPA);
  memset(driver_hva(driver, COMMAND_GPA), 0, BUFFER_BYTES);
  memcpy(driver_hva(driver, COMMAND_GPA), bytes, count < 8 ? count : 8);
  *answer = NO_ANSWER;
  for (uint32_t done = 0; done < count; done += piece_bytes)
    pieces[piece_count++] = (struct driver_piece){
        COMMAND_GPA + done, count - done < piece_bytes ? count - done : piece_bytes, false};
  pieces[piece_count++] = (struct driver_piece){ANSWER_GPA, 1, true};
  driver_add(driver, queue, pieces, piece_count, is_indirect);
  driver_notify(driver);
  driver_wait_used(driver, queue, &id, &len_bytes);
  assert_int_equal(len_bytes, 1);
  return *answer;
}

static uint8_t set_pairs(struct driver *driver, uint16_t pairs)
{
  const uint8_t bytes[] = {4, 0, (uint8_t) pairs, (uint8_t) (pairs >> 8)};
  return command(driver, CONTROL_QUEUE, bytes, sizeof(bytes), sizeof(bytes), false);
}

/* ---- Tests ---- */

static void test_one_queue(void **state)
{
  struct driver *driver = *state;
  driver->queue_count = 2;
  assert_int_equal(driver_offered(driver) & PAIRS, BASE_FEATURES);
  assert_int_equal(net_interface_read(driver->interface, REG_CONFIG + 8, 2), 0);
  driver_write(driver, REG_QUEUE, 2);
  assert_int_equal(driver_read(driver, REG_QUEUE_MOST), 0);
  assert_false(driver_negotiate(driver, PAIRS));
}

static void test_offer(void **state)
{
  struct driver *driver = *state;
  assert_int_equal(driver_offered(driver) & PAIRS, PAIRS);
  assert_int_equal(net_interface_read(driver->interface, REG_CONFIG + 8, 2), PAIR_COUNT);
  for (unsigned int queue = 0; queue <= CONTROL_QUEUE + 1; queue++)
  {
    driver_write(driver, REG_QUEUE, queue);
    assert_int_equal(driver_read(driver, REG_QUEUE_MOST) > 0, queue <= CONTROL_QUEUE);
  }
  assert_false(driver_negotiate(driver, PAIRS & ~CONTROL));
  assert_true(driver_negotiate(driver, BASE_FEATURES | CONTROL));
  assert_true(driver_negotiate(driver, PAIRS));
}

static void test_pairs(void **state)
{
  struct driver *driver = *state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    start(driver, PAIRS | kinds[i]);
    for (unsigned int round = 0; round < 5; round++)
    {
      expect_frame(driver, 0, 0);
      expect_frame(driver, 0, 1);
      send_by(driver, 1);
      assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
      expect_frame(driver, 0, 0);
      expect_frame(driver, 1, 1);
      send_by(driver, 0);
      send_by(driver, 1);
      assert_int_equal(set_pairs(driver, 1), VIRTIO_NET_OK);
    }
    /* A reset takes it back. */
    start(driver, PAIRS | kinds[i]);
    assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
    start(driver, PAIRS | kinds[i]);
    expect_frame(driver, 0, 1);
  }
}

/* A driver that knows nothing of pairs gets all there is. */
static void test_plain_driver(void **state)
{
  struct driver *driver = *state;
  driver->queue_count = 2;
  driver_start(driver, BASE_FEATURES, QUEUE_SIZE);
  for (unsigned int i = 0; i < QUEUE_SIZE; i++)
  {
    const struct driver_piece piece = {BUFFER_GPA(i), BUFFER_BYTES, true};
    driver_add(driver, VIRTIO_NET_RECEIVE, &piece, 1, false);
  }
  for (unsigned int i = 0; i < 6; i++)
    expect_frame(driver, 0, i % 2);
  send_by(driver, 0);
  driver->queue_count = CONTROL_QUEUE + 1;
}

/* Without pairs the control queue is behind the only one. */
static void test_control_alone(void **state)
{
  static const uint8_t bytes[] = {4, 0, 2, 0};
  struct driver *driver = *state;
  driver->queue_count = 3;
  driver_start(driver, BASE_FEATURES | CONTROL, QUEUE_SIZE);
  assert_int_equal(command(driver, 2, bytes, 4, 4, false), VIRTIO_NET_ERR);
  send_by(driver, 0);
  driver->queue_count = CONTROL_QUEUE + 1;
}

static void test_commands(void **state)
{
  static const struct
  {
    uint8_t bytes[8];
    uint32_t count;
  } wrong[] = {
      {{4, 0, 0, 0}, 4},    {{4, 0, 3, 0}, 4}, {{4, 0, 0xff, 0xff}, 4}, {{4, 0, 2, 1}, 4},
      {{4, 1, 2, 0}, 4},    {{3, 0, 2, 0}, 4}, {{0, 0, 2, 0}, 4},       {{0xff, 0xff, 2, 0}, 4},
      {{4, 0}, 2},          {{4, 0, 2}, 3},    {{4, 0, 2, 0, 0}, 5},    {{4, 0, 2, 0}, 8},
      {{4, 0, 2, 0}, 2048},
  };
  static const uint8_t right[] = {4, 0, 2, 0};
  struct driver *driver = *state;
  for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
  {
    start(driver, PAIRS | INDIRECT | kinds[kind]);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
    {
      uint32_t piece_bytes = wrong[i].count > 8 ? 2048 : 1 + (uint32_t) i % 3;
      assert_int_equal(
          command(driver, CONTROL_QUEUE, wrong[i].bytes, wrong[i].count, piece_bytes, i % 2 == 1),
          VIRTIO_NET_ERR);
      if (i % 4 == 0)
        expect_frame(driver, 0, 1);
    }
    for (uint32_t piece_bytes = 1; piece_bytes <= 4; piece_bytes++)
      assert_int_equal(command(driver, CONTROL_QUEUE, right, 4, piece_bytes, piece_bytes % 2 == 1),
                       VIRTIO_NET_OK);
    expect_frame(driver, 1, 1);
  }
}

static void wait_broken(const struct driver *driver)
{
  struct pollfd polled = {.fd = driver->interface->change_fd, .events = POLLIN};
  uint64_t count;
  assert_int_equal(poll(&polled, 1, WAIT_MOST_MS), 1);
  assert_int_equal(read(polled.fd, &count, sizeof(count)), sizeof(count));
  assert_int_equal(driver_read(driver, REG_STATUS) & NEEDS_RESET, NEEDS_RESET);
}

static void test_broken_commands(void **state)
{
  static const struct
  {
    struct driver_piece pieces[3];
    unsigned int count;
  } broken[] = {
      {{{COMMAND_GPA, 4, false}}, 1},
      {{{COMMAND_GPA, 4, false}, {ANSWER_GPA, 0, true}}, 2},
      {{{ANSWER_GPA, 1, true}}, 1},
      {{{COMMAND_GPA, 1, false}, {ANSWER_GPA, 1, true}}, 2},
      {{{COMMAND_GPA, 0, false}, {ANSWER_GPA, 1, true}}, 2},
      {{{ANSWER_GPA, 1, true}, {COMMAND_GPA, 4, false}}, 2},
      {{{COMMAND_GPA, 4, false}, {DRIVER_FORBIDDEN_GPA, 1, true}}, 2},
      {{{DRIVER_FORBIDDEN_GPA - 2, 4, false}, {ANSWER_GPA, 1, true}}, 2},
      {{{COMMAND_GPA, UINT32_MAX, false}, {ANSWER_GPA, 1, true}}, 2},
      {{{UINT64_MAX - 1, 4, false}, {ANSWER_GPA, 1, true}}, 2},
      {{{COMMAND_GPA, 4, false}, {ANSWER_GPA, 1, true}, {DRIVER_MEMORY_BYTES, 1, true}}, 3},
  };
  struct driver *driver = *state;
  for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
  {
    for (size_t i = 0; i < 2 * COUNT_OF(broken); i++)
    {
      start(driver, PAIRS | INDIRECT | kinds[kind]);
      *(uint8_t *) driver_hva(driver, ANSWER_GPA) = NO_ANSWER;
      driver_add(driver, CONTROL_QUEUE, broken[i / 2].pieces, broken[i / 2].count, i % 2 == 1);
      driver_notify(driver);
      wait_broken(driver);
      assert_int_equal(*(uint8_t *) driver_hva(driver, ANSWER_GPA), NO_ANSWER);
    }
  }
  start(driver, PAIRS);
  assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
  expect_frame(driver, 1, 1);
}

/* More of them than are obeyed in one go. */
static void test_many_commands(void **state)
{
  const struct driver_piece pieces[] = {{COMMAND_GPA, 4, false}, {ANSWER_GPA, 1, true}};
  struct driver *driver = *state;
  uint8_t *bytes = driver_hva(driver, COMMAND_GPA);
  uint16_t id;
  uint32_t len_bytes;
  start(driver, PAIRS | INDIRECT);
  memcpy(bytes, (const uint8_t[]){4, 0, 2, 0}, 4);
  for (unsigned int i = 0; i < QUEUE_SIZE; i++)
    driver_add(driver, CONTROL_QUEUE, pieces, 2, true);
  driver_notify(driver);
  for (unsigned int i = 0; i < QUEUE_SIZE; i++)
    driver_wait_used(driver, CONTROL_QUEUE, &id, &len_bytes);
  expect_frame(driver, 1, 1);
}

static bool is_held(struct net_interface *interface, unsigned int pair)
{
  pthread_mutex_lock(&interface->lock);
  bool is = interface->net.pairs[pair].receive.held_bytes > 0;
  pthread_mutex_unlock(&interface->lock);
  return is;
}

/* A frame that waits for buffers of a pair is lost when that is no longer used, and no other. */
static void test_held(void **state)
{
  struct driver *driver = *state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    const struct driver_piece small = {BUFFER_GPA(500), 100, true};
    const struct driver_piece large = {BUFFER_GPA(0), BUFFER_BYTES, true};
    uint16_t id;
    uint32_t len_bytes;
    driver_start(driver, PAIRS | kinds[i], QUEUE_SIZE);
    assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
    driver_add(driver, 2 + VIRTIO_NET_RECEIVE, &small, 1, false);
    bring(driver, 1, 1000);
    while (!is_held(driver->interface, 1))
      sched_yield();
    assert_int_equal(set_pairs(driver, 1), VIRTIO_NET_OK);
    assert_false(is_held(driver->interface, 1));
    driver_add(driver, VIRTIO_NET_RECEIVE, &large, 1, false);
    expect_frame(driver, 0, 1);
    /* The buffer is still the device's. */
    assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
    bring(driver, 1, FRAME_BYTES);
    driver_wait_used(driver, 2 + VIRTIO_NET_RECEIVE, &id, &len_bytes);
    assert_int_equal(len_bytes, NET_HEADER_BYTES + FRAME_BYTES);
  }
}

/* ---- What is changed while it is read ---- */

struct attacker
{
  struct driver *driver;
  atomic_bool stopping;
};

/* Another CPU, that writes nonsense into rings and commands, and sometimes resets. */
static void *attack(void *argument)
{
  struct attacker *attacker = argument;
  uint64_t random = 7;
  uint8_t *rings = driver_hva(attacker->driver, 0x10000);
  uint8_t *bytes = driver_hva(attacker->driver, COMMAND_GPA);
  while (!atomic_load(&attacker->stopping))
  {
    uint64_t value = random_next(&random);
    uint64_t place = random_next(&random);
    *(volatile uint16_t *) (void *) (rings + (place % 0xa0000 & ~1ull)) = (uint16_t) value;
    ((volatile uint8_t *) bytes)[value % 4] = (uint8_t) (value >> 8) & 7;
    if ((place >> 40) % 4096 == 0)
      driver_write(attacker->driver, REG_STATUS, 0);
  }
  return NULL;
}

static void test_changes(void **state)
{
  const struct driver_piece pieces[] = {{COMMAND_GPA, 4, false}, {ANSWER_GPA, 1, true}};
  struct driver *driver = *state;
  struct attacker attacker = {.driver = driver};
  pthread_t thread;
  atomic_store(&ways[0].waiting, UINT32_MAX / 2);
  atomic_store(&ways[1].waiting, UINT32_MAX / 2);
  assert_int_equal(pthread_create(&thread, NULL, attack, &attacker), 0);
  for (unsigned int round = 0; round < 2000; round++)
  {
    /* Without the checks of a driver that expects an answer. */
    driver_negotiate(driver, PAIRS | INDIRECT | kinds[round % COUNT_OF(kinds)]);
    for (unsigned int queue = 0; queue <= CONTROL_QUEUE; queue++)
      driver_set_queue(driver, queue, QUEUE_SIZE);
    driver_write(driver, REG_STATUS, 15);
    memcpy(driver_hva(driver, COMMAND_GPA), (const uint8_t[]){4, 0, 2, 0}, 4);
    for (unsigned int i = 0; i < 2 * QUEUE_SIZE; i++)
    {
      const struct driver_piece buffer = {BUFFER_GPA(i), BUFFER_BYTES, true};
      if (i < QUEUE_SIZE / 2)
        driver_add(driver, CONTROL_QUEUE, pieces, 2, i % 2 == 0);
      driver_add(driver, i % 4, &buffer, 1, i % 3 == 0);
      driver_notify(driver);
    }
  }
  atomic_store(&attacker.stopping, true);
  pthread_join(thread, NULL);
  atomic_store(&ways[0].waiting, 0);
  atomic_store(&ways[1].waiting, 0);
  start(driver, PAIRS);
  assert_int_equal(set_pairs(driver, 2), VIRTIO_NET_OK);
  expect_frame(driver, 1, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_one_queue, begin_single, end),
      cmocka_unit_test_setup_teardown(test_offer, begin, end),
      cmocka_unit_test_setup_teardown(test_pairs, begin, end),
      cmocka_unit_test_setup_teardown(test_plain_driver, begin, end),
      cmocka_unit_test_setup_teardown(test_control_alone, begin, end),
      cmocka_unit_test_setup_teardown(test_commands, begin, end),
      cmocka_unit_test_setup_teardown(test_broken_commands, begin, end),
      cmocka_unit_test_setup_teardown(test_many_commands, begin, end),
      cmocka_unit_test_setup_teardown(test_held, begin, end),
      cmocka_unit_test_setup_teardown(test_changes, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

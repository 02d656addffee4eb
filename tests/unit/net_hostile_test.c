/* Drivers that break the rules of virtio, over plain memory: the device gives up until it is reset,
 * touches nothing that is not the guest's, and then works again. */
#include "net_driver.h"

#include "unit_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define FEATURE(bit)  (1ull << (bit))
#define BASE_FEATURES (FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_NET_F_MRG_RXBUF))
#define PACKED        FEATURE(VIRTIO_F_RING_PACKED)
#define EVENT_INDEX   FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT      FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

#define QUEUE_SIZE    16
#define NEEDS_RESET   64u
#define WAIT_MOST_MS  10000
#define FRAME_BYTES   60
#define SEND          VIRTIO_NET_SEND
#define RECEIVE       VIRTIO_NET_RECEIVE

/* ---- A way that counts what it is sent, and always has a frame if it is to ---- */

struct counting_way
{
  struct net_way way;
  atomic_uint sent;
  atomic_bool has_frames;
};

static ssize_t receive(struct net_way *way, const struct iovec *pieces, int count)
{
  struct counting_way *counting = (struct counting_way *) (void *) way;
  if (!atomic_load(&counting->has_frames))
    return -EAGAIN;
  size_t left = FRAME_BYTES;
  for (int i = 1; i < count && left > 0; i++)
  {
    size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    memset(pieces[i].iov_base, 0x77, part);
    left -= part;
  }
  return NET_HEADER_BYTES + FRAME_BYTES;
}

static int send_frame(struct net_way *way, const struct iovec *pieces, int count)
{
  struct counting_way *counting = (struct counting_way *) (void *) way;
  uint8_t sum = 0;
  for (int i = 0; i < count; i++)
  {
    const volatile uint8_t *bytes = pieces[i].iov_base;
    for (size_t k = 0; k < pieces[i].iov_len; k++)
      sum = (uint8_t) (sum + bytes[k]);
  }
  (void) sum;
  atomic_fetch_add(&counting->sent, 1);
  return 0;
}

static void close_way(struct net_way *way)
{
  close(way->fd);
  free(way);
}

static const struct net_way_operations operations = {
    .receive = receive, .send = send_frame, .close = close_way};

static int begin(void **state)
{
  static struct driver driver;
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  struct counting_way *counting = calloc(1, sizeof(*counting));
  assert_non_null(counting);
  counting->way.operations = &operations;
  counting->way.fd = eventfd(0, EFD_NONBLOCK);
  driver_make_memory(&driver);
  memset(guest_memory_hva(&driver.memory, DRIVER_FORBIDDEN_GPA, 1), 0x5e,
         DRIVER_MEMORY_BYTES - DRIVER_FORBIDDEN_GPA);
  assert_int_equal(net_interface_create(&driver.interface, &counting->way, &driver.memory, mac, 0),
                   0);
  assert_int_equal(net_interface_start(driver.interface, (struct net_connect){0}, false), 0);
  *state = &driver;
  return 0;
}

static int end(void **state)
{
  struct driver *driver = *state;
  const uint8_t *forbidden = driver_hva(driver, DRIVER_FORBIDDEN_GPA);
  for (size_t i = 0; i < DRIVER_MEMORY_BYTES - DRIVER_FORBIDDEN_GPA; i++)
    assert_int_equal(forbidden[i], 0x5e);
  net_interface_destroy(driver->interface);
  driver_free_memory(driver);
  return 0;
}

static struct counting_way *way_of(const struct driver *driver)
{
  return (struct counting_way *) (void *) driver->interface->net.way;
}

/* The device says that it gave up, by an interrupt of its own. */
static void wait_broken(const struct driver *driver)
{
  struct pollfd polled = {.fd = driver->interface->change_fd, .events = POLLIN};
  uint64_t count;
  assert_int_equal(poll(&polled, 1, WAIT_MOST_MS), 1);
  assert_int_equal(read(polled.fd, &count, sizeof(count)), sizeof(count));
  assert_int_equal(driver_read(driver, REG_STATUS) & NEEDS_RESET, NEEDS_RESET);
}

static void check_works(struct driver *driver, uint64_t features)
{
  uint16_t id;
  uint32_t len_bytes;
  driver_start(driver, features, QUEUE_SIZE);
  unsigned int before = atomic_load(&way_of(driver)->sent);
  const struct driver_piece piece = {DRIVER_BUFFERS_GPA, NET_HEADER_BYTES + FRAME_BYTES, false};
  memset(driver_hva(driver, DRIVER_BUFFERS_GPA), 0, NET_HEADER_BYTES);
  driver_add(driver, SEND, &piece, 1, false);
  driver_notify(driver);
  driver_wait_used(driver, SEND, &id, &len_bytes);
  assert_int_equal(atomic_load(&way_of(driver)->sent), before + 1);
}

static const uint64_t kinds[] = {0, EVENT_INDEX, PACKED, PACKED | EVENT_INDEX};

/* ---- Pieces ---- */

static void test_pieces(void **state)
{
  static const struct
  {
    unsigned int queue;
    struct driver_piece pieces[3];
    unsigned int count;
  } broken[] = {
      {SEND, {{DRIVER_FORBIDDEN_GPA, 100, false}}, 1},
      {SEND, {{DRIVER_FORBIDDEN_GPA - 50, 100, false}}, 1},
      {SEND, {{DRIVER_MEMORY_BYTES - 10, 100, false}}, 1},
      {SEND, {{DRIVER_MEMORY_BYTES, 1, false}}, 1},
      {SEND, {{0xd0000000, 100, false}}, 1},
      {SEND, {{UINT64_MAX - 50, 100, false}}, 1},
      {SEND, {{UINT64_MAX, 1, false}}, 1},
      {SEND, {{DRIVER_BUFFERS_GPA, UINT32_MAX, false}}, 1},
      {SEND, {{DRIVER_BUFFERS_GPA, 100, true}, {DRIVER_BUFFERS_GPA, 100, false}}, 2},
      {SEND, {{DRIVER_BUFFERS_GPA, 100, false}, {DRIVER_FORBIDDEN_GPA, 4096, false}}, 2},
      {RECEIVE, {{DRIVER_FORBIDDEN_GPA, 100, true}}, 1},
      {RECEIVE, {{DRIVER_BUFFERS_GPA, 100, true}, {UINT64_MAX - 10, 100, true}}, 2},
      {RECEIVE, {{DRIVER_BUFFERS_GPA, 100, false}}, 1},
      {RECEIVE, {{DRIVER_BUFFERS_GPA, 11, true}}, 1},
      {RECEIVE, {{DRIVER_BUFFERS_GPA, 0, true}}, 1},
      {RECEIVE, {{DRIVER_BUFFERS_GPA, 100, false}, {DRIVER_BUFFERS_GPA, 100, true}}, 2},
  };
  struct driver *driver = *state;
  for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
  {
    for (size_t i = 0; i < 2 * COUNT_OF(broken); i++)
    {
      bool is_indirect = i % 2 == 1;
      driver_start(driver, BASE_FEATURES | INDIRECT | kinds[kind], QUEUE_SIZE);
      driver_add(driver, broken[i / 2].queue, broken[i / 2].pieces, broken[i / 2].count,
                 is_indirect);
      driver_notify(driver);
      wait_broken(driver);
      check_works(driver, BASE_FEATURES | kinds[kind]);
    }
  }
}

/* ---- Rings ---- */

static void put_split(const struct driver *driver, uint64_t gpa, uint16_t index, uint16_t flags,
                      uint16_t next)
{
  struct virtqueue_split_descriptor *table = driver_hva(driver, gpa);
  table[index] = (struct virtqueue_split_descriptor){
      .gpa = DRIVER_BUFFERS_GPA, .len_bytes = 100, .flags = flags, .next = next};
}

static void publish_split(const struct driver *driver, uint16_t head, uint16_t index)
{
  uint8_t *ring = driver_hva(driver, driver->queues[SEND].driver_gpa);
  for (unsigned int i = 0; i < QUEUE_SIZE; i++)
    virtqueue_store(ring + 4 + 2ull * i, head);
  virtqueue_store(ring + 2, index);
  driver_notify(driver);
}

static void loop_of_one(const struct driver *driver)
{
  put_split(driver, driver->queues[SEND].descriptors_gpa, 0, VIRTQUEUE_NEXT, 0);
  publish_split(driver, 0, 1);
}

static void loop_of_all(const struct driver *driver)
{
  for (uint16_t i = 0; i < QUEUE_SIZE; i++)
    put_split(driver, driver->queues[SEND].descriptors_gpa, i, VIRTQUEUE_NEXT,
              (uint16_t) ((i + 1) % QUEUE_SIZE));
  publish_split(driver, 3, 1);
}

static void head_outside(const struct driver *driver)
{
  publish_split(driver, QUEUE_SIZE, 1);
}

static void head_far_outside(const struct driver *driver)
{
  publish_split(driver, UINT16_MAX, 1);
}

static void next_outside(const struct driver *driver)
{
  put_split(driver, driver->queues[SEND].descriptors_gpa, 0, VIRTQUEUE_NEXT, QUEUE_SIZE);
  publish_split(driver, 0, 1);
}

static void more_than_the_ring(const struct driver *driver)
{
  publish_split(driver, 0, QUEUE_SIZE + 1);
}

static void put_indirect(const struct driver *driver, uint64_t gpa, uint32_t len_bytes,
                         uint16_t flags)
{
  struct virtqueue_split_descriptor *ring =
      driver_hva(driver, driver->queues[SEND].descriptors_gpa);
  ring[0] = (struct virtqueue_split_descriptor){
      .gpa = gpa, .len_bytes = len_bytes, .flags = (uint16_t) (VIRTQUEUE_INDIRECT | flags)};
  publish_split(driver, 0, 1);
}

/* The ring itself as the table: what it says is to be read again, and again. */
static void table_is_the_ring(const struct driver *driver)
{
  put_indirect(driver, driver->queues[SEND].descriptors_gpa, 16 * QUEUE_SIZE, 0);
}

static void table_in_a_table(const struct driver *driver)
{
  uint64_t table_gpa = driver->queues[SEND].tables_gpa;
  put_split(driver, table_gpa, 0, VIRTQUEUE_INDIRECT, 0);
  put_indirect(driver, table_gpa, 16, 0);
}

static void table_with_a_loop(const struct driver *driver)
{
  uint64_t table_gpa = driver->queues[SEND].tables_gpa;
  put_split(driver, table_gpa, 0, VIRTQUEUE_NEXT, 1);
  put_split(driver, table_gpa, 1, VIRTQUEUE_NEXT, 0);
  put_indirect(driver, table_gpa, 32, 0);
}

static void table_next_outside(const struct driver *driver)
{
  uint64_t table_gpa = driver->queues[SEND].tables_gpa;
  put_split(driver, table_gpa, 0, VIRTQUEUE_NEXT, 1);
  put_indirect(driver, table_gpa, 16, 0);
}

static void table_too_long(const struct driver *driver)
{
  uint64_t table_gpa = driver->queues[SEND].tables_gpa;
  for (uint16_t i = 0; i <= QUEUE_SIZE; i++)
    put_split(driver, table_gpa, i, i < QUEUE_SIZE ? VIRTQUEUE_NEXT : 0, (uint16_t) (i + 1));
  put_indirect(driver, table_gpa, 16 * (QUEUE_SIZE + 1), 0);
}

static void table_of_nothing(const struct driver *driver)
{
  put_indirect(driver, driver->queues[SEND].tables_gpa, 0, 0);
}

static void table_of_a_half(const struct driver *driver)
{
  put_indirect(driver, driver->queues[SEND].tables_gpa, 24, 0);
}

static void table_with_next(const struct driver *driver)
{
  put_indirect(driver, driver->queues[SEND].tables_gpa, 16, VIRTQUEUE_NEXT);
}

static void table_forbidden(const struct driver *driver)
{
  put_indirect(driver, DRIVER_FORBIDDEN_GPA, 16, 0);
}

static void table_at_the_end(const struct driver *driver)
{
  put_indirect(driver, UINT64_MAX - 7, 16, 0);
}

static void table_of_everything(const struct driver *driver)
{
  put_indirect(driver, driver->queues[SEND].tables_gpa, 0xfffffff0u, 0);
}

static void (*const split_breakers[])(const struct driver *driver) = {
    loop_of_one,         loop_of_all,      head_outside,      head_far_outside,   next_outside,
    more_than_the_ring,  table_in_a_table, table_with_a_loop, table_next_outside, table_too_long,
    table_of_nothing,    table_of_a_half,  table_with_next,   table_forbidden,    table_at_the_end,
    table_of_everything, table_is_the_ring};

static void test_split_rings(void **state)
{
  struct driver *driver = *state;
  for (size_t i = 0; i < COUNT_OF(split_breakers); i++)
  {
    driver_start(driver, BASE_FEATURES | INDIRECT, QUEUE_SIZE);
    split_breakers[i](driver);
    wait_broken(driver);
    check_works(driver, BASE_FEATURES);
  }
}

static struct virtqueue_packed_descriptor *packed_ring(const struct driver *driver)
{
  return driver_hva(driver, driver->queues[SEND].descriptors_gpa);
}

/* A chain that goes all around, and on. */
static void test_packed_loop(void **state)
{
  struct driver *driver = *state;
  driver_start(driver, BASE_FEATURES | PACKED, QUEUE_SIZE - 3);
  for (unsigned int i = 0; i < QUEUE_SIZE - 3; i++)
    packed_ring(driver)[i] =
        (struct virtqueue_packed_descriptor){.gpa = DRIVER_BUFFERS_GPA,
                                             .len_bytes = 1,
                                             .flags = VIRTQUEUE_NEXT | VIRTQUEUE_PACKED_AVAILABLE};
  driver_notify(driver);
  wait_broken(driver);
  check_works(driver, BASE_FEATURES | PACKED);
}

/* Any id goes back as it came: it is the driver's own. */
static void test_packed_id(void **state)
{
  struct driver *driver = *state;
  uint16_t id;
  driver_start(driver, BASE_FEATURES | PACKED, QUEUE_SIZE);
  packed_ring(driver)[0] =
      (struct virtqueue_packed_descriptor){.gpa = DRIVER_BUFFERS_GPA,
                                           .len_bytes = 100,
                                           .id = UINT16_MAX,
                                           .flags = VIRTQUEUE_PACKED_AVAILABLE};
  driver_notify(driver);
  assert_true(driver_wait_interrupt(driver, WAIT_MOST_MS));
  id = packed_ring(driver)[0].id;
  assert_int_equal(id, UINT16_MAX);
  check_works(driver, BASE_FEATURES | PACKED);
}

/* ---- Places of rings, and queues that are none ---- */

static void write_place(const struct driver *driver, uint64_t offset, uint64_t gpa)
{
  driver_write(driver, offset, (uint32_t) gpa);
  driver_write(driver, offset + 4, (uint32_t) (gpa >> 32));
}

static void test_places(void **state)
{
  static const uint64_t wrong[] = {DRIVER_FORBIDDEN_GPA,
                                   DRIVER_FORBIDDEN_GPA - 16,
                                   DRIVER_MEMORY_BYTES - 16,
                                   DRIVER_MEMORY_BYTES,
                                   0xd0000000,
                                   UINT64_MAX - 15,
                                   DRIVER_BUFFERS_GPA + 1};
  static const uint64_t registers[] = {REG_DESCRIPTORS, REG_DRIVER, REG_DEVICE_RING};
  struct driver *driver = *state;
  for (size_t kind = 0; kind < COUNT_OF(kinds); kind++)
  {
    for (size_t i = 0; i < COUNT_OF(wrong) * COUNT_OF(registers); i++)
    {
      /* A packed ring has structures of 4 bytes beside it, which fit in front of the end. */
      bool is_small = (kinds[kind] & PACKED) != 0 && i % 3 != 0;
      uint64_t gpa = wrong[i / 3];
      if (is_small && (gpa == DRIVER_FORBIDDEN_GPA - 16))
        continue;
      assert_true(driver_negotiate(driver, BASE_FEATURES | kinds[kind]));
      driver_write(driver, REG_QUEUE, SEND);
      driver_write(driver, REG_QUEUE_SIZE, 256);
      for (size_t k = 0; k < COUNT_OF(registers); k++)
        write_place(driver, registers[k], DRIVER_BUFFERS_GPA + 0x10000 * k);
      write_place(driver, registers[i % 3], gpa);
      driver_write(driver, REG_QUEUE_READY, 1);
      assert_int_equal(driver_read(driver, REG_QUEUE_READY), 0);
      assert_int_equal(driver_read(driver, REG_STATUS) & NEEDS_RESET, NEEDS_RESET);
    }
    check_works(driver, BASE_FEATURES | kinds[kind]);
  }
}

static void test_sizes(void **state)
{
  static const uint32_t wrong[] = {0, 3, 513, 1024, 0x10001, UINT32_MAX};
  struct driver *driver = *state;
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    assert_true(driver_negotiate(driver, BASE_FEATURES));
    driver_set_queue(driver, SEND, 256);
    assert_int_equal(driver_read(driver, REG_QUEUE_READY), 1);
    driver_write(driver, REG_QUEUE_READY, 0);
    driver_write(driver, REG_QUEUE_SIZE, wrong[i]);
    driver_write(driver, REG_QUEUE_READY, 1);
    assert_int_equal(driver_read(driver, REG_QUEUE_READY), 0);
    assert_int_equal(driver_read(driver, REG_STATUS) & NEEDS_RESET, NEEDS_RESET);
  }
  check_works(driver, BASE_FEATURES);
}

static void test_no_queue(void **state)
{
  static const uint32_t none[] = {2, 3, 1000, UINT32_MAX};
  struct driver *driver = *state;
  driver_start(driver, BASE_FEATURES, QUEUE_SIZE);
  for (size_t i = 0; i < COUNT_OF(none); i++)
  {
    driver_write(driver, REG_QUEUE, none[i]);
    assert_int_equal(driver_read(driver, REG_QUEUE_MOST), 0);
    driver_write(driver, REG_QUEUE_SIZE, 16);
    write_place(driver, REG_DESCRIPTORS, DRIVER_BUFFERS_GPA);
    driver_write(driver, REG_QUEUE_READY, 1);
    assert_int_equal(driver_read(driver, REG_QUEUE_READY), 0);
    driver_write(driver, REG_NOTIFY, none[i]);
  }
  assert_int_equal(driver_read(driver, REG_STATUS), 15);
  check_works(driver, BASE_FEATURES);
}

/* Any offset and length; nothing is outside. */
static void test_accesses(void **state)
{
  struct driver *driver = *state;
  for (uint64_t offset = 0; offset < VIRTIO_REGISTERS_BYTES; offset++)
  {
    for (uint32_t len_bytes = 1; len_bytes <= 8; len_bytes++)
    {
      uint64_t value = net_interface_read(driver->interface, offset, len_bytes);
      if (offset >= REG_CONFIG + 12 || (offset < REG_CONFIG && (offset % 4 != 0 || len_bytes != 4)))
        assert_int_equal(value, 0);
      net_interface_write(driver->interface, offset, len_bytes, UINT64_MAX);
    }
  }
  check_works(driver, BASE_FEATURES);
}

/* ---- What is changed while it is read ---- */

struct attacker
{
  struct driver *driver;
  atomic_bool stopping;
};

/* Another CPU, that writes nonsense into the rings, and sometimes resets. */
static void *attack(void *argument)
{
  struct attacker *attacker = argument;
  uint64_t random = 7;
  uint8_t *rings = driver_hva(attacker->driver, 0x10000);
  while (!atomic_load(&attacker->stopping))
  {
    uint64_t value = random_next(&random);
    uint64_t place = random_next(&random);
    *(volatile uint16_t *) (void *) (rings + (place % 0x40000 & ~1ull)) = (uint16_t) value;
    if ((place >> 40) % 4096 == 0)
      driver_write(attacker->driver, REG_STATUS, 0);
  }
  return NULL;
}

static void test_changes(void **state)
{
  struct driver *driver = *state;
  struct attacker attacker = {.driver = driver};
  pthread_t thread;
  uint64_t random = 3;
  atomic_store(&way_of(driver)->has_frames, true);
  assert_int_equal(pthread_create(&thread, NULL, attack, &attacker), 0);
  for (unsigned int round = 0; round < 3000; round++)
  {
    /* Without the checks of a driver that expects an answer. */
    driver_negotiate(driver, BASE_FEATURES | INDIRECT | kinds[round % COUNT_OF(kinds)]);
    driver_set_queue(driver, RECEIVE, QUEUE_SIZE);
    driver_set_queue(driver, SEND, QUEUE_SIZE);
    driver_write(driver, REG_STATUS, 15);
    for (unsigned int i = 0; i < QUEUE_SIZE; i++)
    {
      const struct driver_piece pieces[] = {
          {DRIVER_BUFFERS_GPA + random_next(&random) % 4096, 100, i % 2 == 0},
          {DRIVER_BUFFERS_GPA + random_next(&random) % 4096, 2000, i % 2 == 0}};
      driver_add(driver, i % 2, pieces, 1 + i / 8, i % 3 == 0);
      driver_notify(driver);
    }
  }
  atomic_store(&attacker.stopping, true);
  pthread_join(thread, NULL);
  atomic_store(&way_of(driver)->has_frames, false);
  check_works(driver, BASE_FEATURES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_pieces, begin, end),
      cmocka_unit_test_setup_teardown(test_split_rings, begin, end),
      cmocka_unit_test_setup_teardown(test_packed_loop, begin, end),
      cmocka_unit_test_setup_teardown(test_packed_id, begin, end),
      cmocka_unit_test_setup_teardown(test_places, begin, end),
      cmocka_unit_test_setup_teardown(test_sizes, begin, end),
      cmocka_unit_test_setup_teardown(test_no_queue, begin, end),
      cmocka_unit_test_setup_teardown(test_accesses, begin, end),
      cmocka_unit_test_setup_teardown(test_changes, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

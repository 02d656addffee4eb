/* Rings that break the rules of virtio, over plain memory: the device gives up until it is reset,
 * touches nothing that is not the guest's, and then works again. */
#include "net_counting_way.h"

#include "unit_test.h"

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_pieces, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_split_rings, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_packed_loop, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_packed_id, counting_begin, counting_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

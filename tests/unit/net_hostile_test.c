/* Drivers that break the rules of virtio: places of rings, queues and registers that are none, and
 * rings that change while they are read. */
#include "net_counting_way.h"

#include "unit_test.h"

#include <pthread.h>

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
      cmocka_unit_test_setup_teardown(test_places, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_sizes, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_no_queue, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_accesses, counting_begin, counting_end),
      cmocka_unit_test_setup_teardown(test_changes, counting_begin, counting_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

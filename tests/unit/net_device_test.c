/* The network device with a good driver, one step at a time: when it interrupts, what it makes of
 * headers, and of a way out that is gone. */
#include "net_counting_way.h"

#include "unit_test.h"

#include <errno.h>
#include <string.h>

static struct driver driver;

static int begin(void **state)
{
  (void) state;
  counting_begin_idle(&driver);
  return 0;
}

static int end(void **state)
{
  (void) state;
  counting_end_idle(&driver);
  return 0;
}

static struct virtio_net_news serve(void)
{
  struct virtio_net_news news;
  virtio_net_serve(&driver.interface->net, &news);
  return news;
}

static struct virtio_net_expected expect(void)
{
  struct virtio_net_expected expected;
  while (virtio_net_expect(&driver.interface->net, &expected))
    serve();
  return expected;
}

static void add_buffers(unsigned int count)
{
  for (unsigned int i = 0; i < count; i++)
  {
    const struct driver_piece piece = {DRIVER_BUFFERS_GPA + 4096 * i, 2048, true};
    driver_add(&driver, RECEIVE, &piece, 1, false);
  }
}

static void add_frame(void)
{
  static const struct driver_piece piece = {DRIVER_BUFFERS_GPA, NET_HEADER_BYTES + FRAME_BYTES,
                                            false};
  memset(driver_hva(&driver, DRIVER_BUFFERS_GPA), 0, NET_HEADER_BYTES);
  driver_add(&driver, SEND, &piece, 1, false);
}

/* ---- Interrupts ---- */

/* Another CPU of the guest: takes what has come, gives as many buffers back, and sleeps. */
static void take_and_refill(struct driver *of)
{
  uint16_t id;
  uint32_t len_bytes;
  unsigned int taken = 0;
  while (driver_next_used(of, RECEIVE, &id, &len_bytes))
    taken++;
  add_buffers(taken);
}

/* A driver that sleeps after any frame of a batch is woken by the next, however often the ring goes
 * around in that batch. */
static void test_rounds(void **state)
{
  (void) state;
  for (size_t kind = 0; kind < KINDS; kind++)
  {
    for (unsigned int size = 4; size <= 16; size *= 2)
    {
      for (unsigned int frames = 1; frames <= 64; frames++)
      {
        driver_start(&driver, BASE_FEATURES | kinds[kind], (uint16_t) size);
        add_buffers(size);
        way_of(&driver)->before_frame = take_and_refill;
        way_of(&driver)->frames = frames;
        if (!serve().of_ring)
          fail_msg("kind %zu, ring of %u: no interrupt for %u frames", kind, size, frames);
        way_of(&driver)->before_frame = NULL;
      }
    }
  }
}

/* Who has not asked for one has none. */
static void test_none_wanted(void **state)
{
  (void) state;
  driver_start(&driver, BASE_FEATURES | PACKED | EVENT_INDEX, 8);
  uint8_t *event = driver_hva(&driver, driver.queues[RECEIVE].driver_gpa);
  add_buffers(8);
  virtqueue_store(event, 5 | 0x8000);
  virtqueue_store(event + 2, VIRTQUEUE_PACKED_AT_DESCRIPTOR);
  way_of(&driver)->frames = 5;
  assert_false(serve().of_ring);
  way_of(&driver)->frames = 1;
  assert_true(serve().of_ring);
  virtqueue_store(event + 2, VIRTQUEUE_PACKED_DISABLE);
  way_of(&driver)->frames = 1;
  assert_false(serve().of_ring);
}

/* While the device is at work it wants no doorbells; before it sleeps it asks for them. */
static void test_doorbells(void **state)
{
  (void) state;
  for (size_t kind = 0; kind < KINDS; kind++)
  {
    driver_start(&driver, BASE_FEATURES | kinds[kind], QUEUE_SIZE);
    for (unsigned int round = 0; round < 5; round++)
    {
      expect();
      add_frame();
      assert_true(driver_must_notify(&driver, SEND, 1));
      serve();
      add_frame();
      assert_false(driver_must_notify(&driver, SEND, 1));
    }
  }
}

/* ---- Headers ---- */

static uint16_t receive_flags(uint8_t flags)
{
  const struct virtio_net_hdr_v1 *header = driver_hva(&driver, DRIVER_BUFFERS_GPA);
  uint16_t id;
  uint32_t len_bytes;
  add_buffers(1);
  way_of(&driver)->flags = flags;
  way_of(&driver)->frames = 1;
  serve();
  return driver_next_used(&driver, RECEIVE, &id, &len_bytes) ? header->flags : UINT16_MAX;
}

/* Linux says of a frame whose checksum a card has seen that it is valid. */
static void test_flags(void **state)
{
  (void) state;
  driver_start(&driver, BASE_FEATURES, QUEUE_SIZE);
  assert_int_equal(receive_flags(0), 0);
  assert_int_equal(receive_flags(VIRTIO_NET_HDR_F_DATA_VALID), 0);
  assert_int_equal(receive_flags(VIRTIO_NET_HDR_F_NEEDS_CSUM), UINT16_MAX);
  way_of(&driver)->way.features = FEATURE(VIRTIO_NET_F_GUEST_CSUM);
  driver.interface->net.virtio.offered |= FEATURE(VIRTIO_NET_F_GUEST_CSUM);
  driver_start(&driver, BASE_FEATURES | FEATURE(VIRTIO_NET_F_GUEST_CSUM), QUEUE_SIZE);
  assert_int_equal(receive_flags(VIRTIO_NET_HDR_F_DATA_VALID), VIRTIO_NET_HDR_F_DATA_VALID);
  assert_int_equal(receive_flags(VIRTIO_NET_HDR_F_NEEDS_CSUM), VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* ---- The way out ---- */

/* One that keeps frames and is gone: nothing is to be waited for there. */
static void test_lost(void **state)
{
  (void) state;
  driver_start(&driver, BASE_FEATURES, QUEUE_SIZE);
  way_of(&driver)->flush_error = -EAGAIN;
  add_frame();
  assert_false(serve().of_change);
  assert_true(expect().room);
  way_of(&driver)->flush_error = -EPIPE;
  assert_true(serve().of_change);
  const struct virtio_net_expected expected = expect();
  assert_false(expected.room || expected.frames);
  assert_int_equal(net_interface_read(driver.interface, REG_CONFIG + 6, 2), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_rounds, begin, end),
      cmocka_unit_test_setup_teardown(test_none_wanted, begin, end),
      cmocka_unit_test_setup_teardown(test_doorbells, begin, end),
      cmocka_unit_test_setup_teardown(test_flags, begin, end),
      cmocka_unit_test_setup_teardown(test_lost, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

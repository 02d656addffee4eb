/* Tests of the network driver, net/driver/virtio_net*.c: how it starts, frames that come and go. */
#include <errno.h>
#include <string.h>

#include "net/driver/attention.h"
#include "net_model.h"
#include "unit_test.h"

/* ---- Frames that come ---- */

static const uint64_t merged_kinds[] = {MERGED, MERGED | VIRTIO_PACKED, ALL};

static void frames_of_all_sizes(void **state)
{
  (void) state;
  model.ring_size = 32;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    static const uint32_t sizes[] = {60, 1514, 9000, 40000, 65550};
    model_begin(merged_kinds[i]);
    for (size_t j = 0; j < 20 * COUNT_OF(sizes); j++)
    {
      uint32_t bytes = sizes[j % COUNT_OF(sizes)];
      uint32_t buffers = (bytes + 12 + net.buffer_bytes - 1) / net.buffer_bytes;
      if (buffers > 20)
        continue;
      model_give(bytes, 0);
      assert_int_equal(model_serve(8), 1);
      model_check_frame(model.frames[0], bytes, buffers);
      model_release_all();
    }
  }
}

/* One that has more pieces than the user takes is dropped, and nothing else. */
static void too_many_pieces(void **state)
{
  (void) state;
  model.ring_size = 64;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    model_begin(merged_kinds[i]);
    for (int round = 0; round < 10; round++)
    {
      uint16_t free_count = net.pairs[0].receive.free_count;
      model_give(20 * net.buffer_bytes - 12, 0);
      model_give(20 * net.buffer_bytes - 11, 0);
      model_give(100, 0);
      assert_int_equal(model_serve(8), 3);
      assert_int_equal(model.frame_count, 2);
      model_check_frame(model.frames[0], 20 * net.buffer_bytes - 12, 20);
      model_check_frame(model.frames[1], 100, 1);
      model_release_all();
      model_serve(8);
      assert_true(net.pairs[0].receive.free_count <= free_count + 16);
    }
  }
}

/* What the device says of lengths and numbers of buffers does not lead astray. */
static void lies_about_frames(void **state)
{
  (void) state;
  model.ring_size = 16;
  static const uint32_t lengths[] = {0, 1, 11, 12, 0x7fffffff, 0xffffffff};
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
    for (size_t j = 0; j < COUNT_OF(lengths); j++)
    {
      struct ring_chain chain;
      model_begin(merged_kinds[i]);
      assert_true(ring_device_take(&model.rings[0], &chain));
      memset((void *) chain.pieces[0].gpa, 0, 12); /* in 0 buffers */
      ring_device_use(&model.rings[0], &chain, lengths[j]);
      model_give(100, 0);
      assert_int_equal(model_serve(8), 2);
      assert_int_equal(model.frame_count, 1);
      model_check_frame(model.frames[0], 100, 1);
    }
}

static void checksums_of_received(void **state)
{
  (void) state;
  static const uint64_t kinds[] = {MERGED, ALL};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
    for (uint8_t flags = 0; flags < 3; flags++)
    {
      model_begin(kinds[i]);
      model_give(100, flags);
      assert_int_equal(model_serve(1), 1);
      assert_int_equal(model.frames[0]->is_checked, kinds[i] == ALL && flags != 0);
    }
}

/* A user that keeps all there is gets no more, and then again. */
static void buffers_run_out(void **state)
{
  (void) state;
  model.ring_size = 16;
  model_begin(NETWORK | VIRTIO_EVENT_INDEX);
  unsigned int count = 0;
  assert_int_equal(net.most_buffers, 512);
  for (; model.rings[0].size != 0 && count < 512; count++)
  {
    model_give(100, 0);
    assert_int_equal(model_serve(4), 1);
  }
  struct ring_chain chain;
  assert_false(ring_device_take(&model.rings[0], &chain));
  assert_false(net.device.operations->expect(&net.device));
  assert_int_equal(model.wakes, 0);
  unsigned int rung = model.notified[0];
  assert_true(ring_device_expect(&model.rings[0]) == false);
  model_release_all();
  assert_int_equal(model.wakes, 1); /* of 512 releases */
  model_serve(4);
  assert_int_equal(model.notified[0], rung + 1);
  model_give(100, 0);
  assert_int_equal(model_serve(4), 1);
  model_check_frame(model.frames[0], 100, 1);
}

/* ---- Frames that go ---- */

static unsigned char out[8192] __attribute__((aligned(64)));

static int send(uint32_t from, uint32_t len_bytes, void *owner)
{
  const struct net_piece piece = {out + from, len_bytes};
  const struct net_frame frame = {.pieces = &piece, .piece_count = 1, .owner = owner};
  return net.device.operations->send(&net.device, &frame);
}

static void check_sent(struct ring_chain *chain, uint32_t from, uint32_t len_bytes)
{
  assert_true(ring_device_take(&model.rings[1], chain));
  assert_int_equal(chain->read_count, chain->count);
  assert_int_equal(chain->pieces[0].len_bytes, 12);
  for (unsigned int i = 1; i < chain->count; i++)
  {
    assert_int_equal(chain->pieces[i].gpa, (uint64_t) out + from);
    from += chain->pieces[i].len_bytes;
    len_bytes -= chain->pieces[i].len_bytes;
  }
  assert_int_equal(len_bytes, 0);
}

static void frames_go(void **state)
{
  (void) state;
  model.ring_size = 16;
  static const uint64_t kinds[] = {NETWORK, MERGED, ALL, ALL & ~VIRTIO_PACKED};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    model_begin(kinds[i]);
    bool has_tables = (kinds[i] & VIRTIO_INDIRECT) != 0;
    uint32_t most = has_tables ? 63 * SMALL_PAGE : 15 * SMALL_PAGE;
    for (uint32_t from = 0; from < 130; from += 13)
    {
      struct ring_chain chain;
      uint32_t bytes = from == 0 ? most : most - SMALL_PAGE - from;
      assert_int_equal(send(from, bytes, &out[from]), 0);
      net.device.operations->flush(&net.device);
      check_sent(&chain, from, bytes);
      ring_device_use(&model.rings[1], &chain, 0);
      model.owner_count = 0;
      assert_int_equal(model_serve(4), 1);
      assert_ptr_equal(model.owners[0], &out[from]);
    }
    assert_int_equal(send(0, most + 1, NULL), -EINVAL);
    assert_int_equal(send(0, 0, NULL), -EINVAL);
  }
}

/* Full at some time, and then there is room for as many as were sent. */
static void room_runs_out(void **state)
{
  (void) state;
  model.ring_size = 16;
  static const uint64_t kinds[] = {NETWORK, MERGED, ALL};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    model_begin(kinds[i]);
    for (int round = 0; round < 5; round++)
    {
      uintptr_t count = 0;
      uintptr_t taken = 0;
      struct ring_chain chain;
      while (send(0, 64, (void *) count) == 0)
        count++;
      assert_true(count >= 8);
      assert_int_equal(send(0, 64, NULL), -EAGAIN);
      assert_false(net.device.operations->expect(&net.device));
      while (ring_device_take(&model.rings[1], &chain))
        ring_device_use(&model.rings[1], &chain, 0);
      assert_true(ring_device_must_interrupt(&model.rings[1]));
      net_interrupt();
      assert_int_equal(model.wakes, round + 1);
      model.owner_count = 0;
      assert_int_equal(model_serve(1000), count);
      for (; taken < count; taken++)
        assert_ptr_equal(model.owners[taken], (void *) taken);
    }
  }
}

static void headers(void **state)
{
  (void) state;
  static const struct net_piece piece = {out, 64};
  struct net_frame frame = {.pieces = &piece,
                            .piece_count = 1,
                            .checksum_begin = 54,
                            .checksum_offset = 16,
                            .segment_bytes = 1440,
                            .header_bytes = 74,
                            .is_ipv6 = true};
  struct ring_chain chain;
  model_begin(NETWORK);
  assert_int_equal(net.device.features, 0);
  assert_int_equal(net.device.operations->send(&net.device, &frame), -EINVAL);
  model_begin(ALL & ~VIRTIO_NET_SEGMENT6);
  assert_int_equal(net.device.operations->send(&net.device, &frame), -EINVAL);
  model_begin(ALL);
  assert_int_equal(net.device.features, 15);
  assert_int_equal(net.device.operations->send(&net.device, &frame), 0);
  assert_true(ring_device_take(&model.rings[1], &chain));
  static const unsigned char expected[12] = {1, 4, 74, 0, 0xa0, 5, 54, 0, 16, 0, 0, 0};
  assert_memory_equal((const void *) chain.pieces[0].gpa, expected, 12);
}

/* ---- The start ---- */

static void what_is_agreed_on(void **state)
{
  (void) state;
  model_begin(ALL);
  assert_int_equal(net.virtio.features, ALL);
  assert_int_equal(model.status, 15);
  assert_memory_equal(net.device.address, model_address, 6);
  assert_int_equal(net.device.mtu_bytes, 1500);
  assert_int_equal(net.buffer_bytes, 4096);
  model_begin(ALL & ~VIRTIO_NET_MERGED_BUFFERS);
  assert_int_equal(net.virtio.features & VIRTIO_NET_GUEST_SEGMENT4, 0);
  assert_int_equal(net.buffer_bytes, 2048);
  model.mtu = 9000;
  model_begin(NETWORK);
  assert_int_equal(net.buffer_bytes, 12288);
  model.mtu = 1500;
  model_begin(ALL & ~VIRTIO_NET_CHECKSUM);
  assert_int_equal(net.virtio.features & (VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6), 0);
  virtio_net_refused = VIRTIO_PACKED;
  model_begin(ALL);
  assert_false(net.pairs[0].receive.is_packed);
  virtio_net_refused = 0;
  net = (struct virtio_net){0};
  assert_int_equal(virtio_net_start(&net, 0), -ENODEV);
  model.is_stuck = true;
  assert_int_equal(virtio_net_start(&net, 1), -ENODEV);
  model.is_stuck = false;
  model.offered = ALL & ~VIRTIO_VERSION_1;
  assert_int_equal(virtio_net_start(&net, 1), -ENOTSUP);
  assert_int_equal(model.status, VIRTIO_STATUS_FAILED);
  model.offered = ALL & ~VIRTIO_NET_ADDRESS;
  assert_int_equal(virtio_net_start(&net, 1), -ENOTSUP);
}

static void no_memory(void **state)
{
  (void) state;
  model.offered = ALL;
  int error = -ENOMEM;
  for (long bytes = 0; error != 0; bytes += 1000)
  {
    model.bytes_left = bytes;
    net = (struct virtio_net){0};
    error = virtio_net_start(&net, 1);
    assert_true(error == 0 || error == -ENOMEM);
    assert_int_equal(model.status, error == 0 ? 15 : VIRTIO_STATUS_FAILED);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(frames_of_all_sizes, model_end),
      cmocka_unit_test_teardown(too_many_pieces, model_end),
      cmocka_unit_test_teardown(lies_about_frames, model_end),
      cmocka_unit_test_teardown(checksums_of_received, model_end),
      cmocka_unit_test_teardown(buffers_run_out, model_end),
      cmocka_unit_test_teardown(frames_go, model_end),
      cmocka_unit_test_teardown(room_runs_out, model_end),
      cmocka_unit_test_teardown(headers, model_end),
      cmocka_unit_test_teardown(what_is_agreed_on, model_end),
      cmocka_unit_test_teardown(no_memory, model_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

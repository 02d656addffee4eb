/* Tests of the network driver with several pairs of queues: how many, what the device is asked for,
 * which frames go by which. */
#include <errno.h>
#include <string.h>

#include "net/driver/attention.h"
#include "net_model.h"
#include "unit_test.h"

#define FRAME_BYTES 60u

static const uint64_t kinds[] = {PAIRS, PAIRS & ~VIRTIO_PACKED,
                                 PAIRS & ~(VIRTIO_PACKED | VIRTIO_EVENT_INDEX)};

/* The device answers what it is asked. */
static void answer(unsigned int pairs, unsigned char answer)
{
  struct ring_chain chain;
  assert_int_equal(model.notified[MODEL_CONTROL], 1);
  assert_true(ring_device_take(&model.rings[MODEL_CONTROL], &chain));
  assert_int_equal(chain.count, 2);
  assert_int_equal(chain.read_count, 1);
  assert_int_equal(chain.pieces[0].len_bytes, 4);
  assert_int_equal(chain.pieces[1].len_bytes, 1);
  const unsigned char expected[4] = {4, 0, (unsigned char) pairs, 0};
  assert_memory_equal((const void *) chain.pieces[0].gpa, expected, 4);
  *(unsigned char *) chain.pieces[1].gpa = answer;
  ring_device_use(&model.rings[MODEL_CONTROL], &chain, 1);
  assert_false(ring_device_take(&model.rings[MODEL_CONTROL], &chain));
  model_serve(8);
}

static void begin(uint64_t features, uint32_t cpu_count)
{
  model.memory_bytes = 512u << 20;
  model.ring_size = 16;
  model_begin_with(features, cpu_count);
}

/* ---- How many ---- */

static void as_many_as_make_sense(void **state)
{
  static const struct
  {
    uint64_t features;
    uint32_t cpus;
    uint64_t memory_mib;
    uint32_t pairs;
  } cases[] = {{PAIRS, 1, 512, 1},
               {PAIRS, 2, 512, 2},
               {PAIRS, 3, 512, 3},
               {PAIRS, 100, 512, MODEL_PAIRS},
               {PAIRS, 3, 64, 2},
               {PAIRS, 3, 16, 1},
               {PAIRS & ~VIRTIO_NET_CONTROL, 3, 512, 1},
               {PAIRS & ~VIRTIO_NET_PAIRS, 3, 512, 1},
               {PAIRS, 0, 512, 1}};
  (void) state;
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    model.memory_bytes = cases[i].memory_mib << 20;
    model_begin_with(cases[i].features, cases[i].cpus);
    assert_int_equal(net.pair_count, cases[i].pairs);
    assert_int_equal(net.sending_pairs, 1);
    if (cases[i].pairs > 1)
      answer(cases[i].pairs, 0);
    else
      assert_int_equal(model.notified[MODEL_CONTROL], 0);
    assert_int_equal(net.sending_pairs, cases[i].pairs);
    model_end(NULL);
  }
}

static void refused(void **state)
{
  (void) state;
  begin(PAIRS, 3);
  answer(3, 1);
  assert_int_equal(net.sending_pairs, 1);
  model_serve(8);
  assert_int_equal(net.sending_pairs, 1);
}

static void no_memory(void **state)
{
  (void) state;
  model.memory_bytes = 512u << 20;
  model.offered = PAIRS;
  int error = -ENOMEM;
  for (long bytes = 0; error != 0; bytes += 1000)
  {
    model.bytes_left = bytes;
    net = (struct virtio_net){.most_pairs = 3};
    error = virtio_net_start(&net, 1);
    assert_true(error == 0 || error == -ENOMEM);
    assert_int_equal(model.status, error == 0 ? 15 : VIRTIO_STATUS_FAILED);
  }
}

/* ---- Frames that come ---- */

static void come_by_any(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    begin(kinds[i], 3);
    for (unsigned int round = 0; round < 100; round++)
    {
      unsigned int pair = round % 3;
      model_give_by(pair, 100 + round, 0);
      model_give_by((pair + 1) % 3, 10000, 0);
      assert_int_equal(model_serve(8), 2);
      assert_int_equal(model.frame_count, 2);
      bool is_first = model.frames[0]->len_bytes == 100 + round;
      model_check_frame(model.frames[is_first ? 0 : 1], 100 + round, 1);
      model_check_frame(model.frames[is_first ? 1 : 0], 10000, 3);
      model_release_all();
    }
    model_end(NULL);
  }
}

/* A pair that always has something does not keep the others from being served. */
static void none_waits(void **state)
{
  (void) state;
  begin(PAIRS, 3);
  for (unsigned int pair = 0; pair < 3; pair++)
  {
    for (unsigned int i = 0; i < 4; i++)
      model_give_by(pair, 100 + pair, 0);
  }
  unsigned int seen[3] = {0};
  for (unsigned int turn = 0; turn < 3; turn++)
    assert_int_equal(model_serve(2), 2);
  for (unsigned int i = 0; i < 6; i++)
    seen[model.frames[i]->len_bytes - 100]++;
  for (unsigned int pair = 0; pair < 3; pair++)
    assert_int_equal(seen[pair], 2);
}

/* Whoever sleeps is woken by each of them; a CPU that looks sees each of them. */
static void each_wakes(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    begin(kinds[i], 3);
    for (unsigned int pair = 0; pair < 3; pair++)
    {
      unsigned int wakes = model.wakes;
      assert_false(net.device.operations->expect(&net.device));
      net_interrupt();
      assert_int_equal(model.wakes, wakes);
      model_give_by(pair, 100, 0);
      assert_true(ring_device_must_interrupt(&model.rings[2ul * pair]));
      net_interrupt();
      assert_int_equal(model.wakes, wakes + 1);
      assert_int_equal(model_serve(8), 1);
      model_give_by(pair, 100, 0);
      assert_true(net.device.operations->expect(&net.device));
      assert_int_equal(model_serve(8), 1);
      model_release_all();
    }
    model_end(NULL);
  }
}

/* With too few buffers for all rings each has some. */
static void few_buffers(void **state)
{
  (void) state;
  model.memory_bytes = 64u << 20;
  model.ring_size = 256;
  model_begin_with(PAIRS, 2);
  assert_int_equal(net.most_buffers, 1024);
  for (unsigned int i = 0; i < 960; i++)
  {
    model_give_by(i % 2, 100, 0);
    assert_int_equal(model_serve(8), 1);
  }
  assert_in_range(256 - net.pairs[0].receive.free_count, 16, 48);
  assert_int_equal(512 - net.pairs[0].receive.free_count - net.pairs[1].receive.free_count, 64);
  assert_false(net.device.operations->expect(&net.device));
  model_release_all();
  assert_int_equal(model.wakes, 1);
  model_serve(8);
  for (unsigned int pair = 0; pair < 2; pair++)
    assert_int_equal(net.pairs[pair].receive.free_count, 0);
}

/* ---- Frames that go ---- */

static unsigned char frame[FRAME_BYTES] __attribute__((aligned(64)));

static void make_ipv4(unsigned int port, unsigned char protocol)
{
  memset(frame, 0, sizeof(frame));
  frame[12] = 0x08;
  frame[14] = 0x45;
  frame[23] = protocol;
  frame[29] = 1;
  frame[33] = 2;
  frame[34] = (unsigned char) (port >> 8);
  frame[35] = (unsigned char) port;
}

static void make_ipv6(unsigned int port)
{
  memset(frame, 0, sizeof(frame));
  frame[12] = 0x86;
  frame[13] = 0xdd;
  frame[20] = 17;
  frame[54] = (unsigned char) (port >> 8);
  frame[55] = (unsigned char) port;
}

/* Returns the pair that the frame goes by. */
static unsigned int send(void)
{
  const struct net_piece piece = {frame, sizeof(frame)};
  const struct net_frame what = {.pieces = &piece, .piece_count = 1, .owner = frame};
  unsigned int found = MODEL_PAIRS;
  assert_int_equal(net.device.operations->send(&net.device, &what), 0);
  net.device.operations->flush(&net.device);
  for (unsigned int pair = 0; pair < MODEL_PAIRS; pair++)
  {
    struct ring_chain chain;
    if (pair >= net.pair_count || !ring_device_take(&model.rings[2ul * pair + 1], &chain))
      continue;
    assert_int_equal(found, MODEL_PAIRS);
    found = pair;
    ring_device_use(&model.rings[2ul * pair + 1], &chain, 0);
  }
  model.owner_count = 0;
  assert_int_equal(model_serve(8), 1);
  assert_ptr_equal(model.owners[0], frame);
  return found;
}

static void flows_keep_their_pair(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    unsigned int counts[2][MODEL_PAIRS] = {{0}};
    begin(kinds[i], 3);
    make_ipv4(1, 6);
    assert_int_equal(send(), 0); /* the device has not answered */
    answer(3, 0);
    for (unsigned int port = 1000; port < 1300; port++)
    {
      make_ipv4(port, 6);
      unsigned int pair = send();
      counts[0][pair]++;
      frame[40] = 99; /* TCP goes on */
      assert_int_equal(send(), pair);
      make_ipv6(port);
      pair = send();
      counts[1][pair]++;
      assert_int_equal(send(), pair);
    }
    for (unsigned int pair = 0; pair < MODEL_PAIRS; pair++)
    {
      assert_in_range(counts[0][pair], 60, 140);
      assert_in_range(counts[1][pair], 60, 140);
    }
    model_end(NULL);
  }
}

/* What follows the header of a fragment, or of a protocol without ports, is no part of the flow. */
static void what_has_no_ports(void **state)
{
  (void) state;
  begin(PAIRS, 3);
  answer(3, 0);
  make_ipv4(1, 17);
  frame[20] = 0x20;
  unsigned int pair = send();
  for (unsigned int port = 2; port < 50; port++)
  {
    make_ipv4(port, 17);
    frame[21] = 185;
    assert_int_equal(send(), pair);
    make_ipv4(port, 1);
    assert_int_equal(send(), pair);
  }
  memset(frame, 0xff, sizeof(frame));
  assert_int_equal(send(), 0);
  for (uint32_t bytes = 0; bytes < sizeof(frame); bytes++)
  {
    make_ipv4(7, 6);
    virtio_net_flow(frame, bytes);
    frame[14] = 0x4f;
    virtio_net_flow(frame, bytes);
    make_ipv6(7);
    virtio_net_flow(frame, bytes);
  }
}

/* Room in another ring is none. */
static void room_runs_out(void **state)
{
  (void) state;
  begin(PAIRS, 3);
  answer(3, 0);
  make_ipv4(4711, 6);
  const struct net_piece piece = {frame, sizeof(frame)};
  const struct net_frame what = {.pieces = &piece, .piece_count = 1, .owner = frame};
  unsigned int sent = 0;
  while (net.device.operations->send(&net.device, &what) == 0)
    sent++;
  assert_int_equal(sent, 8); /* two descriptors each */
  unsigned int pair = virtio_net_flow(frame, sizeof(frame)) % 3;
  struct ring_device *ring = &model.rings[2ul * pair + 1];
  assert_false(net.device.operations->expect(&net.device));
  struct ring_chain chain;
  while (ring_device_take(ring, &chain))
    ring_device_use(ring, &chain, 0);
  assert_true(ring_device_must_interrupt(ring));
  net_interrupt();
  assert_int_equal(model.wakes, 1);
  assert_int_equal(model_serve(100), sent);
  assert_int_equal(net.device.operations->send(&net.device, &what), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(as_many_as_make_sense, model_end),
      cmocka_unit_test_teardown(refused, model_end),
      cmocka_unit_test_teardown(no_memory, model_end),
      cmocka_unit_test_teardown(come_by_any, model_end),
      cmocka_unit_test_teardown(none_waits, model_end),
      cmocka_unit_test_teardown(each_wakes, model_end),
      cmocka_unit_test_teardown(few_buffers, model_end),
      cmocka_unit_test_teardown(flows_keep_their_pair, model_end),
      cmocka_unit_test_teardown(what_has_no_ports, model_end),
      cmocka_unit_test_teardown(room_runs_out, model_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

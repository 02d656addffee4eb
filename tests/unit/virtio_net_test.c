/* Tests of the network driver, net/driver/virtio_net*.c and attention.c, on a device made of the
 * other side of its rings. */
#include "net/driver/virtio_net.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "net/driver/attention.h"
#include "ring_device.h"
#include "threads.h"

/* ---- The rest of the kernel library ---- */

static struct list
{
  struct list *next;
  void *memory;
} * allocated;
static long bytes_left = INT64_MAX;

/* Some is never given back: a device lives as long as the guest. */
void *kernel_allocate_zeroed(size_t len_bytes)
{
  void *memory = NULL;
  struct list *item = malloc(sizeof(*item));
  if ((bytes_left -= (long) len_bytes) < 0 || posix_memalign(&memory, 4096, len_bytes) != 0)
  {
    free(item);
    return NULL;
  }
  *item = (struct list){allocated, memory};
  allocated = item;
  return memset(memory, 0, len_bytes);
}

void *kernel_allocate(size_t len_bytes)
{
  return kernel_allocate_zeroed(len_bytes);
}

void kernel_free(void *object, size_t len_bytes)
{
  (void) object;
  (void) len_bytes;
}

static void free_all(void)
{
  while (allocated != NULL)
  {
    struct list *next = allocated->next;
    free(allocated->memory);
    free(allocated);
    allocated = next;
  }
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  (void) access;
  return (uint64_t) pointer;
}

/* Pages of 64 bytes, none beside the other. */
#define SMALL_PAGE 64u

uint64_t address_to_gpa_long(const void *pointer, enum address_access access,
                             uint64_t *contiguous_bytes)
{
  (void) access;
  *contiguous_bytes = SMALL_PAGE - (uint64_t) pointer % SMALL_PAGE;
  return (uint64_t) pointer;
}

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = 16u << 20};
}

/* ---- The device ---- */

static uint64_t offered;
static uint32_t device_status;
static uint16_t link_state = 1, mtu = 1500;
static const uint8_t address[6] = {2, 3, 4, 5, 6, 7};
static struct ring_device rings[2];
static unsigned int selected;
static _Atomic unsigned int notified[2];
static uint16_t ring_size = 16;

static uint64_t device_features(const struct virtio_device *device)
{
  (void) device;
  return offered;
}

static void set_features(const struct virtio_device *device, uint64_t features)
{
  (void) device;
  assert_int_equal(features & ~offered, 0);
}

static uint32_t status(const struct virtio_device *device)
{
  (void) device;
  return device_status;
}

static void set_status(const struct virtio_device *device, uint32_t value)
{
  (void) device;
  device_status = value;
}

static uint8_t configuration8(const struct virtio_device *device, unsigned int offset)
{
  (void) device;
  return address[offset];
}

static uint16_t configuration16(const struct virtio_device *device, unsigned int offset)
{
  (void) device;
  return offset == 6 ? link_state : mtu;
}

static uint16_t most_descriptors(const struct virtio_device *device, uint16_t queue)
{
  (void) device;
  selected = queue;
  return ring_size;
}

static void start_queue(const struct virtio_device *device, uint16_t number,
                        const struct virtqueue *queue)
{
  (void) device;
  assert_int_equal(selected, number);
  ring_device_init(&rings[number], queue);
}

static void notify(const struct virtio_device *device, uint16_t queue)
{
  (void) device;
  assert_true((device_status & VIRTIO_STATUS_DRIVER_READY) != 0);
  notified[queue]++;
}

static const struct virtio_transport transport = {device_features,  set_features,   status,
                                                  set_status,       configuration8, configuration16,
                                                  most_descriptors, start_queue,    notify};

int virtio_mmio_probe(struct virtio_device *device, uint64_t registers_gpa, uint32_t type)
{
  assert_int_equal(type, VIRTIO_TYPE_NETWORK);
  if (registers_gpa == 0)
    return -ENODEV;
  device->transport = &transport;
  return 0;
}

#define NETWORK (VIRTIO_VERSION_1 | VIRTIO_NET_ADDRESS | VIRTIO_NET_MTU | VIRTIO_NET_STATUS)
#define MERGED  (NETWORK | VIRTIO_NET_MERGED_BUFFERS | VIRTIO_EVENT_INDEX)
#define ALL                                                                                     \
  (MERGED | VIRTIO_PACKED | VIRTIO_INDIRECT | VIRTIO_NET_CHECKSUM | VIRTIO_NET_GUEST_CHECKSUM | \
   VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6 | VIRTIO_NET_GUEST_SEGMENT4 |                      \
   VIRTIO_NET_GUEST_SEGMENT6)

/* ---- The user ---- */

static struct virtio_net net;
static struct net_received *frames[1000];
static unsigned int frame_count;
static void *owners[1000];
static unsigned int owner_count;
static _Atomic unsigned int wakes;
static int link_now = -1;

static void received(void *context, struct net_received *frame)
{
  assert_ptr_equal(context, &net);
  frames[frame_count++] = frame;
}

static void sent(void *context, void *owner)
{
  (void) context;
  owners[owner_count++] = owner;
}

static void link_changed(void *context, bool is_up)
{
  (void) context;
  link_now = is_up;
}

static void wake(void *context)
{
  (void) context;
  assert_true(cpu_is_masked());
  wakes++;
}

static void begin(uint64_t features)
{
  net = (struct virtio_net){0};
  offered = features;
  frame_count = owner_count = wakes = notified[0] = notified[1] = 0;
  assert_int_equal(virtio_net_start(&net, 1), 0);
  net.device.user = (struct net_device_user){received, sent, link_changed, wake, &net};
  net_device_list = &net.device;
}

static int end(void **state)
{
  (void) state;
  net_device_list = NULL;
  bytes_left = INT64_MAX;
  free_all();
  return 0;
}

static unsigned int serve(unsigned int most)
{
  return net.device.operations->serve(&net.device, most);
}

/* ---- Frames that come ---- */

static unsigned char content(uint32_t at)
{
  return (unsigned char) (at * 3 + at / 251);
}

/* As the device does it: header first, over as many buffers as it takes. */
static void give(uint32_t len_bytes, uint8_t flags)
{
  struct virtio_net_header header = {.flags = flags};
  unsigned char *count_place = NULL;
  uint32_t done = 0;
  uint32_t all_bytes = len_bytes + VIRTIO_NET_HEADER_BYTES;
  while (done < all_bytes)
  {
    struct ring_chain chain;
    assert_true(ring_device_take(&rings[0], &chain));
    assert_int_equal(chain.count, 1);
    assert_int_equal(chain.read_count, 0);
    uint32_t room = chain.pieces[0].len_bytes;
    uint32_t part = all_bytes - done < room ? all_bytes - done : room;
    unsigned char *data = (unsigned char *) chain.pieces[0].gpa;
    for (uint32_t i = 0; i < part; i++, done++)
      data[i] = done < sizeof(header) ? ((unsigned char *) &header)[done]
                                      : content(done - VIRTIO_NET_HEADER_BYTES);
    if (count_place == NULL)
      count_place = data + offsetof(struct virtio_net_header, buffers);
    header.buffers++;
    memcpy(count_place, &header.buffers, sizeof(header.buffers));
    ring_device_use(&rings[0], &chain, part);
  }
}

static void check_frame(const struct net_received *frame, uint32_t len_bytes, uint32_t pieces)
{
  uint32_t at = 0;
  assert_int_equal(frame->len_bytes, len_bytes);
  assert_int_equal(frame->piece_count, pieces);
  for (uint32_t i = 0; i < frame->piece_count; i++)
    for (uint32_t j = 0; j < frame->pieces[i].len_bytes; j++, at++)
      assert_int_equal(((unsigned char *) frame->pieces[i].data)[j], content(at));
  assert_int_equal(at, len_bytes);
}

static void release_all(void)
{
  while (frame_count > 0)
    net.device.operations->release(&net.device, frames[--frame_count]);
}

static const uint64_t merged_kinds[] = {MERGED, MERGED | VIRTIO_PACKED, ALL};

static void frames_of_all_sizes(void **state)
{
  (void) state;
  ring_size = 32;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    static const uint32_t sizes[] = {60, 1514, 9000, 40000, 65550};
    begin(merged_kinds[i]);
    for (size_t j = 0; j < 20 * COUNT_OF(sizes); j++)
    {
      uint32_t bytes = sizes[j % COUNT_OF(sizes)];
      uint32_t buffers = (bytes + 12 + net.buffer_bytes - 1) / net.buffer_bytes;
      if (buffers > 20)
        continue;
      give(bytes, 0);
      assert_int_equal(serve(8), 1);
      check_frame(frames[0], bytes, buffers);
      release_all();
    }
  }
}

/* One that has more pieces than the user takes is dropped, and nothing else. */
static void too_many_pieces(void **state)
{
  (void) state;
  ring_size = 64;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    begin(merged_kinds[i]);
    for (int round = 0; round < 10; round++)
    {
      uint16_t free_count = net.receive.free_count;
      give(20 * net.buffer_bytes - 12, 0);
      give(20 * net.buffer_bytes - 11, 0);
      give(100, 0);
      assert_int_equal(serve(8), 3);
      assert_int_equal(frame_count, 2);
      check_frame(frames[0], 20 * net.buffer_bytes - 12, 20);
      check_frame(frames[1], 100, 1);
      release_all();
      serve(8);
      assert_true(net.receive.free_count <= free_count + 16);
    }
  }
}

/* What the device says of lengths and numbers of buffers does not lead astray. */
static void lies_about_frames(void **state)
{
  (void) state;
  ring_size = 16;
  static const uint32_t lengths[] = {0, 1, 11, 12, 0x7fffffff, 0xffffffff};
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
    for (size_t j = 0; j < COUNT_OF(lengths); j++)
    {
      struct ring_chain chain;
      begin(merged_kinds[i]);
      assert_true(ring_device_take(&rings[0], &chain));
      memset((void *) chain.pieces[0].gpa, 0, 12); /* in 0 buffers */
      ring_device_use(&rings[0], &chain, lengths[j]);
      give(100, 0);
      assert_int_equal(serve(8), 2);
      assert_int_equal(frame_count, 1);
      check_frame(frames[0], 100, 1);
    }
}

static void checksums_of_received(void **state)
{
  (void) state;
  static const uint64_t kinds[] = {MERGED, ALL};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
    for (uint8_t flags = 0; flags < 3; flags++)
    {
      begin(kinds[i]);
      give(100, flags);
      assert_int_equal(serve(1), 1);
      assert_int_equal(frames[0]->is_checked, kinds[i] == ALL && flags != 0);
    }
}

/* A user that keeps all there is gets no more, and then again. */
static void buffers_run_out(void **state)
{
  (void) state;
  ring_size = 16;
  begin(NETWORK | VIRTIO_EVENT_INDEX);
  unsigned int count = 0;
  assert_int_equal(net.most_buffers, 512);
  for (; rings[0].size != 0 && count < 512; count++)
  {
    give(100, 0);
    assert_int_equal(serve(4), 1);
  }
  struct ring_chain chain;
  assert_false(ring_device_take(&rings[0], &chain));
  assert_false(net.device.operations->expect(&net.device));
  assert_int_equal(wakes, 0);
  unsigned int rung = notified[0];
  assert_true(ring_device_expect(&rings[0]) == false);
  release_all();
  assert_int_equal(wakes, 1); /* of 512 releases */
  serve(4);
  assert_int_equal(notified[0], rung + 1);
  give(100, 0);
  assert_int_equal(serve(4), 1);
  check_frame(frames[0], 100, 1);
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
  assert_true(ring_device_take(&rings[1], chain));
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
  ring_size = 16;
  static const uint64_t kinds[] = {NETWORK, MERGED, ALL, ALL & ~VIRTIO_PACKED};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    begin(kinds[i]);
    bool has_tables = (kinds[i] & VIRTIO_INDIRECT) != 0;
    uint32_t most = has_tables ? 63 * SMALL_PAGE : 15 * SMALL_PAGE;
    for (uint32_t from = 0; from < 130; from += 13)
    {
      struct ring_chain chain;
      uint32_t bytes = from == 0 ? most : most - SMALL_PAGE - from;
      assert_int_equal(send(from, bytes, &out[from]), 0);
      net.device.operations->flush(&net.device);
      check_sent(&chain, from, bytes);
      ring_device_use(&rings[1], &chain, 0);
      owner_count = 0;
      assert_int_equal(serve(4), 1);
      assert_ptr_equal(owners[0], &out[from]);
    }
    assert_int_equal(send(0, most + 1, NULL), -EINVAL);
    assert_int_equal(send(0, 0, NULL), -EINVAL);
  }
}

/* Full at some time, and then there is room for as many as were sent. */
static void room_runs_out(void **state)
{
  (void) state;
  ring_size = 16;
  static const uint64_t kinds[] = {NETWORK, MERGED, ALL};
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    begin(kinds[i]);
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
      while (ring_device_take(&rings[1], &chain))
        ring_device_use(&rings[1], &chain, 0);
      assert_true(ring_device_must_interrupt(&rings[1]));
      net_interrupt();
      assert_int_equal(wakes, round + 1);
      owner_count = 0;
      assert_int_equal(serve(1000), count);
      for (; taken < count; taken++)
        assert_ptr_equal(owners[taken], (void *) taken);
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
  begin(NETWORK);
  assert_int_equal(net.device.features, 0);
  assert_int_equal(net.device.operations->send(&net.device, &frame), -EINVAL);
  begin(ALL & ~VIRTIO_NET_SEGMENT6);
  assert_int_equal(net.device.operations->send(&net.device, &frame), -EINVAL);
  begin(ALL);
  assert_int_equal(net.device.features, 15);
  assert_int_equal(net.device.operations->send(&net.device, &frame), 0);
  assert_true(ring_device_take(&rings[1], &chain));
  static const unsigned char expected[12] = {1, 4, 74, 0, 0xa0, 5, 54, 0, 16, 0, 0, 0};
  assert_memory_equal((const void *) chain.pieces[0].gpa, expected, 12);
}

/* ---- The start ---- */

static void what_is_agreed_on(void **state)
{
  (void) state;
  begin(ALL);
  assert_int_equal(net.virtio.features, ALL);
  assert_int_equal(device_status, 15);
  assert_memory_equal(net.device.address, address, 6);
  assert_int_equal(net.device.mtu_bytes, 1500);
  assert_int_equal(net.buffer_bytes, 4096);
  begin(ALL & ~VIRTIO_NET_MERGED_BUFFERS);
  assert_int_equal(net.virtio.features & VIRTIO_NET_GUEST_SEGMENT4, 0);
  assert_int_equal(net.buffer_bytes, 2048);
  mtu = 9000;
  begin(NETWORK);
  assert_int_equal(net.buffer_bytes, 12288);
  mtu = 1500;
  begin(ALL & ~VIRTIO_NET_CHECKSUM);
  assert_int_equal(net.virtio.features & (VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6), 0);
  virtio_net_refused = VIRTIO_PACKED;
  begin(ALL);
  assert_false(net.receive.is_packed);
  virtio_net_refused = 0;
  net = (struct virtio_net){0};
  assert_int_equal(virtio_net_start(&net, 0), -ENODEV);
  offered = ALL & ~VIRTIO_VERSION_1;
  assert_int_equal(virtio_net_start(&net, 1), -ENOTSUP);
  assert_int_equal(device_status, VIRTIO_STATUS_FAILED);
  offered = ALL & ~VIRTIO_NET_ADDRESS;
  assert_int_equal(virtio_net_start(&net, 1), -ENOTSUP);
}

static void no_memory(void **state)
{
  (void) state;
  offered = ALL;
  int error = -ENOMEM;
  for (long bytes = 0; error != 0; bytes += 1000)
  {
    bytes_left = bytes;
    net = (struct virtio_net){0};
    error = virtio_net_start(&net, 1);
    assert_true(error == 0 || error == -ENOMEM);
    assert_int_equal(device_status, error == 0 ? 15 : VIRTIO_STATUS_FAILED);
  }
}

/* ---- Attention ---- */

static void link_goes_and_comes(void **state)
{
  (void) state;
  begin(ALL);
  assert_true(net.device.is_up);
  assert_false(net.device.operations->expect(&net.device));
  link_state = 0;
  net_link_interrupt();
  assert_int_equal(wakes, 1);
  serve(4);
  assert_int_equal(link_now, 0);
  assert_false(net.device.is_up);
  link_state = 1;
  net_link_interrupt();
  assert_int_equal(wakes, 1); /* awake */
  assert_true(net.device.operations->expect(&net.device));
  serve(4);
  assert_int_equal(link_now, 1);
  device_status |= VIRTIO_STATUS_NEEDS_RESET;
  net_link_interrupt();
  serve(4);
  assert_int_equal(link_now, 0);
}

/* Who sleeps is woken once, by the first that finds something. */
static void one_wake(void **state)
{
  (void) state;
  ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    begin(merged_kinds[i]);
    give(100, 0);
    ring_device_must_interrupt(&rings[0]);
    net_interrupt();
    assert_int_equal(wakes, 0); /* awake */
    assert_true(net.device.operations->expect(&net.device));
    assert_int_equal(serve(4), 1);
    assert_false(net.device.operations->expect(&net.device));
    net_interrupt();
    assert_int_equal(wakes, 0);
    give(100, 0);
    assert_true(ring_device_must_interrupt(&rings[0]));
    net_interrupt();
    net_interrupt();
    assert_int_equal(wakes, 1);
    give(100, 0);
    assert_false(ring_device_must_interrupt(&rings[0]));
    assert_int_equal(serve(4), 2);
  }
}

/* Frames that somebody else takes out meanwhile: the next one interrupts all the same. */
static void another_task_serves(void **state)
{
  (void) state;
  ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    begin(merged_kinds[i]);
    assert_false(net.device.operations->expect(&net.device));
    for (unsigned int round = 0; round < 40; round++)
    {
      give(100, 0);
      assert_true(ring_device_must_interrupt(&rings[0]));
      give(100, 0);
      assert_int_equal(serve(1), 1);
      assert_int_equal(wakes, round + 1); /* for the other frame, by the task that took the first */
      assert_int_equal(serve(4), 1);
      assert_false(net.device.operations->expect(&net.device));
      give(100, 0);
      assert_true(ring_device_must_interrupt(&rings[0]));
      assert_int_equal(serve(4), 1);
      release_all();
    }
  }
}

static void idle_cpu_looks(void **state)
{
  (void) state;
  ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    begin(merged_kinds[i]);
    hosted_cpu.area.masked = 1;
    assert_true(net_watch_begin());
    assert_false(net_watch_begin());
    assert_false(net.device.operations->expect(&net.device));
    net_watch_look();
    give(100, 0);
    assert_false(ring_device_must_interrupt(&rings[0]));
    net_watch_look();
    assert_int_equal(wakes, 1);
    net_watch_look();
    assert_int_equal(wakes, 1);
    assert_int_equal(serve(4), 1);
    /* Between its last look and its end, and after it. */
    assert_false(net.device.operations->expect(&net.device));
    net_watch_look();
    give(100, 0);
    assert_false(ring_device_must_interrupt(&rings[0]));
    net_watch_end();
    assert_int_equal(wakes, 2);
    assert_int_equal(serve(4), 1);
    assert_false(net.device.operations->expect(&net.device));
    assert_true(net_watch_begin());
    net_watch_look();
    net_watch_end();
    give(100, 0);
    assert_true(ring_device_must_interrupt(&rings[0]));
    hosted_cpu.area.masked = 0;
  }
}

/* A device, a task that serves it, another that serves it in between, and CPUs that look now and
 * then: nobody sleeps for ever. */
#define STRESS_FRAMES 60000u

static _Atomic bool is_over, is_woken;
static _Atomic unsigned int has_come;
static pthread_mutex_t core = PTHREAD_MUTEX_INITIALIZER;

static void wake_stress(void *context)
{
  (void) context;
  is_woken = true;
}

static void received_stress(void *context, struct net_received *frame)
{
  (void) context;
  has_come++;
  net.device.operations->release(&net.device, frame);
}

static void *run_device(void *argument)
{
  uint64_t state = 9;
  (void) argument;
  for (unsigned int count = 0; count < STRESS_FRAMES; count++)
  {
    struct ring_chain chain;
    while (!ring_device_take(&rings[0], &chain))
      sched_yield();
    memset((void *) chain.pieces[0].gpa, 0, 12);
    ring_device_use(&rings[0], &chain, 72);
    if (random_next(&state) % 4 != 0)
      continue;
    if (ring_device_must_interrupt(&rings[0]))
    {
      hosted_cpu.area.masked = 1;
      net_interrupt();
      hosted_cpu.area.masked = 0;
    }
    /* Now and then the other side goes to sleep. */
    while (random_next(&state) % 8 == 0 && has_come <= count)
      sched_yield();
  }
  if (ring_device_must_interrupt(&rings[0]))
    net_interrupt();
  return NULL;
}

static void *run_idle(void *argument)
{
  (void) argument;
  hosted_cpu.area.masked = 1;
  while (!is_over)
  {
    if (net_watch_begin())
    {
      for (int i = 0; i < 20; i++)
        net_watch_look();
      net_watch_end();
    }
    sched_yield();
  }
  return NULL;
}

static void *run_sender(void *argument)
{
  (void) argument;
  while (!is_over)
  {
    pthread_mutex_lock(&core);
    serve(2);
    pthread_mutex_unlock(&core);
    for (int i = 0; i < 100; i++)
      sched_yield();
  }
  return NULL;
}

static void sleep_until_woken(void)
{
  time_t deadline = time(NULL) + 20;
  while (!is_woken && has_come < STRESS_FRAMES)
  {
    assert_true(time(NULL) < deadline);
    sched_yield();
  }
}

static void nobody_sleeps_for_ever(void **state)
{
  (void) state;
  ring_size = 16;
  for (size_t i = 0; i < COUNT_OF(merged_kinds); i++)
  {
    pthread_t threads[4];
    begin(merged_kinds[i]);
    net.device.user = (struct net_device_user){received_stress, sent, NULL, wake_stress, &net};
    is_over = false;
    has_come = 0;
    start_all(&threads[0], 1, run_device, NULL);
    start_all(&threads[1], 2, run_idle, NULL);
    start_all(&threads[3], 1, run_sender, NULL);
    while (has_come < STRESS_FRAMES)
    {
      is_woken = false;
      pthread_mutex_lock(&core);
      while (serve(4) > 0)
      {
      }
      pthread_mutex_unlock(&core);
      if (!net.device.operations->expect(&net.device) && has_come < STRESS_FRAMES)
        sleep_until_woken();
    }
    is_over = true;
    join_all(threads, 4);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(what_is_agreed_on, end),
      cmocka_unit_test_teardown(no_memory, end),
      cmocka_unit_test_teardown(frames_of_all_sizes, end),
      cmocka_unit_test_teardown(too_many_pieces, end),
      cmocka_unit_test_teardown(lies_about_frames, end),
      cmocka_unit_test_teardown(checksums_of_received, end),
      cmocka_unit_test_teardown(buffers_run_out, end),
      cmocka_unit_test_teardown(frames_go, end),
      cmocka_unit_test_teardown(room_runs_out, end),
      cmocka_unit_test_teardown(headers, end),
      cmocka_unit_test_teardown(link_goes_and_comes, end),
      cmocka_unit_test_teardown(one_wake, end),
      cmocka_unit_test_teardown(another_task_serves, end),
      cmocka_unit_test_teardown(idle_cpu_looks, end),
      cmocka_unit_test_teardown(nobody_sleeps_for_ever, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

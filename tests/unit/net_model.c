/* A network device made of the other side of the driver's rings. */
#include "net_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "unit_test.h"

struct net_model model = {.link_state = 1,
                          .mtu = 1500,
                          .memory_bytes = 16u << 20,
                          .ring_size = 16,
                          .bytes_left = INT64_MAX,
                          .link_now = -1};
struct virtio_net net;

/* ---- The rest of the kernel library ---- */

static struct list
{
  struct list *next;
  void *memory;
} * allocated;

/* Some is never given back: a device lives as long as the guest. */
void *kernel_allocate_zeroed(size_t len_bytes)
{
  void *memory = NULL;
  struct list *item = malloc(sizeof(*item));
  if ((model.bytes_left -= (long) len_bytes) < 0 || posix_memalign(&memory, 4096, len_bytes) != 0)
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

uint64_t address_to_gpa_long(const void *pointer, enum address_access access,
                             uint64_t *contiguous_bytes)
{
  (void) access;
  *contiguous_bytes = SMALL_PAGE - (uint64_t) pointer % SMALL_PAGE;
  return (uint64_t) pointer;
}

struct physical_usage physical_usage(void)
{
  return (struct physical_usage){.total_bytes = model.memory_bytes};
}

/* ---- The device ---- */

const uint8_t model_address[6] = {2, 3, 4, 5, 6, 7};
static unsigned int selected;

static uint64_t device_features(const struct virtio_device *device)
{
  (void) device;
  return model.offered;
}

static void set_features(const struct virtio_device *device, uint64_t features)
{
  (void) device;
  assert_int_equal(features & ~model.offered, 0);
}

static uint32_t status(const struct virtio_device *device)
{
  (void) device;
  return model.is_stuck ? UINT8_MAX : model.status;
}

static void set_status(const struct virtio_device *device, uint32_t value)
{
  (void) device;
  model.status = value;
}

static uint8_t configuration8(const struct virtio_device *device, unsigned int offset)
{
  (void) device;
  return model_address[offset];
}

static uint16_t configuration16(const struct virtio_device *device, unsigned int offset)
{
  (void) device;
  return offset == 6 ? model.link_state : offset == 8 ? MODEL_PAIRS : model.mtu;
}

static uint16_t most_descriptors(const struct virtio_device *device, uint16_t queue)
{
  (void) device;
  selected = queue;
  return model.ring_size;
}

static int start_queue(const struct virtio_device *device, uint16_t number,
                       const struct virtqueue *queue)
{
  (void) device;
  assert_int_equal(selected, number);
  ring_device_init(&model.rings[number], queue);
  return 0;
}

static void notify(const struct virtio_device *device, uint16_t queue)
{
  (void) device;
  assert_true((model.status & VIRTIO_STATUS_DRIVER_READY) != 0);
  model.notified[queue]++;
}

static const struct virtio_transport transport = {device_features,  set_features,   status,
                                                  set_status,       configuration8, configuration16,
                                                  most_descriptors, start_queue,    notify};

uint32_t cpu_apic_id(unsigned int index)
{
  return index + 100;
}

long nucleus_call(long number, uint64_t first, uint64_t second)
{
  assert_int_equal(number, NUCLEUS_IPI);
  assert_int_equal(first, 100);
  assert_int_equal(second, UHYVE_VECTOR_NETWORK);
  model.own_interrupts++;
  return 0;
}

int virtio_mmio_probe(struct virtio_device *device, uint64_t registers_gpa, uint32_t type)
{
  assert_int_equal(type, VIRTIO_TYPE_NETWORK);
  if (registers_gpa == 0)
    return -ENODEV;
  device->transport = &transport;
  return 0;
}

/* ---- The user ---- */

static void received(void *context, struct net_received *frame)
{
  assert_ptr_equal(context, &net);
  model.frames[model.frame_count++] = frame;
}

static void sent(void *context, void *owner)
{
  (void) context;
  model.owners[model.owner_count++] = owner;
}

static void link_changed(void *context, bool is_up)
{
  (void) context;
  model.link_now = is_up;
}

static void wake(void *context)
{
  (void) context;
  assert_true(cpu_is_masked());
  model.wakes++;
}

void model_begin(uint64_t features)
{
  model_begin_with(features, 1);
}

void model_begin_with(uint64_t features, uint32_t cpu_count)
{
  net = (struct virtio_net){.most_pairs = cpu_count};
  model.offered = features;
  model.frame_count = 0;
  model.owner_count = 0;
  model.wakes = 0;
  model.own_interrupts = 0;
  for (size_t i = 0; i < COUNT_OF(model.notified); i++)
    model.notified[i] = 0;
  assert_int_equal(virtio_net_start(&net, 1), 0);
  net.device.user = (struct net_device_user){received, sent, link_changed, wake, &net};
  net_device_list = &net.device;
}

int model_end(void **state)
{
  (void) state;
  net_device_list = NULL;
  model.bytes_left = INT64_MAX;
  free_all();
  return 0;
}

unsigned int model_serve(unsigned int most)
{
  return net.device.operations->serve(&net.device, most);
}

static unsigned char content(uint32_t at)
{
  return (unsigned char) (at * 3 + at / 251);
}

/* As the device does it: header first, over as many buffers as it takes. */
void model_give_by(unsigned int pair, uint32_t len_bytes, uint8_t flags)
{
  struct ring_device *ring = &model.rings[2ul * pair];
  struct virtio_net_header header = {.flags = flags};
  unsigned char *count_place = NULL;
  uint32_t done = 0;
  uint32_t all_bytes = len_bytes + VIRTIO_NET_HEADER_BYTES;
  while (done < all_bytes)
  {
    struct ring_chain chain;
    assert_true(ring_device_take(ring, &chain));
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
    ring_device_use(ring, &chain, part);
  }
}

void model_give(uint32_t len_bytes, uint8_t flags)
{
  model_give_by(0, len_bytes, flags);
}

void model_check_frame(const struct net_received *frame, uint32_t len_bytes, uint32_t pieces)
{
  uint32_t at = 0;
  assert_int_equal(frame->len_bytes, len_bytes);
  assert_int_equal(frame->piece_count, pieces);
  for (uint32_t i = 0; i < frame->piece_count; i++)
    for (uint32_t j = 0; j < frame->pieces[i].len_bytes; j++, at++)
      assert_int_equal(((unsigned char *) frame->pieces[i].data)[j], content(at));
  assert_int_equal(at, len_bytes);
}

void model_release_all(void)
{
  while (model.frame_count > 0)
    net.device.operations->release(&net.device, model.frames[--model.frame_count]);
}

/* The device's side of split and packed rings, by the offsets and rules of virtio 1.2. */
#include "ring_device.h"

#include <string.h>

#include "unit_test.h"

void ring_device_init(struct ring_device *device, const struct virtqueue *queue)
{
  *device = (struct ring_device){.size = queue->size,
                                 .is_packed = queue->is_packed,
                                 .has_event_index = queue->has_event_index,
                                 .descriptors = (unsigned char *) queue->descriptors_gpa,
                                 .driver = (unsigned char *) queue->driver_gpa,
                                 .device = (unsigned char *) queue->device_gpa,
                                 .available_wrap = true,
                                 .used_wrap = true};
  assert_int_equal(queue->descriptors_gpa % 16, 0);
  assert_int_equal(queue->driver_gpa % 4, 0);
  assert_int_equal(queue->device_gpa % 4, 0);
}

static uint16_t load16(const unsigned char *at)
{
  return __atomic_load_n((const uint16_t *) (const void *) at, __ATOMIC_ACQUIRE);
}

static void store16(unsigned char *at, unsigned int value)
{
  __atomic_store_n((uint16_t *) (void *) at, (uint16_t) value, __ATOMIC_RELEASE);
}

static uint32_t load32(const unsigned char *at)
{
  return __atomic_load_n((const uint32_t *) (const void *) at, __ATOMIC_ACQUIRE);
}

/* A descriptor: 8 bytes address, 4 length, then 2 and 2. */
struct read_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t first, second;
};

static struct read_descriptor read_descriptor(const unsigned char *at)
{
  struct read_descriptor descriptor;
  memcpy(&descriptor, at, 12);
  descriptor.first = load16(at + 12);
  descriptor.second = load16(at + 14);
  return descriptor;
}

static void add_piece(struct ring_chain *chain, const struct read_descriptor *descriptor,
                      unsigned int flags)
{
  assert_true(chain->count < RING_DEVICE_MOST_PIECES);
  assert_int_equal(flags & ~0x8087u, 0);
  chain->pieces[chain->count++] =
      (struct virtqueue_piece){.gpa = descriptor->gpa, .len_bytes = descriptor->len_bytes};
  if ((flags & 2) == 0)
  {
    /* What is to be read comes first. */
    assert_int_equal(chain->read_count, chain->count - 1);
    chain->read_count++;
  }
}

static void read_split_chain(const unsigned char *table, unsigned int table_size, unsigned int at,
                             struct ring_chain *chain, bool in_table)
{
  for (unsigned int left = table_size; left > 0; left--)
  {
    assert_true(at < table_size);
    struct read_descriptor descriptor = read_descriptor(table + 16ul * at);
    unsigned int flags = descriptor.first;
    chain->descriptors = (uint16_t) (chain->descriptors + (in_table ? 0 : 1));
    if ((flags & 4) != 0)
    {
      assert_false(in_table);
      assert_int_equal(flags, 4);
      assert_int_equal(descriptor.len_bytes % 16, 0);
      read_split_chain((const unsigned char *) descriptor.gpa, descriptor.len_bytes / 16, 0, chain,
                       true);
      return;
    }
    add_piece(chain, &descriptor, flags);
    if ((flags & 1) == 0)
      return;
    at = descriptor.second;
  }
  fail_msg("a chain without end");
}

static bool take_split(struct ring_device *device, struct ring_chain *chain)
{
  uint16_t waiting = (uint16_t) (load16(device->driver + 2) - device->next_available);
  assert_true(waiting <= device->size);
  if (waiting == 0)
    return false;
  chain->id = load16(device->driver + 4 + 2ul * (device->next_available % device->size));
  device->next_available++;
  read_split_chain(device->descriptors, device->size, chain->id, chain, false);
  return true;
}

static bool is_available(const struct ring_device *device)
{
  if (!device->is_packed)
    return load16(device->driver + 2) != device->next_available;
  unsigned int flags = load16(device->descriptors + 16ul * device->next_available + 14);
  return ((flags & 0x80) != 0) == device->available_wrap &&
         ((flags & 0x8000) != 0) != device->available_wrap;
}

static void step(const struct ring_device *device, uint16_t *place, bool *wrap, unsigned int count)
{
  for (; count > 0; count--)
    if (++*place == device->size)
    {
      *place = 0;
      *wrap = !*wrap;
    }
}

static bool take_packed(struct ring_device *device, struct ring_chain *chain)
{
  if (!is_available(device))
    return false;
  unsigned int flags = 0;
  do
  {
    assert_true(is_available(device));
    struct read_descriptor descriptor =
        read_descriptor(device->descriptors + 16ul * device->next_available);
    flags = descriptor.second;
    step(device, &device->next_available, &device->available_wrap, 1);
    chain->descriptors++;
    chain->id = descriptor.first;
    if ((flags & 4) == 0)
    {
      add_piece(chain, &descriptor, flags);
      continue;
    }
    assert_int_equal(flags & 3, 0);
    assert_int_equal(descriptor.len_bytes % 16, 0);
    for (unsigned int i = 0; i < descriptor.len_bytes / 16; i++)
    {
      struct read_descriptor piece =
          read_descriptor((const unsigned char *) descriptor.gpa + 16ul * i);
      assert_int_equal(piece.second & ~2, 0);
      add_piece(chain, &piece, piece.second);
    }
  } while ((flags & 1) != 0);
  return true;
}

bool ring_device_take(struct ring_device *device, struct ring_chain *chain)
{
  chain->count = 0;
  chain->read_count = 0;
  chain->descriptors = 0;
  return device->is_packed ? take_packed(device, chain) : take_split(device, chain);
}

void ring_device_use(struct ring_device *device, const struct ring_chain *chain,
                     uint32_t written_bytes)
{
  uint32_t id = chain->id;
  if (!device->is_packed)
  {
    unsigned char *entry = device->device + 4 + 8ul * (device->next_used % device->size);
    memcpy(entry, &id, 4);
    memcpy(entry + 4, &written_bytes, 4);
    device->next_used++;
    device->unsaid++;
    store16(device->device + 2, device->next_used);
    return;
  }
  unsigned char *descriptor = device->descriptors + 16ul * device->next_used;
  memcpy(descriptor + 8, &written_bytes, 4);
  memcpy(descriptor + 12, &id, 2);
  store16(descriptor + 14, device->used_wrap ? 0x8080 : 0);
  step(device, &device->next_used, &device->used_wrap, chain->descriptors);
  device->unsaid = (uint16_t) (device->unsaid + chain->descriptors);
}

/* Whether one of the last `count` steps to a place came to the event: one step at a time. */
static bool has_passed(const struct ring_device *device, uint16_t event, unsigned int count)
{
  uint16_t at = device->next_used;
  bool wrap = device->used_wrap;
  for (; count > 0; count--)
  {
    at--;
    if (device->is_packed && device->size != 0 && at == UINT16_MAX)
    {
      at = (uint16_t) (device->size - 1);
      wrap = !wrap;
    }
    uint16_t place = (uint16_t) (device->is_packed && wrap ? at | 0x8000 : at);
    if (place == event)
      return true;
  }
  return false;
}

bool ring_device_must_interrupt(struct ring_device *device)
{
  unsigned int unsaid = device->unsaid;
  device->unsaid = 0;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (unsaid == 0)
    return false;
  if (!device->is_packed)
  {
    if (!device->has_event_index)
      return (load16(device->driver) & 1) == 0;
    return has_passed(device, load16(device->driver + 4 + 2ul * device->size), unsaid);
  }
  uint32_t event = load32(device->driver);
  unsigned int flags = event >> 16;
  assert_true(flags <= (device->has_event_index ? 2 : 1));
  return flags == 2 ? has_passed(device, (uint16_t) event, unsaid) : flags == 0;
}

bool ring_device_expect(struct ring_device *device)
{
  if (device->is_packed)
  {
    uint32_t event = 0;
    if (device->has_event_index)
      event = 2u << 16 | (device->available_wrap ? 0x8000u : 0) | device->next_available;
    __atomic_store_n((uint32_t *) (void *) device->device, event, __ATOMIC_RELEASE);
  }
  else if (device->has_event_index)
    store16(device->device + 4 + 8ul * device->size, device->next_available);
  else
    store16(device->device, 0);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return is_available(device);
}

void ring_device_quiet(struct ring_device *device)
{
  if (device->is_packed)
    __atomic_store_n((uint32_t *) (void *) device->device, 1u << 16, __ATOMIC_RELEASE);
  else if (!device->has_event_index)
    store16(device->device, 1);
}

/* Plays the driver of a virtio network device over plain memory. */
#include "net_driver.h"

#include "unit_test.h"

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define WAIT_MOST_MS 10000
#define QUEUE_BYTES  0x20000ull

void driver_make_memory(struct driver *driver)
{
  *driver = (struct driver){0};
  assert_int_equal(guest_memory_reserve(&driver->memory, DRIVER_MEMORY_BYTES), 0);
  driver->memory.attached_bytes = DRIVER_MEMORY_BYTES;
  driver->memory.mapped_bytes = DRIVER_MEMORY_BYTES;
  assert_int_equal(guest_memory_protect(&driver->memory, DRIVER_FORBIDDEN_GPA,
                                        DRIVER_MEMORY_BYTES - DRIVER_FORBIDDEN_GPA, GUEST_NONE),
                   0);
}

void driver_free_memory(struct driver *driver)
{
  guest_memory_release(&driver->memory);
}

void *driver_hva(const struct driver *driver, uint64_t gpa)
{
  return guest_memory_hva(&driver->memory, gpa, 1);
}

uint32_t driver_read(const struct driver *driver, uint64_t offset)
{
  return (uint32_t) net_interface_read(driver->interface, offset, 4);
}

void driver_write(const struct driver *driver, uint64_t offset, uint32_t value)
{
  net_interface_write(driver->interface, offset, 4, value);
}

uint64_t driver_offered(const struct driver *driver)
{
  driver_write(driver, REG_OFFERED_SELECT, 1);
  uint64_t high = driver_read(driver, REG_OFFERED);
  driver_write(driver, REG_OFFERED_SELECT, 0);
  return high << 32 | driver_read(driver, REG_OFFERED);
}

bool driver_negotiate(struct driver *driver, uint64_t features)
{
  driver_write(driver, REG_STATUS, 0);
  assert_int_equal(driver_read(driver, REG_STATUS), 0);
  driver_write(driver, REG_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
  driver_write(driver, REG_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
  driver_write(driver, REG_ACCEPTED_SELECT, 0);
  driver_write(driver, REG_ACCEPTED, (uint32_t) features);
  driver_write(driver, REG_ACCEPTED_SELECT, 1);
  driver_write(driver, REG_ACCEPTED, (uint32_t) (features >> 32));
  driver_write(driver, REG_STATUS, driver_read(driver, REG_STATUS) | VIRTIO_CONFIG_S_FEATURES_OK);
  driver->features = features;
  driver->is_packed = (features & 1ull << VIRTIO_F_RING_PACKED) != 0;
  return (driver_read(driver, REG_STATUS) & VIRTIO_CONFIG_S_FEATURES_OK) != 0;
}

static void write_address(const struct driver *driver, uint64_t offset, uint64_t gpa)
{
  driver_write(driver, offset, (uint32_t) gpa);
  driver_write(driver, offset + 4, (uint32_t) (gpa >> 32));
}

void driver_set_queue(struct driver *driver, unsigned int number, uint16_t size)
{
  struct driver_queue *queue = &driver->queues[number];
  uint64_t base_gpa = 0x10000 + QUEUE_BYTES * number;
  *queue = (struct driver_queue){
      .size = size,
      .descriptors_gpa = base_gpa,
      .driver_gpa = base_gpa + 0x4000,
      .device_gpa = base_gpa + 0x8000,
      .tables_gpa = base_gpa + 0x10000,
      .wrap = true,
      .seen_wrap = true,
  };
  memset(driver_hva(driver, base_gpa), 0, QUEUE_BYTES);
  driver_write(driver, REG_QUEUE, number);
  driver_write(driver, REG_QUEUE_SIZE, size);
  write_address(driver, REG_DESCRIPTORS, queue->descriptors_gpa);
  write_address(driver, REG_DRIVER, queue->driver_gpa);
  write_address(driver, REG_DEVICE_RING, queue->device_gpa);
  driver_write(driver, REG_QUEUE_READY, 1);
}

void driver_start(struct driver *driver, uint64_t features, uint16_t queue_size)
{
  assert_true(driver_negotiate(driver, features));
  for (unsigned int queue = 0; queue < (driver->queue_count > 0 ? driver->queue_count : 2); queue++)
  {
    driver_set_queue(driver, queue, queue_size);
    assert_int_equal(driver_read(driver, REG_QUEUE_READY), 1);
  }
  driver_write(driver, REG_STATUS, driver_read(driver, REG_STATUS) | VIRTIO_CONFIG_S_DRIVER_OK);
}

/* ---- Split ---- */

static void split_fill(struct virtqueue_split_descriptor *to, const struct driver_piece *piece,
                       bool has_next, uint16_t next)
{
  *to = (struct virtqueue_split_descriptor){
      .gpa = piece->gpa,
      .len_bytes = piece->len_bytes,
      .flags =
          (uint16_t) ((piece->is_writable ? VIRTQUEUE_WRITE : 0) | (has_next ? VIRTQUEUE_NEXT : 0)),
      .next = next,
  };
}

static uint16_t split_add(struct driver *driver, struct driver_queue *queue,
                          const struct driver_piece *pieces, unsigned int count, bool is_indirect)
{
  struct virtqueue_split_descriptor *ring = driver_hva(driver, queue->descriptors_gpa);
  uint16_t head = queue->next;
  if (is_indirect)
  {
    uint64_t table_gpa = queue->tables_gpa + 0x100ull * head;
    struct virtqueue_split_descriptor *table = driver_hva(driver, table_gpa);
    for (unsigned int i = 0; i < count; i++)
      split_fill(&table[i], &pieces[i], i + 1 < count, (uint16_t) (i + 1));
    ring[head] = (struct virtqueue_split_descriptor){
        .gpa = table_gpa, .len_bytes = 16 * count, .flags = VIRTQUEUE_INDIRECT};
    queue->next = (uint16_t) ((head + 1) % queue->size);
  }
  for (unsigned int i = 0; i < count && !is_indirect; i++)
  {
    uint16_t at = queue->next;
    queue->next = (uint16_t) ((at + 1) % queue->size);
    split_fill(&ring[at], &pieces[i], i + 1 < count, queue->next);
  }
  uint8_t *available = driver_hva(driver, queue->driver_gpa);
  virtqueue_store(available + 4 + 2ull * (queue->published % queue->size), head);
  virtqueue_store(available + 2, ++queue->published);
  return head;
}

static bool split_next_used(struct driver *driver, struct driver_queue *queue, uint16_t *id,
                            uint32_t *len_bytes)
{
  uint8_t *used = driver_hva(driver, queue->device_gpa);
  if (virtqueue_load(used + 2) == queue->seen)
    return false;
  const uint32_t *element = (const void *) (used + 4 + 8ull * (queue->seen % queue->size));
  *id = (uint16_t) element[0];
  *len_bytes = element[1];
  queue->seen++;
  uint8_t *available = driver_hva(driver, queue->driver_gpa);
  virtqueue_store(available + 4 + 2ull * queue->size, queue->seen);
  return true;
}

static bool split_must_notify(const struct driver *driver, const struct driver_queue *queue,
                              uint16_t added)
{
  uint8_t *used = driver_hva(driver, queue->device_gpa);
  if ((driver->features & 1ull << VIRTIO_RING_F_EVENT_IDX) == 0)
    return virtqueue_load(used) == 0;
  uint16_t wanted = virtqueue_load(used + 4 + 8ull * queue->size);
  return (uint16_t) (queue->published - wanted - 1) < added;
}

/* ---- Packed ---- */

static uint16_t packed_flags(const struct driver_queue *queue, unsigned int flags)
{
  return (uint16_t) (flags | (queue->wrap ? VIRTQUEUE_PACKED_AVAILABLE : VIRTQUEUE_PACKED_USED));
}

static uint16_t packed_add(struct driver *driver, struct driver_queue *queue,
                           const struct driver_piece *pieces, unsigned int count, bool is_indirect)
{
  struct virtqueue_packed_descriptor *ring = driver_hva(driver, queue->descriptors_gpa);
  uint16_t id = queue->next;
  uint16_t head_flags = 0;
  struct driver_piece table_piece;
  if (is_indirect)
  {
    table_piece = (struct driver_piece){queue->tables_gpa + 0x100ull * id, 16 * count, false};
    struct virtqueue_packed_descriptor *table = driver_hva(driver, table_piece.gpa);
    for (unsigned int i = 0; i < count; i++)
      table[i] = (struct virtqueue_packed_descriptor){
          .gpa = pieces[i].gpa,
          .len_bytes = pieces[i].len_bytes,
          .flags = pieces[i].is_writable ? VIRTQUEUE_WRITE : 0};
    pieces = &table_piece;
    count = 1;
  }
  queue->entries[id] = (uint16_t) count;
  for (unsigned int i = 0; i < count; i++)
  {
    uint16_t flags = packed_flags(queue, (is_indirect ? VIRTQUEUE_INDIRECT : 0u) |
                                             (pieces[i].is_writable ? VIRTQUEUE_WRITE : 0u) |
                                             (i + 1 < count ? VIRTQUEUE_NEXT : 0u));
    struct virtqueue_packed_descriptor *to = &ring[queue->next];
    to->gpa = pieces[i].gpa;
    to->len_bytes = pieces[i].len_bytes;
    to->id = id;
    if (i == 0)
      head_flags = flags;
    else
      to->flags = flags;
    if (++queue->next == queue->size)
    {
      queue->next = 0;
      queue->wrap = !queue->wrap;
    }
  }
  virtqueue_store((uint8_t *) &ring[id].flags, head_flags);
  queue->published = (uint16_t) (queue->published + count);
  return id;
}

static bool packed_next_used(struct driver *driver, struct driver_queue *queue, uint16_t *id,
                             uint32_t *len_bytes)
{
  struct virtqueue_packed_descriptor *ring = driver_hva(driver, queue->descriptors_gpa);
  uint16_t flags = virtqueue_load((uint8_t *) &ring[queue->seen].flags);
  bool is_available = (flags & VIRTQUEUE_PACKED_AVAILABLE) != 0;
  bool is_used = (flags & VIRTQUEUE_PACKED_USED) != 0;
  if (is_available != is_used || is_used != queue->seen_wrap)
    return false;
  *id = ring[queue->seen].id;
  *len_bytes = ring[queue->seen].len_bytes;
  queue->seen = (uint16_t) (queue->seen + queue->entries[*id]);
  if (queue->seen >= queue->size)
  {
    queue->seen = (uint16_t) (queue->seen - queue->size);
    queue->seen_wrap = !queue->seen_wrap;
  }
  uint8_t *event = driver_hva(driver, queue->driver_gpa);
  if ((driver->features & 1ull << VIRTIO_RING_F_EVENT_IDX) != 0)
  {
    virtqueue_store(event, (uint16_t) (queue->seen | (queue->seen_wrap ? 0x8000 : 0)));
    virtqueue_store(event + 2, VIRTQUEUE_PACKED_AT_DESCRIPTOR);
  }
  return true;
}

static bool packed_must_notify(const struct driver *driver, const struct driver_queue *queue,
                               uint16_t added)
{
  uint8_t *event = driver_hva(driver, queue->device_gpa);
  uint16_t flags = virtqueue_load(event + 2);
  if (flags != VIRTQUEUE_PACKED_AT_DESCRIPTOR)
    return flags == VIRTQUEUE_PACKED_ENABLE;
  uint16_t position = virtqueue_load(event);
  uint16_t wanted = position & 0x7fff;
  if (((position & 0x8000) != 0) != queue->wrap)
    wanted = (uint16_t) (wanted - queue->size);
  return (uint16_t) (queue->next - wanted - 1) < added;
}

/* ---- Both ---- */

uint16_t driver_add(struct driver *driver, unsigned int queue, const struct driver_piece *pieces,
                    unsigned int count, bool is_indirect)
{
  return driver->is_packed ? packed_add(driver, &driver->queues[queue], pieces, count, is_indirect)
                           : split_add(driver, &driver->queues[queue], pieces, count, is_indirect);
}

bool driver_must_notify(const struct driver *driver, unsigned int queue, uint16_t added)
{
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return driver->is_packed ? packed_must_notify(driver, &driver->queues[queue], added)
                           : split_must_notify(driver, &driver->queues[queue], added);
}

void driver_notify(const struct driver *driver)
{
  const uint64_t one = 1;
  assert_int_equal(write(driver->interface->event_fd, &one, sizeof(one)), sizeof(one));
}

bool driver_next_used(struct driver *driver, unsigned int queue, uint16_t *id, uint32_t *len_bytes)
{
  return driver->is_packed ? packed_next_used(driver, &driver->queues[queue], id, len_bytes)
                           : split_next_used(driver, &driver->queues[queue], id, len_bytes);
}

bool driver_wait_interrupt(const struct driver *driver, int most_ms)
{
  struct pollfd polled = {.fd = driver->interface->ring_fd, .events = POLLIN};
  uint64_t count;
  return poll(&polled, 1, most_ms) == 1 &&
         read(driver->interface->ring_fd, &count, sizeof(count)) == sizeof(count);
}

void driver_wait_used(struct driver *driver, unsigned int queue, uint16_t *id, uint32_t *len_bytes)
{
  while (!driver_next_used(driver, queue, id, len_bytes))
    assert_true(driver_wait_interrupt(driver, WAIT_MOST_MS));
}

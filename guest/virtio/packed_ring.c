/* Packed rings (virtio 1.2, section 2.8): one ring of descriptors that both sides write. Flags say
 * whose a descriptor is, by counters of each side that change with each turn. */
#include "mm/address.h"
#include "virtio/virtqueue_kinds.h"

#define CACHE_LINE_BYTES 64ul

static size_t ring_bytes(uint16_t size)
{
  size_t len_bytes = size * sizeof(struct packed_descriptor);
  return (len_bytes + CACHE_LINE_BYTES - 1) & -CACHE_LINE_BYTES;
}

size_t packed_memory_bytes(uint16_t size)
{
  return ring_bytes(size) + CACHE_LINE_BYTES + sizeof(struct packed_event);
}

void packed_init(struct virtqueue *queue, uint64_t memory_gpa)
{
  unsigned char *memory = queue->memory;
  size_t driver = ring_bytes(queue->size);
  size_t device = driver + CACHE_LINE_BYTES;
  queue->packed.ring = queue->memory;
  queue->packed.driver = (struct packed_event *) (memory + driver);
  queue->packed.device = (struct packed_event *) (memory + device);
  queue->descriptors_gpa = memory_gpa;
  queue->driver_gpa = memory_gpa + driver;
  queue->device_gpa = memory_gpa + device;
  queue->added_wrap = true;
  queue->taken = PACKED_WRAP;
}

/* A place with a wrap counter on top, so many descriptors on. */
static uint16_t place_behind(const struct virtqueue *queue, uint16_t place, unsigned int count)
{
  unsigned int at = (place & ~PACKED_WRAP) + count;
  unsigned int wrap = place & PACKED_WRAP;
  if (at >= queue->size)
  {
    at -= queue->size;
    wrap ^= PACKED_WRAP;
  }
  return (uint16_t) (at | wrap);
}

void packed_fill_table(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  struct packed_descriptor *table =
      (struct packed_descriptor *) queue->tables + (size_t) id * queue->table_entries;
  for (unsigned int i = 0; i < chain->count; i++)
    table[i] = (struct packed_descriptor){.gpa = chain->pieces[i].gpa,
                                          .len_bytes = chain->pieces[i].len_bytes,
                                          .flags = i < chain->read_count ? 0 : DESCRIPTOR_WRITE};
}

static uint16_t piece_flags(const struct virtqueue *queue, const struct virtqueue_chain *chain,
                            unsigned int index)
{
  unsigned int flags = queue->added_wrap ? PACKED_AVAILABLE : PACKED_USED;
  if (index + 1 < chain->count)
    flags |= DESCRIPTOR_NEXT;
  if (index >= chain->read_count)
    flags |= DESCRIPTOR_WRITE;
  if (chain->is_indirect)
    flags |= DESCRIPTOR_INDIRECT;
  return (uint16_t) flags;
}

/* The flags of the first descriptor come last: with them the device has the chain. */
void packed_add(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  struct packed_descriptor *first = &queue->packed.ring[queue->added];
  uint16_t first_flags = piece_flags(queue, chain, 0);
  for (unsigned int i = 0; i < chain->count; i++)
  {
    struct packed_descriptor *descriptor = &queue->packed.ring[queue->added];
    descriptor->gpa = chain->pieces[i].gpa;
    descriptor->len_bytes = chain->pieces[i].len_bytes;
    descriptor->id = id;
    if (i > 0)
      __atomic_store_n(&descriptor->flags, piece_flags(queue, chain, i), __ATOMIC_RELAXED);
    if (++queue->added == queue->size)
    {
      queue->added = 0;
      queue->added_wrap = !queue->added_wrap;
    }
  }
  queue->untold = (uint16_t) (queue->untold + chain->count);
  __atomic_store_n(&first->flags, first_flags, __ATOMIC_RELEASE);
}

/* Both members at once: the device may be writing them. */
static struct packed_event read_event(const struct packed_event *event)
{
  struct packed_event copy;
  __atomic_load(event, &copy, __ATOMIC_RELAXED);
  return copy;
}

bool packed_must_notify(struct virtqueue *queue)
{
  struct packed_event event = read_event(queue->packed.device);
  if (!queue->has_event_index || event.flags != PACKED_EVENT_AT_POSITION)
    return event.flags != PACKED_EVENT_NEVER;
  bool is_wrapped = (event.position & PACKED_WRAP) != 0;
  unsigned int position = event.position & ~PACKED_WRAP;
  if (is_wrapped != queue->added_wrap)
    position -= queue->size; /* in the turn before */
  return ring_passes((uint16_t) position, queue->added, (uint16_t) (queue->added - queue->untold));
}

/* What may be read while another task takes: place and counter are one word. */
bool packed_has_used(const struct virtqueue *queue)
{
  uint16_t taken = __atomic_load_n(&queue->taken, __ATOMIC_RELAXED);
  unsigned int flags =
      __atomic_load_n(&queue->packed.ring[taken & ~PACKED_WRAP].flags, __ATOMIC_ACQUIRE);
  bool wrap = (taken & PACKED_WRAP) != 0;
  return ((flags & PACKED_AVAILABLE) != 0) == wrap && ((flags & PACKED_USED) != 0) == wrap;
}

uint32_t packed_take(struct virtqueue *queue, uint32_t *written_bytes)
{
  const struct packed_descriptor *descriptor = &queue->packed.ring[queue->taken & ~PACKED_WRAP];
  *written_bytes = descriptor->len_bytes;
  return descriptor->id;
}

void packed_pass(struct virtqueue *queue, uint16_t count)
{
  __atomic_store_n(&queue->taken, place_behind(queue, queue->taken, count), __ATOMIC_RELAXED);
}

void packed_expect(struct virtqueue *queue, enum virtqueue_when when)
{
  struct packed_event event = {.flags = PACKED_EVENT_ALWAYS};
  if (queue->has_event_index)
  {
    unsigned int on_their_way = queue->size - queue->free_count;
    unsigned int ahead = when == VIRTQUEUE_NEXT ? 0 : on_their_way * 3 / 4;
    event.flags = PACKED_EVENT_AT_POSITION;
    event.position = place_behind(queue, queue->taken, ahead);
  }
  __atomic_store(queue->packed.driver, &event, __ATOMIC_RELAXED);
}

void packed_quiet(struct virtqueue *queue)
{
  struct packed_event event = {.flags = PACKED_EVENT_NEVER};
  __atomic_store(queue->packed.driver, &event, __ATOMIC_RELAXED);
}

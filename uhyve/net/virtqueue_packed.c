/* The device's side of a packed virtqueue: virtio 1.2, 2.8. */
#include "virtqueue.h"

#include <errno.h>
#include <stddef.h>

#define FLAGS_OFFSET offsetof(struct virtqueue_packed_descriptor, flags)
#define WRAP_BIT     0x8000u

static uint8_t *entry(const struct virtqueue *queue, uint16_t index)
{
  return queue->descriptors_hva + VIRTQUEUE_DESCRIPTOR_BYTES * index;
}

static struct virtqueue_packed_descriptor read_descriptor(const uint8_t *hva)
{
  const volatile struct virtqueue_packed_descriptor *from = (const void *) hva;
  return (struct virtqueue_packed_descriptor){
      .gpa = from->gpa, .len_bytes = from->len_bytes, .id = from->id, .flags = from->flags};
}

static void advance(const struct virtqueue *queue, uint16_t *index, bool *wrap, uint16_t entries)
{
  *index = (uint16_t) (*index + entries);
  if (*index < queue->size)
    return;
  *index = (uint16_t) (*index - queue->size);
  *wrap = !*wrap;
}

bool virtqueue_packed_has_more(const struct virtqueue *queue)
{
  uint16_t flags = virtqueue_load(entry(queue, queue->take_index) + FLAGS_OFFSET);
  bool is_available = (flags & VIRTQUEUE_PACKED_AVAILABLE) != 0;
  bool is_used = (flags & VIRTQUEUE_PACKED_USED) != 0;
  return is_available == queue->take_wrap && is_used != queue->take_wrap;
}

/* All of the table belongs to the chain. */
static int walk_indirect(const struct virtqueue *queue, struct virtqueue_chain *chain,
                         const struct virtqueue_packed_descriptor *descriptor)
{
  uint32_t len_bytes = descriptor->len_bytes;
  uint32_t count = len_bytes / (uint32_t) VIRTQUEUE_DESCRIPTOR_BYTES;
  if (!queue->has_indirect || (descriptor->flags & VIRTQUEUE_NEXT) != 0 || count == 0 ||
      count > queue->size || len_bytes % VIRTQUEUE_DESCRIPTOR_BYTES != 0 ||
      descriptor->gpa % 8 != 0)
    return -EPROTO;
  const uint8_t *table = guest_memory_access(queue->memory, descriptor->gpa, len_bytes, GUEST_READ);
  int error = table != NULL ? 0 : -EPROTO;
  for (uint32_t i = 0; i < count && error == 0; i++)
  {
    const struct virtqueue_packed_descriptor inner =
        read_descriptor(table + VIRTQUEUE_DESCRIPTOR_BYTES * i);
    const struct virtqueue_descriptor piece = {
        .gpa = inner.gpa, .len_bytes = inner.len_bytes, .flags = inner.flags};
    error = (inner.flags & VIRTQUEUE_INDIRECT) == 0 ? virtqueue_add_piece(queue, chain, &piece)
                                                    : -EPROTO;
  }
  return error;
}

int virtqueue_packed_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
  if (!virtqueue_packed_has_more(queue))
    return 0;
  uint16_t index = queue->take_index;
  bool wrap = queue->take_wrap;
  for (uint16_t entries = 1; entries <= queue->size; entries++)
  {
    const struct virtqueue_packed_descriptor descriptor = read_descriptor(entry(queue, index));
    const struct virtqueue_descriptor piece = {
        .gpa = descriptor.gpa, .len_bytes = descriptor.len_bytes, .flags = descriptor.flags};
    bool is_indirect = (descriptor.flags & VIRTQUEUE_INDIRECT) != 0;
    int error = !is_indirect   ? virtqueue_add_piece(queue, chain, &piece)
                : entries == 1 ? walk_indirect(queue, chain, &descriptor)
                               : -EPROTO;
    if (error != 0)
      return error;
    advance(queue, &index, &wrap, 1);
    if ((descriptor.flags & VIRTQUEUE_NEXT) == 0)
    {
      chain->id = descriptor.id;
      chain->entries = entries;
      queue->take_index = index;
      queue->take_wrap = wrap;
      return 1;
    }
  }
  return -EPROTO;
}

void virtqueue_packed_put(struct virtqueue *queue, uint16_t id, uint16_t entries,
                          uint32_t written_bytes)
{
  uint8_t *hva = entry(queue, queue->put_index);
  volatile struct virtqueue_packed_descriptor *to = (void *) hva;
  uint16_t flags = queue->put_wrap ? VIRTQUEUE_PACKED_AVAILABLE | VIRTQUEUE_PACKED_USED : 0;
  if (written_bytes > 0)
    flags |= VIRTQUEUE_WRITE;
  to->id = id;
  to->len_bytes = written_bytes;
  if (queue->has_first_put)
    virtqueue_store(hva + FLAGS_OFFSET, flags);
  else
  {
    queue->first_put_index = queue->put_index;
    queue->first_put_flags = flags;
    queue->has_first_put = true;
  }
  queue->untold_entries += entries;
  advance(queue, &queue->put_index, &queue->put_wrap, entries);
}

void virtqueue_packed_publish(struct virtqueue *queue)
{
  if (!queue->has_first_put)
    return;
  virtqueue_store(entry(queue, queue->first_put_index) + FLAGS_OFFSET, queue->first_put_flags);
  queue->has_first_put = false;
}

/* Positions in the ring count on without a bound here: those of the last round are below. After a
 * whole round, which a driver that gives buffers back meanwhile may have seen, any position was
 * passed. */
bool virtqueue_packed_wants_interrupt(struct virtqueue *queue)
{
  uint32_t entries = queue->untold_entries;
  uint16_t old = queue->told_index;
  if (queue->told_wrap != queue->put_wrap)
    old = (uint16_t) (old - queue->size);
  queue->told_index = queue->put_index;
  queue->told_wrap = queue->put_wrap;
  queue->untold_entries = 0;
  if (entries == 0)
    return false;
  uint16_t flags = virtqueue_load(queue->driver_hva + 2);
  if (flags == VIRTQUEUE_PACKED_DISABLE)
    return false;
  if (flags != VIRTQUEUE_PACKED_AT_DESCRIPTOR || !queue->has_event_index || entries >= queue->size)
    return true;
  uint16_t position = virtqueue_load(queue->driver_hva);
  uint16_t wanted = position & (WRAP_BIT - 1);
  if (((position & WRAP_BIT) != 0) != queue->put_wrap)
    wanted = (uint16_t) (wanted - queue->size);
  return virtqueue_passed(wanted, queue->put_index, old);
}

void virtqueue_packed_want_notify(struct virtqueue *queue, bool wanted)
{
  if (wanted && queue->has_event_index)
    virtqueue_store(queue->device_hva,
                    (uint16_t) (queue->take_index | (queue->take_wrap ? WRAP_BIT : 0)));
  virtqueue_store(queue->device_hva + 2, !wanted                  ? VIRTQUEUE_PACKED_DISABLE
                                         : queue->has_event_index ? VIRTQUEUE_PACKED_AT_DESCRIPTOR
                                                                  : VIRTQUEUE_PACKED_ENABLE);
}

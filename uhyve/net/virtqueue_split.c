/* The device's side of a split virtqueue: virtio 1.2, 2.7. */
#include "virtqueue.h"

#include <errno.h>
#include <stddef.h>

/* Descriptors of the ring, or of an indirect table. */
struct table
{
  const uint8_t *hva;
  uint32_t count;
  bool is_indirect;
};

static struct virtqueue_split_descriptor read_descriptor(const struct table *table, uint16_t index)
{
  const volatile struct virtqueue_split_descriptor *from =
      (const void *) (table->hva + VIRTQUEUE_DESCRIPTOR_BYTES * index);
  return (struct virtqueue_split_descriptor){
      .gpa = from->gpa, .len_bytes = from->len_bytes, .flags = from->flags, .next = from->next};
}

static uint16_t mask(const struct virtqueue *queue, uint16_t index)
{
  return index & (uint16_t) (queue->size - 1);
}

bool virtqueue_split_has_more(const struct virtqueue *queue)
{
  return virtqueue_load(queue->driver_hva + 2) != queue->take_index;
}

static int open_indirect(const struct virtqueue *queue, struct table *table,
                         const struct virtqueue_split_descriptor *descriptor)
{
  uint32_t len_bytes = descriptor->len_bytes;
  if (!queue->has_indirect || table->is_indirect || (descriptor->flags & VIRTQUEUE_NEXT) != 0 ||
      len_bytes == 0 || len_bytes % VIRTQUEUE_DESCRIPTOR_BYTES != 0 || descriptor->gpa % 8 != 0)
    return -EPROTO;
  table->hva = guest_memory_access(queue->memory, descriptor->gpa, len_bytes, GUEST_READ);
  table->count = len_bytes / (uint32_t) VIRTQUEUE_DESCRIPTOR_BYTES;
  table->is_indirect = true;
  return table->hva != NULL ? 0 : -EPROTO;
}

/* A chain ends after as many descriptors as the ring has, whatever they say: add_piece() counts. */
static int walk(const struct virtqueue *queue, struct virtqueue_chain *chain, uint16_t index)
{
  struct table table = {.hva = queue->descriptors_hva, .count = queue->size};
  for (;;)
  {
    if (index >= table.count)
      return -EPROTO;
    const struct virtqueue_split_descriptor descriptor = read_descriptor(&table, index);
    int error;
    if ((descriptor.flags & VIRTQUEUE_INDIRECT) != 0)
    {
      error = open_indirect(queue, &table, &descriptor);
      index = 0;
    }
    else
    {
      const struct virtqueue_descriptor piece = {
          .gpa = descriptor.gpa, .len_bytes = descriptor.len_bytes, .flags = descriptor.flags};
      error = virtqueue_add_piece(queue, chain, &piece);
      if (error == 0 && (descriptor.flags & VIRTQUEUE_NEXT) == 0)
        return 0;
      index = descriptor.next;
    }
    if (error != 0)
      return error;
  }
}

int virtqueue_split_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
  uint16_t available = (uint16_t) (virtqueue_load(queue->driver_hva + 2) - queue->take_index);
  if (available == 0)
    return 0;
  if (available > queue->size)
    return -EPROTO;
  uint16_t head = virtqueue_load(queue->driver_hva + 4 + 2ull * mask(queue, queue->take_index));
  int error = walk(queue, chain, head);
  if (error != 0)
    return error;
  chain->id = head;
  chain->entries = 1;
  queue->take_index++;
  return 1;
}

void virtqueue_split_put(struct virtqueue *queue, uint16_t id, uint32_t written_bytes)
{
  uint8_t *element = queue->device_hva + 4 + 8ull * mask(queue, queue->put_index);
  virtqueue_store_32(element, id);
  virtqueue_store_32(element + 4, written_bytes);
  queue->put_index++;
}

void virtqueue_split_publish(struct virtqueue *queue)
{
  virtqueue_store(queue->device_hva + 2, queue->put_index);
}

bool virtqueue_split_wants_interrupt(struct virtqueue *queue)
{
  uint16_t old = queue->told_index;
  if (old == queue->put_index)
    return false;
  queue->told_index = queue->put_index;
  if (!queue->has_event_index)
    return (virtqueue_load(queue->driver_hva) & VIRTQUEUE_SPLIT_NO_INTERRUPT) == 0;
  uint16_t wanted = virtqueue_load(queue->driver_hva + 4 + 2ull * queue->size);
  return virtqueue_passed(wanted, queue->put_index, old);
}

void virtqueue_split_want_notify(struct virtqueue *queue, bool wanted)
{
  if (!queue->has_event_index)
    virtqueue_store(queue->device_hva, (uint16_t) (wanted ? 0 : VIRTQUEUE_SPLIT_NO_NOTIFY));
  else if (wanted)
    virtqueue_store(queue->device_hva + 4 + 8ull * queue->size, queue->take_index);
}

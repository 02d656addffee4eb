/* What split and packed virtqueues have in common. */
#include "virtqueue.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define FEATURE(bit) (1ull << (bit))

static bool place_rings(struct virtqueue *queue)
{
  const uint32_t size = queue->size;
  const uint64_t driver_bytes =
      queue->is_packed ? VIRTQUEUE_PACKED_EVENT_BYTES : VIRTQUEUE_SPLIT_DRIVER_BYTES(size);
  const uint64_t device_bytes =
      queue->is_packed ? VIRTQUEUE_PACKED_EVENT_BYTES : VIRTQUEUE_SPLIT_DEVICE_BYTES(size);
  const uint64_t driver_align = queue->is_packed ? 4 : 2;
  if (queue->descriptors_gpa % 16 != 0 || queue->driver_gpa % driver_align != 0 ||
      queue->device_gpa % 4 != 0)
    return false;
  queue->descriptors_hva =
      guest_memory_access(queue->memory, queue->descriptors_gpa, VIRTQUEUE_DESCRIPTOR_BYTES * size,
                          queue->is_packed ? GUEST_READ_WRITE : GUEST_READ);
  queue->driver_hva =
      guest_memory_access(queue->memory, queue->driver_gpa, driver_bytes, GUEST_READ);
  queue->device_hva =
      guest_memory_access(queue->memory, queue->device_gpa, device_bytes, GUEST_READ_WRITE);
  return queue->descriptors_hva != NULL && queue->driver_hva != NULL && queue->device_hva != NULL;
}

int virtqueue_enable(struct virtqueue *queue, const struct guest_memory *memory, uint64_t features)
{
  queue->memory = memory;
  queue->is_packed = (features & FEATURE(VIRTIO_F_RING_PACKED)) != 0;
  queue->has_indirect = (features & FEATURE(VIRTIO_RING_F_INDIRECT_DESC)) != 0;
  queue->has_event_index = (features & FEATURE(VIRTIO_RING_F_EVENT_IDX)) != 0;
  bool is_power = (queue->size & (queue->size - 1)) == 0;
  if (queue->size == 0 || queue->size > VIRTQUEUE_MOST_ENTRIES ||
      (!queue->is_packed && !is_power) || !place_rings(queue))
    return -EINVAL;
  queue->take_index = queue->put_index = queue->told_index = 0;
  queue->take_wrap = queue->put_wrap = queue->told_wrap = true;
  queue->untold_entries = 0;
  queue->has_first_put = false;
  queue->is_ready = true;
  return 0;
}

void virtqueue_disable(struct virtqueue *queue)
{
  queue->is_ready = false;
}

int virtqueue_add_piece(const struct virtqueue *queue, struct virtqueue_chain *chain,
                        const struct virtqueue_descriptor *descriptor)
{
  bool is_writable = (descriptor->flags & VIRTQUEUE_WRITE) != 0;
  bool has_writable = chain->piece_count > chain->readable_count;
  if (chain->piece_count == queue->size || (has_writable && !is_writable))
    return -EPROTO;
  void *hva = guest_memory_access(queue->memory, descriptor->gpa, descriptor->len_bytes,
                                  is_writable ? GUEST_WRITE : GUEST_READ);
  if (hva == NULL)
    return -EPROTO;
  chain->pieces[chain->piece_count++] =
      (struct iovec){.iov_base = hva, .iov_len = descriptor->len_bytes};
  if (is_writable)
    chain->writable_bytes += descriptor->len_bytes;
  else
  {
    chain->readable_count++;
    chain->readable_bytes += descriptor->len_bytes;
  }
  return 0;
}

bool virtqueue_passed(uint16_t wanted, uint16_t now, uint16_t old)
{
  return (uint16_t) (now - wanted - 1) < (uint16_t) (now - old);
}

int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
  chain->piece_count = chain->readable_count = 0;
  chain->readable_bytes = chain->writable_bytes = 0;
  return queue->is_packed ? virtqueue_packed_take(queue, chain)
                          : virtqueue_split_take(queue, chain);
}

bool virtqueue_has_more(const struct virtqueue *queue)
{
  return queue->is_packed ? virtqueue_packed_has_more(queue) : virtqueue_split_has_more(queue);
}

void virtqueue_put(struct virtqueue *queue, uint16_t id, uint16_t entries, uint32_t written_bytes)
{
  if (queue->is_packed)
    virtqueue_packed_put(queue, id, entries, written_bytes);
  else
    virtqueue_split_put(queue, id, written_bytes);
}

void virtqueue_publish(struct virtqueue *queue)
{
  if (queue->is_packed)
    virtqueue_packed_publish(queue);
  else
    virtqueue_split_publish(queue);
}

bool virtqueue_wants_interrupt(struct virtqueue *queue)
{
  /* What was published comes before the driver's wish is read, as the driver's wish comes before it
   * looks again. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return queue->is_packed ? virtqueue_packed_wants_interrupt(queue)
                          : virtqueue_split_wants_interrupt(queue);
}

void virtqueue_want_notify(struct virtqueue *queue, bool wanted)
{
  if (queue->is_packed)
    virtqueue_packed_want_notify(queue, wanted);
  else
    virtqueue_split_want_notify(queue, wanted);
  if (wanted)
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Virtqueues: their memory. Apart from the rest, which runs in upcalls too. */
#include <errno.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "virtio/virtqueue_kinds.h"

static size_t slots_bytes(uint16_t size)
{
  return size * sizeof(struct virtqueue_slot);
}

/* Contiguous, and 0. */
static void *allocate_shared(size_t len_bytes, uint64_t *gpa)
{
  void *memory = kernel_allocate_zeroed(len_bytes);
  if (memory != NULL)
    *gpa = address_to_gpa(memory, ADDRESS_WRITE);
  return memory;
}

int virtqueue_create(struct virtqueue *queue, uint16_t size, unsigned int features,
                     uint16_t table_entries)
{
  uint64_t memory_gpa = 0;
  *queue = (struct virtqueue){.size = size,
                              .free_count = size,
                              .is_packed = (features & VIRTQUEUE_PACKED) != 0,
                              .has_event_index = (features & VIRTQUEUE_EVENT_INDEX) != 0,
                              .table_entries = table_entries};
  queue->memory_bytes = queue->is_packed ? packed_memory_bytes(size) : split_memory_bytes(size);
  queue->memory = allocate_shared(queue->memory_bytes, &memory_gpa);
  queue->slots = kernel_allocate_zeroed(slots_bytes(size));
  if (table_entries != 0)
    queue->tables =
        allocate_shared(virtqueue_tables_bytes(size, table_entries), &queue->tables_gpa);
  if (queue->memory == NULL || queue->slots == NULL ||
      (table_entries != 0 && queue->tables == NULL))
  {
    virtqueue_destroy(queue);
    return -ENOMEM;
  }
  for (uint16_t i = 0; i < size; i++)
    queue->slots[i].next = (uint16_t) (i + 1);
  if (queue->is_packed)
    packed_init(queue, memory_gpa);
  else
    split_init(queue, memory_gpa);
  return 0;
}

void virtqueue_destroy(struct virtqueue *queue)
{
  kernel_free(queue->memory, queue->memory_bytes);
  kernel_free(queue->slots, slots_bytes(queue->size));
  kernel_free(queue->tables, virtqueue_tables_bytes(queue->size, queue->table_entries));
  *queue = (struct virtqueue){.is_broken = true};
}

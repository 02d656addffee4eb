/* Split rings (virtio 1.2, section 2.7): a table of descriptors, a ring of chains for the device,
 * and one of chains that it is done with. Each side writes its own alone. */
#include "mm/address.h"
#include "virtio/virtqueue_kinds.h"

#define CACHE_LINE_BYTES 64ul

static size_t descriptors_bytes(uint16_t size)
{
  return size * sizeof(struct split_descriptor);
}

/* With the position of the event, and up to the next line, for the other side writes there. */
static size_t available_bytes(uint16_t size)
{
  size_t len_bytes = sizeof(struct split_available) + (size + 1ul) * sizeof(uint16_t);
  return (len_bytes + CACHE_LINE_BYTES - 1) & -CACHE_LINE_BYTES;
}

static size_t used_bytes(uint16_t size)
{
  return sizeof(struct split_used) + size * sizeof(struct split_used_entry) + sizeof(uint16_t);
}

/* The descriptors begin a line and the rest follows: the smallest table is less than one. */
static size_t available_offset(uint16_t size)
{
  return (descriptors_bytes(size) + CACHE_LINE_BYTES - 1) & -CACHE_LINE_BYTES;
}

size_t split_memory_bytes(uint16_t size)
{
  return available_offset(size) + available_bytes(size) + used_bytes(size);
}

void split_init(struct virtqueue *queue, uint64_t memory_gpa)
{
  unsigned char *memory = queue->memory;
  size_t available = available_offset(queue->size);
  size_t used = available + available_bytes(queue->size);
  queue->split.descriptors = queue->memory;
  queue->split.available = (struct split_available *) (memory + available);
  queue->split.used = (struct split_used *) (memory + used);
  queue->descriptors_gpa = memory_gpa;
  queue->driver_gpa = memory_gpa + available;
  queue->device_gpa = memory_gpa + used;
}

/* The position of what the driver wants an interrupt for. */
static uint16_t *used_event(const struct virtqueue *queue)
{
  return &queue->split.available->entries[queue->size];
}

/* The position of what the device wants to be told of. */
static const uint16_t *available_event(const struct virtqueue *queue)
{
  return (const uint16_t *) &queue->split.used->entries[queue->size];
}

static uint16_t piece_flags(const struct virtqueue_chain *chain, unsigned int index)
{
  unsigned int flags = index + 1 < chain->count ? DESCRIPTOR_NEXT : 0;
  if (index >= chain->read_count)
    flags |= DESCRIPTOR_WRITE;
  if (chain->is_indirect)
    flags |= DESCRIPTOR_INDIRECT;
  return (uint16_t) flags;
}

void split_fill_table(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  struct split_descriptor *table =
      (struct split_descriptor *) queue->tables + (size_t) id * queue->table_entries;
  for (unsigned int i = 0; i < chain->count; i++)
    table[i] = (struct split_descriptor){.gpa = chain->pieces[i].gpa,
                                         .len_bytes = chain->pieces[i].len_bytes,
                                         .flags = piece_flags(chain, i),
                                         .next = (uint16_t) (i + 1)};
}

void split_add(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  uint16_t at = id;
  for (unsigned int i = 0; i < chain->count; i++)
  {
    uint16_t next = queue->slots[at].next;
    queue->split.descriptors[at] =
        (struct split_descriptor){.gpa = chain->pieces[i].gpa,
                                  .len_bytes = chain->pieces[i].len_bytes,
                                  .flags = piece_flags(chain, i),
                                  .next = next};
    at = next;
  }
  struct split_available *available = queue->split.available;
  __atomic_store_n(&available->entries[queue->added & (queue->size - 1)], id, __ATOMIC_RELAXED);
  queue->added++;
  queue->untold++;
  __atomic_store_n(&available->index, queue->added, __ATOMIC_RELEASE);
}

bool split_must_notify(struct virtqueue *queue)
{
  if (!queue->has_event_index)
    return (__atomic_load_n(&queue->split.used->flags, __ATOMIC_RELAXED) & SPLIT_NO_NOTIFY) == 0;
  uint16_t event = __atomic_load_n(available_event(queue), __ATOMIC_RELAXED);
  return ring_passes(event, queue->added, (uint16_t) (queue->added - queue->untold));
}

bool split_has_used(const struct virtqueue *queue)
{
  return __atomic_load_n(&queue->split.used->index, __ATOMIC_ACQUIRE) !=
         __atomic_load_n(&queue->taken, __ATOMIC_RELAXED);
}

uint32_t split_take(struct virtqueue *queue, uint32_t *written_bytes)
{
  const struct split_used_entry *entry =
      &queue->split.used->entries[queue->taken & (queue->size - 1)];
  *written_bytes = __atomic_load_n(&entry->len_bytes, __ATOMIC_RELAXED);
  __atomic_store_n(&queue->taken, (uint16_t) (queue->taken + 1), __ATOMIC_RELAXED);
  return __atomic_load_n(&entry->id, __ATOMIC_RELAXED);
}

void split_expect(struct virtqueue *queue, enum virtqueue_when when)
{
  if (!queue->has_event_index)
  {
    __atomic_store_n(&queue->split.available->flags, 0, __ATOMIC_RELAXED);
    return;
  }
  unsigned int on_their_way = (uint16_t) (queue->added - queue->taken);
  unsigned int ahead = when == VIRTQUEUE_NEXT ? 0 : on_their_way * 3 / 4;
  __atomic_store_n(used_event(queue), (uint16_t) (queue->taken + ahead), __ATOMIC_RELAXED);
}

/* With the event index, the position that was last asked for passes and then is far away; but one
 * that is still to come is taken back. */
void split_quiet(struct virtqueue *queue)
{
  if (!queue->has_event_index)
    __atomic_store_n(&queue->split.available->flags, SPLIT_NO_INTERRUPT, __ATOMIC_RELAXED);
  else
    __atomic_store_n(used_event(queue), (uint16_t) (queue->taken - 1), __ATOMIC_RELAXED);
}

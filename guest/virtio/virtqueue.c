/* Virtqueues: what split and packed rings have in common. Which chains are on their way is known
 * here and not read back from the ring, so that a device that breaks its rules breaks no memory. */
#include "virtio/virtqueue.h"

#include <errno.h>

#include "virtio/virtqueue_kinds.h"

/* From so many pieces on a table is worth its reading: the ring then holds as many chains as it has
 * descriptors. */
#define INDIRECT_LEAST 3u

/* Takes free ones out of the list: an id, in a split ring with the other descriptors of the chain
 * linked behind it. */
static uint16_t take_slots(struct virtqueue *queue, uint16_t count, void *token)
{
  uint16_t id = queue->free_first;
  uint16_t last = id;
  for (uint16_t i = 1; i < count && !queue->is_packed; i++)
    last = queue->slots[last].next;
  queue->free_first = queue->slots[last].next;
  queue->free_count = (uint16_t) (queue->free_count - count);
  queue->slots[id].token = token;
  queue->slots[id].count = count;
  return id;
}

static void *free_slots(struct virtqueue *queue, uint16_t id)
{
  struct virtqueue_slot *slot = &queue->slots[id];
  void *token = slot->token;
  uint16_t last = id;
  for (uint16_t i = 1; i < slot->count && !queue->is_packed; i++)
    last = queue->slots[last].next;
  queue->slots[last].next = queue->free_first;
  queue->free_first = id;
  queue->free_count = (uint16_t) (queue->free_count + slot->count);
  slot->token = NULL;
  return token;
}

static void add_chain(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  if (queue->is_packed)
    packed_add(queue, id, chain);
  else
    split_add(queue, id, chain);
}

static void add_table(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain)
{
  const struct virtqueue_piece table = {
      .gpa = queue->tables_gpa + virtqueue_tables_bytes(id, queue->table_entries),
      .len_bytes = (uint32_t) (chain->count * sizeof(struct split_descriptor))};
  const struct virtqueue_chain single = {
      .pieces = &table, .count = 1, .read_count = 1, .is_indirect = true};
  if (queue->is_packed)
    packed_fill_table(queue, id, chain);
  else
    split_fill_table(queue, id, chain);
  add_chain(queue, id, &single);
}

int virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces,
                  unsigned int read_count, unsigned int write_count, void *token)
{
  const struct virtqueue_chain chain = {
      .pieces = pieces, .count = read_count + write_count, .read_count = read_count};
  bool fits_table = chain.count <= queue->table_entries;
  if (chain.count == 0 || (chain.count > queue->size && !fits_table))
    return -EINVAL;
  bool by_table = fits_table && (chain.count >= INDIRECT_LEAST || chain.count > queue->free_count);
  uint16_t needed = by_table ? 1 : (uint16_t) chain.count;
  if (needed > queue->free_count || queue->is_broken)
    return -EAGAIN;
  uint16_t id = take_slots(queue, needed, token);
  if (by_table)
    add_table(queue, id, &chain);
  else
    add_chain(queue, id, &chain);
  return 0;
}

bool virtqueue_must_notify(struct virtqueue *queue)
{
  if (queue->untold == 0)
    return false;
  /* What was added must be seen by a device that goes to sleep before its wish is read here. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  bool must = queue->is_packed ? packed_must_notify(queue) : split_must_notify(queue);
  queue->untold = 0;
  return must;
}

bool virtqueue_has_used(const struct virtqueue *queue)
{
  if (queue->is_broken)
    return false;
  return queue->is_packed ? packed_has_used(queue) : split_has_used(queue);
}

void *virtqueue_take(struct virtqueue *queue, uint32_t *written_bytes)
{
  if (!virtqueue_has_used(queue))
    return NULL;
  uint32_t id =
      queue->is_packed ? packed_take(queue, written_bytes) : split_take(queue, written_bytes);
  if (id >= queue->size || queue->slots[id].token == NULL)
  {
    queue->is_broken = true;
    return NULL;
  }
  if (queue->is_packed)
    packed_pass(queue, queue->slots[id].count);
  return free_slots(queue, (uint16_t) id);
}

bool virtqueue_expect(struct virtqueue *queue, enum virtqueue_when when)
{
  if (queue->is_packed)
    packed_expect(queue, when);
  else
    split_expect(queue, when);
  /* The device sees the wish, or this sees what the device did before it looked. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return virtqueue_has_used(queue);
}

void virtqueue_quiet(struct virtqueue *queue)
{
  if (queue->is_packed)
    packed_quiet(queue);
  else
    split_quiet(queue);
}

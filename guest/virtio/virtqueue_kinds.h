/* The two kinds of rings, behind virtqueue.c. As virtqueue.h, with what is the same for both done
 * before: there is room, `pieces` are at most the ring's size, ids are marked. */
#ifndef GUEST_VIRTIO_VIRTQUEUE_KINDS_H
#define GUEST_VIRTIO_VIRTQUEUE_KINDS_H

#include "virtio/virtqueue.h"

/* A chain as it goes into the ring. */
struct virtqueue_chain
{
  const struct virtqueue_piece *pieces;
  unsigned int count;
  unsigned int read_count;
  bool is_indirect; /* one piece, a table */
};

/* Of the tables of so many ids. */
static inline size_t virtqueue_tables_bytes(unsigned int ids, uint16_t table_entries)
{
  return (size_t) ids * table_entries * sizeof(struct split_descriptor);
}

size_t split_memory_bytes(uint16_t size);
void split_init(struct virtqueue *queue, uint64_t memory_gpa);
void split_fill_table(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain);
void split_add(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain);
bool split_must_notify(struct virtqueue *queue);
bool split_has_used(const struct virtqueue *queue);
uint32_t split_take(struct virtqueue *queue, uint32_t *written_bytes); /* the id; nothing checked */
void split_expect(struct virtqueue *queue, enum virtqueue_when when);
void split_quiet(struct virtqueue *queue);

size_t packed_memory_bytes(uint16_t size);
void packed_init(struct virtqueue *queue, uint64_t memory_gpa);
void packed_fill_table(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain);
void packed_add(struct virtqueue *queue, uint16_t id, const struct virtqueue_chain *chain);
bool packed_must_notify(struct virtqueue *queue);
bool packed_has_used(const struct virtqueue *queue);
uint32_t packed_take(struct virtqueue *queue, uint32_t *written_bytes);
void packed_pass(struct virtqueue *queue, uint16_t count); /* the descriptors of what was taken */
void packed_expect(struct virtqueue *queue, enum virtqueue_when when);
void packed_quiet(struct virtqueue *queue);

#endif

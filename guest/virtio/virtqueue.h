/* Virtqueues, the driver's side: what is shared with any virtio device, over any transport.
 *
 * Not safe for several tasks: the caller excludes calls for the same queue, but for
 * virtqueue_has_used(), which may be called any time. Nothing here blocks, but for create.
 */
#ifndef GUEST_VIRTIO_VIRTQUEUE_H
#define GUEST_VIRTIO_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio/virtio_ring.h"

/* What of the features that were agreed on counts here. */
#define VIRTQUEUE_PACKED      1u
#define VIRTQUEUE_EVENT_INDEX 2u

#define VIRTQUEUE_MOST        32768u /* descriptors */

struct virtqueue_piece
{
  uint64_t gpa;
  uint32_t len_bytes;
};

/* One for each descriptor of the ring; a chain has that of its id. */
struct virtqueue_slot
{
  void *token;    /* null: nothing is on its way under this id */
  uint16_t count; /* descriptors of the ring that it takes */
  uint16_t next;  /* free one behind it; in a split ring the next of the chain too */
};

struct virtqueue
{
  uint16_t size; /* descriptors in the ring */
  uint16_t free_count;
  uint16_t free_first;
  bool is_packed;
  bool has_event_index;
  bool is_broken;  /* the device gave back what it did not have; nothing more comes */
  bool added_wrap; /* packed: the wrap counter of `added` */
  uint16_t added;  /* split: chains, counted on; packed: place of the next descriptor */
  uint16_t untold; /* as `added`, since virtqueue_must_notify() */
  uint16_t taken;  /* as `added`, of what came back; packed: with its wrap counter on top */

  union
  {
    struct
    {
      struct split_descriptor *descriptors;
      struct split_available *available;
      struct split_used *used;
    } split;
    struct
    {
      struct packed_descriptor *ring;
      struct packed_event *driver;
      struct packed_event *device;
    } packed;
  };
  struct virtqueue_slot *slots;
  unsigned char *tables; /* of indirect descriptors, one for each id; null: none */
  uint64_t tables_gpa;
  uint16_t table_entries;

  void *memory; /* the ring */
  size_t memory_bytes;
  uint64_t descriptors_gpa; /* for the transport */
  uint64_t driver_gpa;
  uint64_t device_gpa;
};

/* Makes an empty queue of so many descriptors, a power of two. table_entries: how long the longest
 * chain may be, which then takes one descriptor of the ring; 0: there are no such tables. Returns 0
 * or -ENOMEM. May make a hypercall. */
int virtqueue_create(struct virtqueue *queue, uint16_t size, unsigned int features,
                     uint16_t table_entries);

/* The device must have forgotten it. */
void virtqueue_destroy(struct virtqueue *queue);

/* Gives the device a chain: pieces that it reads, then those that it writes. Returns 0, -EAGAIN
 * (the ring is full), -EINVAL (so long a chain can never be). The token is not null. */
int virtqueue_add(struct virtqueue *queue, const struct virtqueue_piece *pieces,
                  unsigned int read_count, unsigned int write_count, void *token);

/* Whether the device wants to be told of what was added since the last call. */
bool virtqueue_must_notify(struct virtqueue *queue);

/* Takes back a chain that the device is done with: its token, or null. *written_bytes: what the
 * device says to have written. */
void *virtqueue_take(struct virtqueue *queue, uint32_t *written_bytes);

/* Whether there is something to take. */
bool virtqueue_has_used(const struct virtqueue *queue);

enum virtqueue_when
{
  VIRTQUEUE_NEXT,       /* with the next chain */
  VIRTQUEUE_MOST_OF_IT, /* when most of what is on its way is done */
};

/* Asks for an interrupt. Returns true if something is there already: perhaps none comes then. */
bool virtqueue_expect(struct virtqueue *queue, enum virtqueue_when when);

/* Wants none, though some may come still. */
void virtqueue_quiet(struct virtqueue *queue);

#endif

/* The device's side of a virtqueue, split or packed (virtio 1.2, 2.7 and 2.8). All that lies in the
 * ring is the guest's, and may change at any time. One thread at a time. */
#ifndef UHYVE_NET_VIRTQUEUE_H
#define UHYVE_NET_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "uhyve/guest_memory.h"

#define VIRTQUEUE_MOST_ENTRIES 512

/* Both kinds of ring have descriptors of 16 bytes. */
struct virtqueue_split_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t flags;
  uint16_t next;
};

struct virtqueue_packed_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t id;
  uint16_t flags;
};

#define VIRTQUEUE_NEXT                  1u
#define VIRTQUEUE_WRITE                 2u /* by the device */
#define VIRTQUEUE_INDIRECT              4u
#define VIRTQUEUE_PACKED_AVAILABLE      (1u << 7)
#define VIRTQUEUE_PACKED_USED           (1u << 15)

#define VIRTQUEUE_SPLIT_NO_INTERRUPT    1u /* flags of the driver's ring */
#define VIRTQUEUE_SPLIT_NO_NOTIFY       1u /* flags of the device's ring */

#define VIRTQUEUE_PACKED_ENABLE         0u /* flags of event structures */
#define VIRTQUEUE_PACKED_DISABLE        1u
#define VIRTQUEUE_PACKED_AT_DESCRIPTOR  2u

#define VIRTQUEUE_DESCRIPTOR_BYTES      16ull
#define VIRTQUEUE_PACKED_EVENT_BYTES    4ull
#define VIRTQUEUE_SPLIT_DRIVER_BYTES(n) (6ull + 2ull * (n))
#define VIRTQUEUE_SPLIT_DEVICE_BYTES(n) (6ull + 8ull * (n))

struct virtqueue
{
  const struct guest_memory *memory;
  uint16_t size;
  uint64_t descriptors_gpa;
  uint64_t driver_gpa; /* split: available ring; packed: the driver's event structure */
  uint64_t device_gpa; /* split: used ring; packed: the device's */

  /* The rest counts while it is ready. */
  bool is_ready;
  bool is_packed;
  bool has_indirect;
  bool has_event_index;
  uint8_t *descriptors_hva;
  uint8_t *driver_hva;
  uint8_t *device_hva;
  uint16_t take_index; /* of the next chain; split: counts on without a bound */
  uint16_t put_index;  /* where the next used one goes */
  bool take_wrap;      /* packed: the ring's wrap counters */
  bool put_wrap;
  uint16_t told_index; /* put_index and its wrap counter at the last decision on an interrupt */
  bool told_wrap;
  uint32_t untold_entries; /* packed: what was put since then */

  /* Packed: the first of a batch, whose flags make all of it visible. */
  uint16_t first_put_index;
  uint16_t first_put_flags;
  bool has_first_put;
};

struct virtqueue_chain
{
  uint16_t id;
  uint16_t entries;        /* of the ring */
  uint16_t readable_count; /* the first of pieces; the rest is to be written */
  uint16_t piece_count;
  uint64_t readable_bytes;
  uint64_t writable_bytes;
  struct iovec pieces[VIRTQUEUE_MOST_ENTRIES]; /* host memory, the guest's */
};

/* Makes a ring ready whose size and addresses are set. Returns 0, or -EINVAL: it is none. */
int virtqueue_enable(struct virtqueue *queue, const struct guest_memory *memory, uint64_t features);

/* It can be enabled anew, as after a reset. */
void virtqueue_disable(struct virtqueue *queue);

/* The next chain that the driver has made available. Returns 1, 0: there is none, or -EPROTO: the
 * ring is broken. Writes nothing to guest memory. */
int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain);

/* Whether virtqueue_take() would have something. */
bool virtqueue_has_more(const struct virtqueue *queue);

/* Gives a chain back to the driver, in the order in which they were taken. The driver sees it after
 * virtqueue_publish(). */
void virtqueue_put(struct virtqueue *queue, uint16_t id, uint16_t entries, uint32_t written_bytes);
void virtqueue_publish(struct virtqueue *queue);

/* Whether the driver wants an interrupt for what was published since the last call. */
bool virtqueue_wants_interrupt(struct virtqueue *queue);

/* Whether the driver is to tell of new chains. It may do so in spite of a no. After a yes one has
 * to look once more. */
void virtqueue_want_notify(struct virtqueue *queue, bool wanted);

/* For the two kinds of ring. */
struct virtqueue_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t flags;
};

/* Adds a piece. Returns 0 or -EPROTO. */
int virtqueue_add_piece(const struct virtqueue *queue, struct virtqueue_chain *chain,
                        const struct virtqueue_descriptor *descriptor);

/* Whether index `wanted` lies in what was put from `old` on, up to `now` (virtio 1.2, 2.7.10). */
bool virtqueue_passed(uint16_t wanted, uint16_t now, uint16_t old);

int virtqueue_split_take(struct virtqueue *queue, struct virtqueue_chain *chain);
bool virtqueue_split_has_more(const struct virtqueue *queue);
void virtqueue_split_put(struct virtqueue *queue, uint16_t id, uint32_t written_bytes);
void virtqueue_split_publish(struct virtqueue *queue);
bool virtqueue_split_wants_interrupt(struct virtqueue *queue);
void virtqueue_split_want_notify(struct virtqueue *queue, bool wanted);

int virtqueue_packed_take(struct virtqueue *queue, struct virtqueue_chain *chain);
bool virtqueue_packed_has_more(const struct virtqueue *queue);
void virtqueue_packed_put(struct virtqueue *queue, uint16_t id, uint16_t entries,
                          uint32_t written_bytes);
void virtqueue_packed_publish(struct virtqueue *queue);
bool virtqueue_packed_wants_interrupt(struct virtqueue *queue);
void virtqueue_packed_want_notify(struct virtqueue *queue, bool wanted);

/* Words of the guest's memory, which it changes meanwhile: read and written once, as a whole. */
static inline uint16_t virtqueue_load(const uint8_t *hva)
{
  return __atomic_load_n((const uint16_t *) (const void *) hva, __ATOMIC_ACQUIRE);
}

static inline void virtqueue_store(uint8_t *hva, uint16_t value)
{
  __atomic_store_n((uint16_t *) (void *) hva, value, __ATOMIC_RELEASE);
}

static inline void virtqueue_store_32(uint8_t *hva, uint32_t value)
{
  __atomic_store_n((uint32_t *) (void *) hva, value, __ATOMIC_RELAXED);
}

#endif

/* What lies in the memory of a virtqueue: split and packed rings (virtio 1.2, sections 2.7 and
 * 2.8). */
#ifndef GUEST_VIRTIO_VIRTIO_RING_H
#define GUEST_VIRTIO_VIRTIO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Both kinds ---- */

#define DESCRIPTOR_NEXT     1u /* the chain goes on */
#define DESCRIPTOR_WRITE    2u /* the device writes it */
#define DESCRIPTOR_INDIRECT 4u /* a table of descriptors */

/* ---- Split ---- */

struct split_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t flags;
  uint16_t next;
};

#define SPLIT_NO_INTERRUPT 1u /* without event index */
#define SPLIT_NO_NOTIFY    1u

/* Behind the last entry: the position that is to raise an interrupt, a uint16_t. */
struct split_available
{
  uint16_t flags;
  uint16_t index;
  uint16_t entries[];
};

struct split_used_entry
{
  uint32_t id; /* first descriptor of the chain */
  uint32_t len_bytes;
};

/* Behind the last entry: the position that the device wants to be told of, a uint16_t. */
struct split_used
{
  uint16_t flags;
  uint16_t index;
  struct split_used_entry entries[];
};

/* ---- Packed ---- */

struct packed_descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t id;
  uint16_t flags;
};

#define PACKED_AVAILABLE 0x80u
#define PACKED_USED      0x8000u

/* When one side wants to hear from the other. */
struct packed_event
{
  _Alignas(uint32_t) uint16_t position; /* in the ring, with the wrap counter on top */
  uint16_t flags;
};

#define PACKED_EVENT_ALWAYS      0u
#define PACKED_EVENT_NEVER       1u
#define PACKED_EVENT_AT_POSITION 2u
#define PACKED_WRAP              0x8000u

_Static_assert(sizeof(struct split_descriptor) == 16, "virtio 1.2, 2.7.5");
_Static_assert(sizeof(struct packed_descriptor) == 16, "virtio 1.2, 2.8.13");
_Static_assert(offsetof(struct split_used, entries) == 4, "virtio 1.2, 2.7.8");
_Static_assert(sizeof(struct packed_event) == 4, "virtio 1.2, 2.8.14");

/* Whether the step from position `from` to `to` passes the event (virtio 1.2, 2.7.10). */
static inline bool ring_passes(uint16_t event, uint16_t to, uint16_t from)
{
  return (uint16_t) (to - event - 1) < (uint16_t) (to - from);
}

#endif

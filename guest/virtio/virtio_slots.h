/* Virtio devices behind memory-mapped registers that no bus tells of, in a machine without a
 * monitor. */
#ifndef GUEST_VIRTIO_VIRTIO_SLOTS_H
#define GUEST_VIRTIO_VIRTIO_SLOTS_H

#include "hypercalls/start_info.h"
#include "virtio/virtio_device.h"

#define VIRTIO_SLOT_MOST_LINES 2

/* Where there may be a device, and lines of the I/O APICs one of which is its own; nothing else
 * uses the others. */
struct virtio_slot
{
  uint64_t registers_gpa;
  unsigned int lines[VIRTIO_SLOT_MOST_LINES];
  unsigned int line_count;
};

/* The one that the command line names. */
struct virtio_slot virtio_slot_named(const struct uhyve_interface *interface);

/* Calls `found` for each slot of QEMU's microvm, if there is no PCI, until it returns true. */
bool virtio_slots_find(bool (*found)(const struct virtio_slot *slot, void *context), void *context);

/* Whether a device of this type is there; one that is too old is told of on the console. Returns 0,
 * -ENODEV, -ENOTSUP; -ENXIO: no device at all. */
int virtio_slot_probe(struct virtio_device *device, const struct virtio_slot *slot, uint32_t type);

/* Has its interrupts come as a vector. Returns 0, -ENOSYS. */
int virtio_slot_use_lines(struct virtio_device *device, const struct virtio_slot *slot,
                          uint8_t vector);

#endif

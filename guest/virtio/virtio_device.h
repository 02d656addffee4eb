/* A virtio device (virtio 1.2), whatever bus it is on: what a transport does, and the start that
 * all devices have in common. */
#ifndef GUEST_VIRTIO_VIRTIO_DEVICE_H
#define GUEST_VIRTIO_VIRTIO_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio/virtqueue.h"

/* Device types, features and status: section 5, 6, 2.1. */
#define VIRTIO_TYPE_NETWORK        1u
#define VIRTIO_TYPE_CONSOLE        3u

#define VIRTIO_INDIRECT            (1ull << 28)
#define VIRTIO_EVENT_INDEX         (1ull << 29)
#define VIRTIO_VERSION_1           (1ull << 32)
#define VIRTIO_ACCESS_PLATFORM     (1ull << 33) /* its addresses are an IOMMU's, where one is on */
#define VIRTIO_PACKED              (1ull << 34)

#define VIRTIO_STATUS_ACKNOWLEDGE  1u
#define VIRTIO_STATUS_DRIVER       2u
#define VIRTIO_STATUS_DRIVER_READY 4u
#define VIRTIO_STATUS_FEATURES_OK  8u
#define VIRTIO_STATUS_NEEDS_RESET  64u
#define VIRTIO_STATUS_FAILED       128u

struct virtio_device;

/* Each access may cost an exit to the monitor, tens of microseconds. */
struct virtio_transport
{
  uint64_t (*features)(const struct virtio_device *device);
  void (*set_features)(const struct virtio_device *device, uint64_t features);
  uint32_t (*status)(const struct virtio_device *device);
  void (*set_status)(const struct virtio_device *device, uint32_t status);
  uint8_t (*configuration8)(const struct virtio_device *device, unsigned int offset);
  uint16_t (*configuration16)(const struct virtio_device *device, unsigned int offset);
  uint16_t (*most_descriptors)(const struct virtio_device *device, uint16_t queue);
  /* After most_descriptors() of the same queue. Returns 0, -ENOSYS, -ENOTSUP. */
  int (*start_queue)(const struct virtio_device *device, uint16_t number,
                     const struct virtqueue *queue);
  void (*notify)(const struct virtio_device *device, uint16_t queue);
};

/* What a device interrupts for: 4.1.4.5, 4.2.2. */
#define VIRTIO_CAUSE_QUEUE         1u
#define VIRTIO_CAUSE_CONFIGURATION 2u

struct virtio_device
{
  const struct virtio_transport *transport;
  void *registers;   /* as the transport has them */
  uint64_t features; /* that both sides have */
  /* Says why the device interrupts, VIRTIO_CAUSE_*, and takes that back: its line falls. In
   * upcalls. Null: interrupts are messages, and nobody need say. */
  uint32_t (*take_cause)(const struct virtio_device *device);
  /* It has one message alone: each may be about the configuration, too. */
  bool shares_message;
};

/* A device of this type behind registers of virtio-mmio, version 2. Returns 0, -ENODEV, -ENXIO: no
 * device at all, -ENOTSUP: it is one of version 1. */
int virtio_mmio_probe(struct virtio_device *device, uint64_t registers_gpa, uint32_t type);

/* Has its interrupts, as it has no messages, come by a line that counts in I/O APICs, as a vector.
 * Returns 0, -ENOSYS. */
int virtio_mmio_use_line(struct virtio_device *device, unsigned int line, uint8_t vector);

/* A device of this type on PCI (4.1), with interrupts of its queues by one vector and of its
 * configuration by another (0: none) where it has messages. Returns 0, -ENODEV, -ENOMEM, -ENOSYS,
 * -ENOTSUP: it is older than version 1. */
struct pci_device;
int virtio_pci_probe(struct virtio_device *device, const struct pci_device *pci, uint32_t type,
                     uint8_t vector, uint8_t configuration_vector);

/* Resets the device and agrees on features: as many of the wanted ones as it has, without those
 * that others must come with (`settle`). Returns 0, -ENOTSUP: it lacks VIRTIO_VERSION_1 or
 * refuses, -ENODEV: it does not end its reset. */
int virtio_begin(struct virtio_device *device, uint64_t (*settle)(uint64_t features));

/* Makes a queue of at most so many descriptors and shows it to the device. Returns 0, -ENOMEM,
 * -ENODEV (there is no such queue), -ENOSYS (the device refuses its interrupt), -ENOTSUP. */
int virtio_start_queue(const struct virtio_device *device, uint16_t number, uint16_t most,
                       uint16_t table_entries, struct virtqueue *queue);

/* The device may begin. */
void virtio_ready(const struct virtio_device *device);

/* It is not used after all: it forgets everything. */
void virtio_fail(const struct virtio_device *device);

static inline void virtio_notify(const struct virtio_device *device, uint16_t queue)
{
  device->transport->notify(device, queue);
}

#endif

/* A virtio device behind a page of registers (virtio 1.2, 4.2, version 2). The caller's lock is
 * held in all calls. */
#ifndef UHYVE_NET_VIRTIO_MMIO_H
#define UHYVE_NET_VIRTIO_MMIO_H

#include <stdbool.h>
#include <stdint.h>

#include "virtqueue.h"

#define VIRTIO_MOST_QUEUES     17
#define VIRTIO_REGISTERS_BYTES 4096

struct virtio_mmio;

struct virtio_device_operations
{
  /* Whether the driver's choice makes sense; beyond being offered, which was seen to. */
  bool (*accepts)(uint64_t features);
  /* The driver is ready; the ring of a queue is to be used no more; all is as at the begin. */
  void (*start)(struct virtio_mmio *virtio);
  void (*stop_queue)(struct virtio_mmio *virtio, unsigned int queue);
  void (*reset)(struct virtio_mmio *virtio);
};

struct virtio_mmio
{
  const struct virtio_device_operations *operations;
  const struct guest_memory *memory;
  const void *config; /* read-only for the driver */
  uint32_t config_bytes;
  uint32_t device_id;
  uint32_t queue_count;
  uint64_t offered; /* features */

  uint64_t accepted;
  uint32_t offered_select;
  uint32_t accepted_select;
  uint32_t queue_select;
  uint32_t status;
  uint32_t interrupt_status;
  uint32_t generation; /* of config */
  struct virtqueue queues[VIRTIO_MOST_QUEUES];
};

/* Serves an access of a driver: any offset in the page, any length from 1 to 8. */
uint64_t virtio_mmio_read(const struct virtio_mmio *virtio, uint64_t offset, uint32_t len_bytes);
void virtio_mmio_write(struct virtio_mmio *virtio, uint64_t offset, uint32_t len_bytes,
                       uint64_t value);

/* Whether the driver is ready and the device has not given up. */
bool virtio_mmio_is_running(const struct virtio_mmio *virtio);

/* The driver has broken the rules: nothing more happens until it resets the device. */
void virtio_mmio_break(struct virtio_mmio *virtio);

/* config has changed. */
void virtio_mmio_tell_config(struct virtio_mmio *virtio);

#endif

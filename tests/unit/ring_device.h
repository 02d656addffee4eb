/* The device's side of a virtqueue, for tests of the driver's: a plain reading of virtio 1.2, on
 * memory of this process. What the driver must not do fails the test. */
#ifndef TESTS_RING_DEVICE_H
#define TESTS_RING_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio/virtqueue.h"

#define RING_DEVICE_MOST_PIECES 64

struct ring_device
{
  uint16_t size;
  bool is_packed, has_event_index;
  unsigned char *descriptors, *driver, *device;
  uint16_t next_available, next_used; /* packed: places */
  bool available_wrap, used_wrap;
  uint16_t unsaid; /* used since the driver was last asked; packed: descriptors */
};

struct ring_chain
{
  uint16_t id;
  uint16_t descriptors; /* of the ring */
  unsigned int count, read_count;
  struct virtqueue_piece pieces[RING_DEVICE_MOST_PIECES];
};

void ring_device_init(struct ring_device *device, const struct virtqueue *queue);

bool ring_device_take(struct ring_device *device, struct ring_chain *chain);
void ring_device_use(struct ring_device *device, const struct ring_chain *chain,
                     uint32_t written_bytes);
bool ring_device_must_interrupt(struct ring_device *device);

/* Asks to be told of the next chain; true: there is one. */
bool ring_device_expect(struct ring_device *device);
void ring_device_quiet(struct ring_device *device);

#endif

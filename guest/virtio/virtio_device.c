/* How every virtio device starts (virtio 1.2, section 3.1.1). */
#include "virtio/virtio_device.h"

#include <errno.h>

#define STATUS_BEGUN (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER)

#define MOST_LOOKS   100000

/* A reset is done when the status reads 0. Returns whether it is. */
static bool reset(const struct virtio_device *device)
{
  device->transport->set_status(device, 0);
  for (int i = 0; i < MOST_LOOKS; i++)
    if (device->transport->status(device) == 0)
      return true;
  return false;
}

int virtio_begin(struct virtio_device *device, uint64_t (*settle)(uint64_t features))
{
  const struct virtio_transport *transport = device->transport;
  if (!reset(device))
    return -ENODEV;
  transport->set_status(device, VIRTIO_STATUS_ACKNOWLEDGE);
  transport->set_status(device, STATUS_BEGUN);
  uint64_t offered = transport->features(device);
  device->features = (settle(offered) | VIRTIO_ACCESS_PLATFORM) & offered;
  if ((device->features & VIRTIO_VERSION_1) != 0)
  {
    transport->set_features(device, device->features);
    transport->set_status(device, STATUS_BEGUN | VIRTIO_STATUS_FEATURES_OK);
    if ((transport->status(device) & VIRTIO_STATUS_FEATURES_OK) != 0)
      return 0;
  }
  virtio_fail(device);
  return -ENOTSUP;
}

static unsigned int ring_features(const struct virtio_device *device)
{
  unsigned int features = 0;
  if ((device->features & VIRTIO_PACKED) != 0)
    features |= VIRTQUEUE_PACKED;
  if ((device->features & VIRTIO_EVENT_INDEX) != 0)
    features |= VIRTQUEUE_EVENT_INDEX;
  return features;
}

/* The largest power of two up to a number that is not 0. */
static uint16_t power_of_two(uint16_t number)
{
  return (uint16_t) (1u << (31 - __builtin_clz(number)));
}

int virtio_start_queue(const struct virtio_device *device, uint16_t number, uint16_t most,
                       uint16_t table_entries, struct virtqueue *queue)
{
  uint16_t size = device->transport->most_descriptors(device, number);
  if (size == 0)
    return -ENODEV;
  if ((device->features & VIRTIO_INDIRECT) == 0)
    table_entries = 0;
  int error = virtqueue_create(queue, power_of_two(size < most ? size : most),
                               ring_features(device), table_entries);
  return error == 0 ? device->transport->start_queue(device, number, queue) : error;
}

void virtio_ready(const struct virtio_device *device)
{
  device->transport->set_status(device, STATUS_BEGUN | VIRTIO_STATUS_FEATURES_OK |
                                            VIRTIO_STATUS_DRIVER_READY);
}

void virtio_fail(const struct virtio_device *device)
{
  reset(device);
  device->transport->set_status(device, VIRTIO_STATUS_FAILED);
}

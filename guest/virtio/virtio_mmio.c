/* Virtio devices behind memory-mapped registers, version 2 (virtio 1.2, section 4.2). */
#include <errno.h>

#include "bare/io_apic.h"
#include "mm/address.h"
#include "virtio/virtio_device.h"

/* Offsets of registers: table 4.1. */
enum mmio_register
{
  MMIO_MAGIC = 0x000,
  MMIO_VERSION = 0x004,
  MMIO_DEVICE_TYPE = 0x008,
  MMIO_DEVICE_FEATURES = 0x010,
  MMIO_DEVICE_FEATURES_WORD = 0x014,
  MMIO_DRIVER_FEATURES = 0x020,
  MMIO_DRIVER_FEATURES_WORD = 0x024,
  MMIO_QUEUE = 0x030,
  MMIO_QUEUE_MOST = 0x034,
  MMIO_QUEUE_SIZE = 0x038,
  MMIO_QUEUE_READY = 0x044,
  MMIO_QUEUE_NOTIFY = 0x050,
  MMIO_CAUSE = 0x060,
  MMIO_CAUSE_TAKEN = 0x064,
  MMIO_STATUS = 0x070,
  MMIO_QUEUE_DESCRIPTORS = 0x080, /* 64 bits each, low word first */
  MMIO_QUEUE_DRIVER = 0x090,
  MMIO_QUEUE_DEVICE = 0x0a0,
  MMIO_CONFIGURATION = 0x100,
};

#define MAGIC     0x74726976u /* "virt" */
#define VERSION_2 2u

static volatile void *at(const struct virtio_device *device, unsigned int offset)
{
  return (volatile unsigned char *) device->registers + offset;
}

static uint32_t read32(const struct virtio_device *device, unsigned int offset)
{
  return *(volatile uint32_t *) at(device, offset);
}

static void write32(const struct virtio_device *device, unsigned int offset, uint32_t value)
{
  *(volatile uint32_t *) at(device, offset) = value;
}

static uint64_t features(const struct virtio_device *device)
{
  write32(device, MMIO_DEVICE_FEATURES_WORD, 0);
  uint64_t low = read32(device, MMIO_DEVICE_FEATURES);
  write32(device, MMIO_DEVICE_FEATURES_WORD, 1);
  return low | (uint64_t) read32(device, MMIO_DEVICE_FEATURES) << 32;
}

static void set_features(const struct virtio_device *device, uint64_t features)
{
  write32(device, MMIO_DRIVER_FEATURES_WORD, 0);
  write32(device, MMIO_DRIVER_FEATURES, (uint32_t) features);
  write32(device, MMIO_DRIVER_FEATURES_WORD, 1);
  write32(device, MMIO_DRIVER_FEATURES, (uint32_t) (features >> 32));
}

static uint32_t status(const struct virtio_device *device)
{
  return read32(device, MMIO_STATUS);
}

static void set_status(const struct virtio_device *device, uint32_t status)
{
  write32(device, MMIO_STATUS, status);
}

static uint8_t configuration8(const struct virtio_device *device, unsigned int offset)
{
  return *(volatile uint8_t *) at(device, MMIO_CONFIGURATION + offset);
}

static uint16_t configuration16(const struct virtio_device *device, unsigned int offset)
{
  return *(volatile uint16_t *) at(device, MMIO_CONFIGURATION + offset);
}

static uint16_t most_descriptors(const struct virtio_device *device, uint16_t queue)
{
  write32(device, MMIO_QUEUE, queue);
  uint32_t most = read32(device, MMIO_QUEUE_MOST);
  return (uint16_t) (most < VIRTQUEUE_MOST ? most : VIRTQUEUE_MOST);
}

static void write64(const struct virtio_device *device, unsigned int offset, uint64_t value)
{
  write32(device, offset, (uint32_t) value);
  write32(device, offset + 4, (uint32_t) (value >> 32));
}

static int start_queue(const struct virtio_device *device, uint16_t number,
                       const struct virtqueue *queue)
{
  (void) number; /* selected by most_descriptors() */
  write32(device, MMIO_QUEUE_SIZE, queue->size);
  write64(device, MMIO_QUEUE_DESCRIPTORS, queue->descriptors_gpa);
  write64(device, MMIO_QUEUE_DRIVER, queue->driver_gpa);
  write64(device, MMIO_QUEUE_DEVICE, queue->device_gpa);
  write32(device, MMIO_QUEUE_READY, 1);
  return 0;
}

static void notify(const struct virtio_device *device, uint16_t queue)
{
  write32(device, MMIO_QUEUE_NOTIFY, queue);
}

static const struct virtio_transport transport = {
    .features = features,
    .set_features = set_features,
    .status = status,
    .set_status = set_status,
    .configuration8 = configuration8,
    .configuration16 = configuration16,
    .most_descriptors = most_descriptors,
    .start_queue = start_queue,
    .notify = notify,
};

int virtio_mmio_probe(struct virtio_device *device, uint64_t registers_gpa, uint32_t type)
{
  *device =
      (struct virtio_device){.transport = &transport, .registers = address_of_gpa(registers_gpa)};
  if (read32(device, MMIO_MAGIC) != MAGIC)
    return -ENXIO;
  if (read32(device, MMIO_DEVICE_TYPE) != type)
    return -ENODEV;
  return read32(device, MMIO_VERSION) == VERSION_2 ? 0 : -ENOTSUP;
}

static uint32_t take_cause(const struct virtio_device *device)
{
  uint32_t cause = read32(device, MMIO_CAUSE);
  if (cause != 0)
    write32(device, MMIO_CAUSE_TAKEN, cause);
  return cause;
}

int virtio_mmio_use_line(struct virtio_device *device, unsigned int line, uint8_t vector)
{
  device->take_cause = take_cause;
  return io_apic_use(line, vector, false);
}

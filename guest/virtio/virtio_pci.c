/* Virtio devices on PCI (virtio 1.2, section 4.1), by the interface of version 1: transitional
 * devices have it too. */
#include <errno.h>

#include "bare/pci.h"
#include "mm/kernel_heap.h"
#include "virtio/virtio_device.h"

#define VENDOR             0x1af4
#define DEVICE_FIRST       0x1040 /* and the type: 4.1.2 */
#define DEVICE_NETWORK_OLD 0x1000 /* transitional */
#define DEVICE_CONSOLE_OLD 0x1003

/* Capabilities: 4.1.4. */
#define CAPABILITY            0x09
#define CAPABILITY_KIND       3
#define CAPABILITY_BAR        4
#define CAPABILITY_OFFSET     8
#define CAPABILITY_LENGTH     12
#define CAPABILITY_MULTIPLIER 16

enum part
{
  PART_COMMON = 1,
  PART_NOTIFY = 2,
  PART_CAUSE = 3,
  PART_CONFIGURATION = 4,
};

/* 4.1.4.3 */
struct common
{
  uint32_t device_features_word, device_features;
  uint32_t driver_features_word, driver_features;
  uint16_t configuration_message;
  uint16_t queue_count;
  uint8_t status;
  uint8_t generation;
  uint16_t queue;
  uint16_t queue_size;
  uint16_t queue_message;
  uint16_t queue_enabled;
  uint16_t queue_notify_offset;
  uint32_t queue_descriptors[2]; /* low word first */
  uint32_t queue_driver[2];
  uint32_t queue_device[2];
};

_Static_assert(sizeof(struct common) == 56, "virtio 1.2, 4.1.4.3");

#define MESSAGE_QUEUES        0
#define MESSAGE_CONFIGURATION 1
#define NO_MESSAGE            0xffff

/* Of pairs of queues, and the control queue behind all that the device has. */
#define PLACES 33u

struct registers
{
  volatile struct common *common;
  volatile uint8_t *cause;
  volatile uint8_t *configuration;
  volatile uint8_t *notify;
  uint32_t notify_multiplier;
  uint64_t notify_bytes;
  uint16_t queue_message, configuration_message;
  volatile uint16_t *notify_at[PLACES];
};

static const struct registers *registers_of(const struct virtio_device *device)
{
  return device->registers;
}

static uint64_t features(const struct virtio_device *device)
{
  volatile struct common *common = registers_of(device)->common;
  common->device_features_word = 0;
  uint64_t low = common->device_features;
  common->device_features_word = 1;
  return low | (uint64_t) common->device_features << 32;
}

/* Comes behind the reset, by which the device has forgotten its messages. It may refuse one: then
 * nobody tells that the configuration has changed. */
static void set_features(const struct virtio_device *device, uint64_t features)
{
  volatile struct common *common = registers_of(device)->common;
  common->driver_features_word = 0;
  common->driver_features = (uint32_t) features;
  common->driver_features_word = 1;
  common->driver_features = (uint32_t) (features >> 32);
  common->configuration_message = registers_of(device)->configuration_message;
}

static uint32_t status(const struct virtio_device *device)
{
  return registers_of(device)->common->status;
}

static void set_status(const struct virtio_device *device, uint32_t status)
{
  registers_of(device)->common->status = (uint8_t) status;
}

static uint8_t configuration8(const struct virtio_device *device, unsigned int offset)
{
  return registers_of(device)->configuration[offset];
}

static uint16_t configuration16(const struct virtio_device *device, unsigned int offset)
{
  return *(volatile uint16_t *) (registers_of(device)->configuration + offset);
}

static uint16_t most_descriptors(const struct virtio_device *device, uint16_t queue)
{
  volatile struct common *common = registers_of(device)->common;
  if (queue >= common->queue_count)
    return 0;
  common->queue = queue;
  uint16_t most = common->queue_size;
  return most < VIRTQUEUE_MOST ? most : VIRTQUEUE_MOST;
}

static void write64(volatile uint32_t words[static 2], uint64_t value)
{
  words[0] = (uint32_t) value;
  words[1] = (uint32_t) (value >> 32);
}

static unsigned int place_of(uint16_t queue)
{
  return queue < PLACES - 1 ? queue : PLACES - 1;
}

/* A device that has no room for a message says so when it is read back (4.1.5.1.2.1). */
static int start_queue(const struct virtio_device *device, uint16_t number,
                       const struct virtqueue *queue)
{
  struct registers *registers = device->registers;
  volatile struct common *common = registers->common;
  uint64_t offset = (uint64_t) common->queue_notify_offset * registers->notify_multiplier;
  if (offset + sizeof(uint16_t) > registers->notify_bytes)
    return -ENOTSUP;
  common->queue_size = queue->size;
  common->queue_message = registers->queue_message;
  if (common->queue_message != registers->queue_message)
    return -ENOSYS;
  write64(common->queue_descriptors, queue->descriptors_gpa);
  write64(common->queue_driver, queue->driver_gpa);
  write64(common->queue_device, queue->device_gpa);
  registers->notify_at[place_of(number)] = (volatile uint16_t *) (registers->notify + offset);
  common->queue_enabled = 1;
  return 0;
}

static void notify(const struct virtio_device *device, uint16_t queue)
{
  *registers_of(device)->notify_at[place_of(queue)] = queue;
}

/* Reading takes it back. */
static uint32_t take_cause(const struct virtio_device *device)
{
  return *registers_of(device)->cause;
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

/* ---- Where its registers are ---- */

static volatile void *map_part(const struct pci_device *pci, uint8_t at, uint64_t least_bytes)
{
  const struct pci_bar bar = pci_bar(pci, pci_read8(pci, at + CAPABILITY_BAR));
  uint64_t offset = pci_read32(pci, at + CAPABILITY_OFFSET);
  uint64_t len_bytes = pci_read32(pci, at + CAPABILITY_LENGTH);
  if (len_bytes < least_bytes || offset + len_bytes > bar.len_bytes)
    return NULL;
  volatile uint8_t *begin = pci_map(&bar);
  return begin != NULL ? begin + offset : NULL;
}

#define MOST_PARTS 48 /* there is no room for more: what goes on is a ring */

/* The first of a kind that can be used: a device may offer several (4.1.4.1). */
static volatile void *find_part(const struct pci_device *pci, enum part part, uint64_t least_bytes,
                                uint8_t *found_at)
{
  uint8_t at = pci_find_capability(pci, CAPABILITY, 0);
  for (int i = 0; at != 0 && i < MOST_PARTS; i++, at = pci_find_capability(pci, CAPABILITY, at))
  {
    volatile void *begin = NULL;
    if (pci_read8(pci, at + CAPABILITY_KIND) == part)
      begin = map_part(pci, at, least_bytes);
    *found_at = at;
    if (begin != NULL)
      return begin;
  }
  return NULL;
}

#define LEAST_CONFIGURATION_BYTES 12 /* of network devices and consoles */

static bool find_registers(struct registers *registers, const struct pci_device *pci)
{
  uint8_t at;
  registers->common = find_part(pci, PART_COMMON, sizeof(struct common), &at);
  registers->cause = find_part(pci, PART_CAUSE, 1, &at);
  registers->configuration = find_part(pci, PART_CONFIGURATION, LEAST_CONFIGURATION_BYTES, &at);
  registers->notify = find_part(pci, PART_NOTIFY, sizeof(uint16_t), &at);
  if (registers->common == NULL || registers->cause == NULL || registers->configuration == NULL ||
      registers->notify == NULL)
    return false;
  registers->notify_multiplier = pci_read32(pci, at + CAPABILITY_MULTIPLIER);
  registers->notify_bytes = pci_read32(pci, at + CAPABILITY_LENGTH);
  return true;
}

static int find_interrupts(struct virtio_device *device, struct registers *registers,
                           const struct pci_device *pci, uint8_t vector,
                           uint8_t configuration_vector)
{
  registers->queue_message = NO_MESSAGE;
  registers->configuration_message = NO_MESSAGE;
  if (pci_use_message(pci, MESSAGE_QUEUES, vector) != 0)
  {
    device->take_cause = take_cause;
    return pci_use_interrupt(pci, vector);
  }
  registers->queue_message = MESSAGE_QUEUES;
  if (configuration_vector == 0)
    return 0;
  device->shares_message = pci_use_message(pci, MESSAGE_CONFIGURATION, configuration_vector) != 0;
  registers->configuration_message =
      device->shares_message ? MESSAGE_QUEUES : MESSAGE_CONFIGURATION;
  return 0;
}

static uint32_t old_id(uint32_t type)
{
  return type == VIRTIO_TYPE_CONSOLE ? DEVICE_CONSOLE_OLD : DEVICE_NETWORK_OLD;
}

int virtio_pci_probe(struct virtio_device *device, const struct pci_device *pci, uint32_t type,
                     uint8_t vector, uint8_t configuration_vector)
{
  if (pci->vendor_id != VENDOR ||
      (pci->device_id != DEVICE_FIRST + type && pci->device_id != old_id(type)))
    return -ENODEV;
  struct registers *registers = kernel_allocate_zeroed(sizeof(*registers));
  if (registers == NULL)
    return -ENOMEM;
  *device = (struct virtio_device){.transport = &transport, .registers = registers};
  pci_enable(pci);
  int error = find_registers(registers, pci)
                  ? find_interrupts(device, registers, pci, vector, configuration_vector)
                  : -ENOTSUP;
  if (error != 0)
    kernel_free(registers, sizeof(*registers));
  return error;
}

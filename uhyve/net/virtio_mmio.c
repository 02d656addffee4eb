/* The registers of a virtio device: what a driver reads and writes there, one at a time. */
#include "virtio_mmio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <stddef.h>
#include <string.h>

#define MAGIC        0x74726976u /* "virt" */
#define VERSION      2u
#define VENDOR       0x76796875u /* "uhyv" */
#define ALL_ONES     0xffffffffu
#define FEATURE(bit) (1ull << (bit))

#define KNOWN_STATUS                                                                  \
  (VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK | \
   VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_FAILED)

bool virtio_mmio_is_running(const struct virtio_mmio *virtio)
{
  return (virtio->status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) ==
         VIRTIO_CONFIG_S_DRIVER_OK;
}

void virtio_mmio_tell_config(struct virtio_mmio *virtio)
{
  virtio->generation++;
  if ((virtio->status & VIRTIO_CONFIG_S_DRIVER_OK) != 0)
    virtio->interrupt_status |= VIRTIO_MMIO_INT_CONFIG;
}

void virtio_mmio_break(struct virtio_mmio *virtio)
{
  virtio->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
  virtio_mmio_tell_config(virtio);
}

/* ---- Reads ---- */

static bool selects_queue(const struct virtio_mmio *virtio)
{
  return virtio->queue_select < virtio->queue_count;
}

static uint32_t half(uint64_t features, uint32_t select)
{
  return select == 0 ? (uint32_t) features : select == 1 ? (uint32_t) (features >> 32) : 0;
}

static uint32_t read_register(const struct virtio_mmio *virtio, uint64_t offset)
{
  const struct virtqueue *queue =
      selects_queue(virtio) ? &virtio->queues[virtio->queue_select] : NULL;
  switch (offset)
  {
  case VIRTIO_MMIO_MAGIC_VALUE:
    return MAGIC;
  case VIRTIO_MMIO_VERSION:
    return VERSION;
  case VIRTIO_MMIO_DEVICE_ID:
    return virtio->device_id;
  case VIRTIO_MMIO_VENDOR_ID:
    return VENDOR;
  case VIRTIO_MMIO_DEVICE_FEATURES:
    return half(virtio->offered, virtio->offered_select);
  case VIRTIO_MMIO_QUEUE_NUM_MAX:
    return queue != NULL ? VIRTQUEUE_MOST_ENTRIES : 0;
  case VIRTIO_MMIO_QUEUE_READY:
    return queue != NULL && queue->is_ready;
  case VIRTIO_MMIO_INTERRUPT_STATUS:
    return virtio->interrupt_status;
  case VIRTIO_MMIO_STATUS:
    return virtio->status;
  case VIRTIO_MMIO_SHM_LEN_LOW:
  case VIRTIO_MMIO_SHM_LEN_HIGH:
  case VIRTIO_MMIO_SHM_BASE_LOW:
  case VIRTIO_MMIO_SHM_BASE_HIGH:
    return ALL_ONES; /* there is no shared memory */
  case VIRTIO_MMIO_CONFIG_GENERATION:
    return virtio->generation;
  default:
    return 0;
  }
}

uint64_t virtio_mmio_read(const struct virtio_mmio *virtio, uint64_t offset, uint32_t len_bytes)
{
  uint64_t value = 0;
  if (offset < VIRTIO_MMIO_CONFIG)
    return len_bytes == 4 && offset % 4 == 0 ? read_register(virtio, offset) : 0;
  offset -= VIRTIO_MMIO_CONFIG;
  if (offset < virtio->config_bytes && len_bytes <= virtio->config_bytes - offset &&
      len_bytes <= sizeof(value))
    memcpy(&value, (const uint8_t *) virtio->config + offset, len_bytes);
  return value;
}

/* ---- Writes ---- */

static void reset(struct virtio_mmio *virtio)
{
  virtio->operations->reset(virtio);
  virtio->accepted = 0;
  virtio->offered_select = virtio->accepted_select = virtio->queue_select = 0;
  virtio->status = virtio->interrupt_status = 0;
  memset(virtio->queues, 0, sizeof(virtio->queues));
}

static bool accepts(const struct virtio_mmio *virtio)
{
  return (virtio->accepted & ~virtio->offered) == 0 &&
         (virtio->accepted & FEATURE(VIRTIO_F_VERSION_1)) != 0 &&
         virtio->operations->accepts(virtio->accepted);
}

/* Bits are added; only a reset takes them away. Steps that are skipped are not taken. */
static void write_status(struct virtio_mmio *virtio, uint32_t value)
{
  if (value == 0)
  {
    reset(virtio);
    return;
  }
  uint32_t added = value & KNOWN_STATUS & ~virtio->status;
  if ((added & VIRTIO_CONFIG_S_FEATURES_OK) != 0 && !accepts(virtio))
    added &= ~(uint32_t) VIRTIO_CONFIG_S_FEATURES_OK;
  uint32_t all = virtio->status | added;
  if ((all & VIRTIO_CONFIG_S_FEATURES_OK) == 0)
    added &= ~(uint32_t) VIRTIO_CONFIG_S_DRIVER_OK;
  virtio->status |= added;
  if ((added & VIRTIO_CONFIG_S_DRIVER_OK) != 0 && virtio_mmio_is_running(virtio))
    virtio->operations->start(virtio);
}

static void write_features(struct virtio_mmio *virtio, uint32_t value)
{
  if ((virtio->status & VIRTIO_CONFIG_S_FEATURES_OK) != 0 || virtio->accepted_select > 1)
    return;
  uint32_t shift = 32 * virtio->accepted_select;
  virtio->accepted &= ~((uint64_t) ALL_ONES << shift);
  virtio->accepted |= (uint64_t) value << shift;
}

static void write_ready(struct virtio_mmio *virtio, struct virtqueue *queue, uint32_t value)
{
  if (value == 0)
  {
    virtio->operations->stop_queue(virtio, virtio->queue_select);
    virtqueue_disable(queue);
  }
  else if (!queue->is_ready && (virtio->status & VIRTIO_CONFIG_S_FEATURES_OK) != 0 &&
           virtqueue_enable(queue, virtio->memory, virtio->accepted) != 0)
    virtio_mmio_break(virtio);
}

static void set_low(uint64_t *address, uint32_t value)
{
  *address = (*address & ~(uint64_t) ALL_ONES) | value;
}

static void set_high(uint64_t *address, uint32_t value)
{
  *address = (*address & ALL_ONES) | (uint64_t) value << 32;
}

/* A ring that is in use keeps its place. */
static void write_place(struct virtqueue *queue, uint64_t offset, uint32_t value)
{
  if (queue->is_ready)
    return;
  switch (offset)
  {
  case VIRTIO_MMIO_QUEUE_NUM:
    queue->size = value <= VIRTQUEUE_MOST_ENTRIES ? (uint16_t) value : 0;
    break;
  case VIRTIO_MMIO_QUEUE_DESC_LOW:
    set_low(&queue->descriptors_gpa, value);
    break;
  case VIRTIO_MMIO_QUEUE_DESC_HIGH:
    set_high(&queue->descriptors_gpa, value);
    break;
  case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
    set_low(&queue->driver_gpa, value);
    break;
  case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
    set_high(&queue->driver_gpa, value);
    break;
  case VIRTIO_MMIO_QUEUE_USED_LOW:
    set_low(&queue->device_gpa, value);
    break;
  case VIRTIO_MMIO_QUEUE_USED_HIGH:
    set_high(&queue->device_gpa, value);
    break;
  default:
    break;
  }
}

static void write_register(struct virtio_mmio *virtio, uint64_t offset, uint32_t value)
{
  struct virtqueue *queue = selects_queue(virtio) ? &virtio->queues[virtio->queue_select] : NULL;
  switch (offset)
  {
  case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
    virtio->offered_select = value;
    break;
  case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
    virtio->accepted_select = value;
    break;
  case VIRTIO_MMIO_DRIVER_FEATURES:
    write_features(virtio, value);
    break;
  case VIRTIO_MMIO_QUEUE_SEL:
    virtio->queue_select = value;
    break;
  case VIRTIO_MMIO_QUEUE_READY:
    if (queue != NULL)
      write_ready(virtio, queue, value);
    break;
  case VIRTIO_MMIO_INTERRUPT_ACK:
    virtio->interrupt_status &= ~value;
    break;
  case VIRTIO_MMIO_STATUS:
    write_status(virtio, value);
    break;
  default:
    if (queue != NULL)
      write_place(queue, offset, value);
    break;
  }
}

void virtio_mmio_write(struct virtio_mmio *virtio, uint64_t offset, uint32_t len_bytes,
                       uint64_t value)
{
  if (len_bytes == 4 && offset % 4 == 0 && offset < VIRTIO_MMIO_CONFIG)
    write_register(virtio, offset, (uint32_t) value);
}

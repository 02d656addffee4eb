/* How an E1000 starts. */
#include <errno.h>
#include <string.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "net/driver/cards.h"
#include "net/driver/e1000.h"
#include "start_info.h"

/* The card has it from its EEPROM since power on. A reset may have it read that again, and does not
 * say when it is done: so the address is kept. */
static void keep_address(struct e1000 *card)
{
  uint32_t low = e1000_read(card, E1000_ADDRESS_LOW);
  uint32_t high = e1000_read(card, E1000_ADDRESS_HIGH);
  memcpy(card->device.address, &low, 4);
  memcpy(card->device.address + 4, &high, 2);
}

static void set_address(const struct e1000 *card)
{
  uint32_t low, high = 0;
  memcpy(&low, card->device.address, 4);
  memcpy(&high, card->device.address + 4, 2);
  e1000_write(card, E1000_ADDRESS_LOW, low);
  e1000_write(card, E1000_ADDRESS_HIGH, high | ADDRESS_VALID);
}

static bool reset(struct e1000 *card)
{
  keep_address(card);
  e1000_write(card, E1000_DO_NOT_ASK, UINT32_MAX);
  e1000_write(card, E1000_CONTROL, e1000_read(card, E1000_CONTROL) | CONTROL_RESET);
  for (int i = 0; i < MOST_LOOKS; i++)
    if ((e1000_read(card, E1000_CONTROL) & CONTROL_RESET) == 0)
      return true;
  return false;
}

static int make_rings(struct e1000 *card)
{
  card->rings = kernel_allocate_zeroed(sizeof(*card->rings));
  card->send_buffers = kernel_allocate((size_t) SEND_COUNT * POOL_BUFFER_BYTES);
  if (card->rings == NULL || card->send_buffers == NULL ||
      frame_pool_add(&card->pool, RECEIVE_COUNT + HELD_COUNT) != 0)
  {
    kernel_free(card->rings, sizeof(*card->rings));
    kernel_free(card->send_buffers, (size_t) SEND_COUNT * POOL_BUFFER_BYTES);
    return -ENOMEM;
  }
  card->send_buffers_gpa = address_to_gpa(card->send_buffers, ADDRESS_WRITE);
  for (uint32_t i = 0; i < RECEIVE_COUNT; i++)
  {
    card->frames[i] = frame_pool_take(&card->pool);
    card->rings->receive[i].gpa = card->frames[i]->gpa;
  }
  return 0;
}

static void set_ring(const struct e1000 *card, unsigned int ring, const void *descriptors,
                     uint32_t len_bytes)
{
  uint64_t gpa = address_to_gpa(descriptors, ADDRESS_WRITE);
  e1000_write(card, ring + RING_LOW, (uint32_t) gpa);
  e1000_write(card, ring + RING_HIGH, (uint32_t) (gpa >> 32));
  e1000_write(card, ring + RING_BYTES, len_bytes);
  e1000_write(card, ring + RING_HEAD, 0);
  e1000_write(card, ring + RING_TAIL, 0);
}

static void begin(const struct e1000 *card)
{
  e1000_write(card, E1000_CONTROL,
              e1000_read(card, E1000_CONTROL) | CONTROL_LINK_UP | CONTROL_AUTO_SPEED);
  set_address(card);
  for (uint32_t i = 0; i < MULTICAST_WORDS; i++)
    e1000_write(card, E1000_MULTICAST + 4 * i, 0);
  set_ring(card, E1000_SEND_RING, card->rings->send, sizeof(card->rings->send));
  e1000_write(card, E1000_SEND_GAP, SEND_USUAL_GAP);
  e1000_write(card, E1000_SEND_CONTROL, SEND_ENABLE | SEND_PAD | SEND_COLLISIONS);
  set_ring(card, E1000_RECEIVE_RING, card->rings->receive, sizeof(card->rings->receive));
  e1000_write(card, E1000_RECEIVE_CHECKSUM, RECEIVE_CHECKSUMS);
  e1000_write(card, E1000_RECEIVE_CONTROL,
              RECEIVE_ENABLE | RECEIVE_ALL_MULTICAST | RECEIVE_BROADCAST | RECEIVE_STRIP_CHECKSUM);
  e1000_write(card, E1000_RECEIVE_RING + RING_TAIL, RECEIVE_COUNT - 1);
}

static void describe(struct e1000 *card, const struct pci_device *pci)
{
  struct net_device *device = &card->device;
  device->operations = &e1000_operations;
  device->attention = &card->attention;
  card->attention.operations = &e1000_attention;
  device->mtu_bytes = MTU_BYTES;
  device->features = NET_CHECKSUM_SEND | NET_CHECKSUM_RECEIVE;
  device->most_held = HELD_COUNT / 2;
  card->received_causes = CAUSES_RECEIVED;
  card->sent_causes = CAUSE_SENT;
  if (pci->device_id == DEVICE_82574)
  {
    card->received_causes |= CAUSES_82574_RECEIVED;
    card->sent_causes |= CAUSES_82574_SENT;
    card->clears_by_writing = true;
    e1000_write(card, E1000_VECTORS, ALL_TO_VECTOR_0);
  }
}

struct net_device *e1000_start(const struct pci_device *pci)
{
  if (pci->vendor_id != VENDOR_INTEL ||
      (pci->device_id != DEVICE_82540EM && pci->device_id != DEVICE_82574))
    return NULL;
  const struct pci_bar bar = pci_bar(pci, REGISTERS_BAR);
  struct e1000 *card = kernel_allocate_zeroed(sizeof(*card));
  if (card == NULL)
    return NULL;
  card->registers = pci_map(&bar);
  pci_enable(pci);
  if (card->registers == NULL || !reset(card) ||
      pci_use_interrupt(pci, UHYVE_VECTOR_NETWORK) != 0 || make_rings(card) != 0)
  {
    kernel_free(card, sizeof(*card));
    return NULL;
  }
  describe(card, pci);
  begin(card);
  card->device.is_up = e1000_link_is_up(&card->device);
  return &card->device;
}

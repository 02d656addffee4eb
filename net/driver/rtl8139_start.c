/* How an RTL8139 starts. It reaches memory below 4 GiB alone, which the program may have used up
 * when it makes its first socket: so that is set aside before the program begins. */
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "net/driver/cards.h"
#include "net/driver/rtl8139.h"
#include "start_info.h"

static bool reset(const struct rtl8139 *card)
{
  port_write8(rtl8139_at(card, RTL_CONFIGURATION_1), 0); /* awake */
  port_write8(rtl8139_at(card, RTL_COMMAND), COMMAND_RESET);
  for (int i = 0; i < MOST_LOOKS; i++)
    if ((port_read8(rtl8139_at(card, RTL_COMMAND)) & COMMAND_RESET) == 0)
      return true;
  return false;
}

/* ---- Memory ---- */

#define SEND_BYTES ((size_t) SEND_COUNT * POOL_BUFFER_BYTES)
#define CARD_BYTES (RING_BYTES + RING_MARGIN_BYTES + SEND_BYTES)

/* For cards that are to start, what the program has not taken before. */
static unsigned char *aside[UHYVE_MOST_INTERFACES];
static unsigned int aside_count;

static bool is_known(const struct pci_device *pci)
{
  return pci->vendor_id == VENDOR_REALTEK && pci->device_id == DEVICE_RTL8139;
}

static bool is_in_reach(const unsigned char *memory)
{
  return address_to_gpa(memory, ADDRESS_WRITE) + CARD_BYTES <= REACH_GPA;
}

void rtl8139_set_aside(const struct pci_device *pci)
{
  if (!is_known(pci) || aside_count == UHYVE_MOST_INTERFACES)
    return;
  unsigned char *memory = kernel_allocate_zeroed(CARD_BYTES);
  if (memory != NULL && is_in_reach(memory))
    aside[aside_count++] = memory;
  else
    kernel_free(memory, CARD_BYTES);
}

/* Returns null, or why there are none. */
static const char *make_buffers(struct rtl8139 *card)
{
  if (aside_count == 0)
    return "no memory below 4 GiB";
  if (frame_pool_add(&card->pool, POOL_COUNT) != 0)
    return "too little memory";
  card->ring = aside[--aside_count];
  card->ring_gpa = (uint32_t) address_to_gpa(card->ring, ADDRESS_WRITE);
  card->send_buffers = card->ring + RING_BYTES + RING_MARGIN_BYTES;
  card->send_buffers_gpa = card->ring_gpa + RING_BYTES + RING_MARGIN_BYTES;
  return NULL;
}

/* ---- Start ---- */

static void describe(struct rtl8139 *card)
{
  struct net_device *device = &card->device;
  device->operations = &rtl8139_operations;
  device->attention = &card->attention;
  card->attention.operations = &rtl8139_attention;
  device->mtu_bytes = MTU_BYTES;
  device->most_held = POOL_COUNT / 2;
  for (unsigned int i = 0; i < sizeof(device->address); i++)
    device->address[i] = port_read8(rtl8139_at(card, RTL_ADDRESS + i));
  device->is_up = rtl8139_link_is_up(device);
}

static void begin(struct rtl8139 *card)
{
  port_write16(rtl8139_at(card, RTL_ASKED), 0);
  rtl8139_begin_receiving(card);
  port_write32(rtl8139_at(card, RTL_SEND_CONFIGURATION), SEND_SETTINGS);
  for (uint32_t i = 0; i < SEND_COUNT; i++)
    port_write32(rtl8139_at(card, RTL_SEND_ADDRESS + 4 * i),
                 card->send_buffers_gpa + i * POOL_BUFFER_BYTES);
  port_write32(rtl8139_at(card, RTL_MULTICAST), UINT32_MAX);
  port_write32(rtl8139_at(card, RTL_MULTICAST + 4), UINT32_MAX);
}

/* Returns null, or why not. */
static const char *start(struct rtl8139 *card, const struct pci_device *pci)
{
  struct pci_bar bar = pci_bar(pci, REGISTERS_BAR);
  card->port = (uint16_t) bar.address;
  pci_enable(pci);
  if (bar.len_bytes == 0 || !bar.is_port || !reset(card))
    return "it does not answer";
  if (pci_use_interrupt(pci, UHYVE_VECTOR_NETWORK) != 0)
    return "it has no interrupt";
  return make_buffers(card);
}

struct net_device *rtl8139_start(const struct pci_device *pci, const char **reason)
{
  if (!is_known(pci))
    return NULL;
  struct rtl8139 *card = kernel_allocate_zeroed(sizeof(*card));
  *reason = card != NULL ? start(card, pci) : "too little memory";
  if (*reason != NULL)
  {
    kernel_free(card, sizeof(*card));
    return NULL;
  }
  describe(card);
  begin(card);
  return &card->device;
}

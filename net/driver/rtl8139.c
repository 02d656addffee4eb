/* Realtek's Fast Ethernet controllers RTL8139 (data sheet of the RTL8139D(L), revision 1.3). Frames
 * come through a ring that the card fills byte by byte, and go from four buffers. Registers are
 * ports.
 *
 * The interrupt is a line that is up while a cause is both noted and asked for. Runs in upcalls. */
#include <errno.h>

#include "arch/x86_64/port_io.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "net/driver/cards.h"
#include "net/driver/frame_pool.h"
#include "net/driver/net_attention.h"
#include "start_info.h"

#define VENDOR_REALTEK    0x10ec
#define DEVICE_RTL8139    0x8139
#define REGISTERS_BAR     0

#define SEND_COUNT        4u
#define POOL_COUNT        256u

#define MTU_BYTES         1500u
#define MOST_FRAME_BYTES  1514u
#define LEAST_FRAME_BYTES 14u
#define PADDED_BYTES      60u
#define CHECKSUM_BYTES    4u /* behind each frame that comes */
#define MOST_LOOKS        100000

/* The card addresses 32 bits. */
#define REACH_GPA (1ull << 32)

/* Section 5. */
enum rtl8139_register
{
  RTL_ADDRESS = 0x00,
  RTL_MULTICAST = 0x08,
  RTL_SEND_STATUS = 0x10, /* of each buffer */
  RTL_SEND_ADDRESS = 0x20,
  RTL_RECEIVE_ADDRESS = 0x30,
  RTL_COMMAND = 0x37,
  RTL_RECEIVE_READ = 0x38, /* 16 bytes in front of what was not read */
  RTL_ASKED = 0x3c,
  RTL_CAUSES = 0x3e, /* ones clear */
  RTL_SEND_CONFIGURATION = 0x40,
  RTL_RECEIVE_CONFIGURATION = 0x44,
  RTL_CONFIGURATION_1 = 0x52,
  RTL_MEDIUM = 0x58,
};

#define COMMAND_EMPTY       0x01u
#define COMMAND_SEND        0x04u
#define COMMAND_RECEIVE     0x08u
#define COMMAND_RESET       0x10u

#define CAUSE_RECEIVED      0x0001u
#define CAUSE_RECEIVE_ERROR 0x0002u
#define CAUSE_SENT          0x0004u
#define CAUSE_SEND_ERROR    0x0008u
#define CAUSE_RING_FULL     0x0010u
#define CAUSE_LINK          0x0020u
#define CAUSE_FIFO_FULL     0x0040u
#define CAUSES_RECEIVED     (CAUSE_RECEIVED | CAUSE_RECEIVE_ERROR | CAUSE_RING_FULL | CAUSE_FIFO_FULL)
#define CAUSES_SENT         (CAUSE_SENT | CAUSE_SEND_ERROR)
#define CAUSES              (CAUSES_RECEIVED | CAUSES_SENT | CAUSE_LINK)

#define MEDIUM_LINK_DOWN    0x04u

#define SEND_UNDERRUN       (1u << 14)
#define SEND_OK             (1u << 15)
#define SEND_ABORTED        (1u << 30)
#define SEND_DONE           (SEND_UNDERRUN | SEND_OK | SEND_ABORTED)
#define SEND_WHOLE_FRAME    (48u << 16) /* 32 bytes each: nothing goes before all is there */

#define SEND_CLEAR_ABORT    1u
#define SEND_SETTINGS       (3u << 24 | 6u << 8) /* the standard's gap, 1024 bytes at once */

#define RECEIVE_OWN         0x02u
#define RECEIVE_MULTICAST   0x04u
#define RECEIVE_BROADCAST   0x08u
#define RECEIVE_BEYOND      0x80u /* the ring's end: a frame is in one piece */
#define RECEIVE_32_KIB      (2u << 11)
#define RECEIVE_SETTINGS    (7u << 13 | 6u << 8) /* frames as a whole, 1024 bytes at once */

#define RING_BYTES          32768u
#define RING_MARGIN_BYTES   2064u
#define READ_DISTANCE       16u

/* In front of each frame. */
#define HEADER_BYTES     4u
#define HEADER_OK        1u
#define LENGTH_IS_COMING 0xfff0u

struct rtl8139
{
  struct net_device device; /* first */
  struct net_attention attention;
  uint16_t port;

  struct frame_pool pool;
  unsigned char *ring;
  uint32_t ring_gpa;
  uint32_t ring_at;

  unsigned char *send_buffers;
  uint32_t send_buffers_gpa;
  void *owners[SEND_COUNT];
  uint32_t send_count, sent_count; /* frames ever; atomic */
};

static struct rtl8139 *rtl8139_of(struct net_device *device)
{
  return (struct rtl8139 *) device;
}

static uint16_t at(const struct rtl8139 *card, unsigned int offset)
{
  return (uint16_t) (card->port + offset);
}

/* ---- Attention ---- */

static bool has_received(const struct rtl8139 *card)
{
  bool is_empty = (port_read8(at(card, RTL_COMMAND)) & COMMAND_EMPTY) != 0;
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return !is_empty;
}

static uint32_t on_their_way(const struct rtl8139 *card)
{
  return __atomic_load_n(&card->send_count, __ATOMIC_RELAXED) -
         __atomic_load_n(&card->sent_count, __ATOMIC_RELAXED);
}

static bool wants_sent(const struct rtl8139 *card)
{
  return on_their_way(card) > SEND_COUNT / 2;
}

/* The oldest. */
static uint32_t send_result(const struct rtl8139 *card)
{
  uint32_t oldest = __atomic_load_n(&card->sent_count, __ATOMIC_RELAXED) % SEND_COUNT;
  return port_read32(at(card, RTL_SEND_STATUS + 4 * oldest)) & SEND_DONE;
}

static bool has_something(struct net_device *device)
{
  const struct rtl8139 *card = rtl8139_of(device);
  return has_received(card) || (wants_sent(card) && send_result(card) != 0);
}

static uint32_t take_causes(struct rtl8139 *card)
{
  uint32_t causes = port_read16(at(card, RTL_CAUSES)) & CAUSES;
  port_write16(at(card, RTL_CAUSES), (uint16_t) causes);
  if ((causes & CAUSE_LINK) != 0)
    __atomic_store_n(&card->attention.link_changed, 1, __ATOMIC_SEQ_CST);
  return causes;
}

static bool take_cause(struct net_device *device)
{
  return take_causes(rtl8139_of(device)) != 0;
}

/* The line goes down in between, that it rises for a cause that has been there. */
static bool ask(struct net_device *device)
{
  struct rtl8139 *card = rtl8139_of(device);
  uint32_t asked = CAUSES_RECEIVED | CAUSE_LINK | (wants_sent(card) ? CAUSES_SENT : 0);
  port_write16(at(card, RTL_ASKED), 0);
  take_causes(card);
  port_write16(at(card, RTL_ASKED), (uint16_t) asked);
  return has_something(device);
}

static void quiet(struct net_device *device)
{
  port_write16(at(rtl8139_of(device), RTL_ASKED), 0);
}

static const struct net_attention_operations attention_operations = {
    .has_something = has_something,
    .take_cause = take_cause,
    .ask = ask,
    .quiet = quiet,
};

/* ---- Frames that go ---- */

static int send_frame(struct net_device *device, const struct net_frame *frame)
{
  struct rtl8139 *card = rtl8139_of(device);
  uint32_t index = card->send_count % SEND_COUNT;
  if (on_their_way(card) == SEND_COUNT)
    return -EAGAIN;
  unsigned char *buffer = card->send_buffers + (size_t) index * POOL_BUFFER_BYTES;
  uint32_t len_bytes = frame_copy(frame, buffer, MOST_FRAME_BYTES);
  if (len_bytes < LEAST_FRAME_BYTES || frame->segment_bytes != 0 || frame->checksum_begin != 0)
    return -EINVAL;
  while (len_bytes < PADDED_BYTES)
    buffer[len_bytes++] = 0;
  card->owners[index] = frame->owner;
  __atomic_store_n(&card->send_count, card->send_count + 1, __ATOMIC_RELEASE);
  port_write32(at(card, RTL_SEND_STATUS + 4 * index), len_bytes | SEND_WHOLE_FRAME);
  return 0;
}

/* Each frame is on its way already. */
static void flush(struct net_device *device)
{
  (void) device;
}

static unsigned int tell_sent(struct rtl8139 *card, unsigned int most)
{
  const struct net_device_user *user = &card->device.user;
  unsigned int count = 0;
  for (; count < most && on_their_way(card) > 0; count++)
  {
    uint32_t result = send_result(card);
    if (result == 0)
      break;
    if ((result & SEND_ABORTED) != 0)
      port_write32(at(card, RTL_SEND_CONFIGURATION), SEND_SETTINGS | SEND_CLEAR_ABORT);
    void *owner = card->owners[card->sent_count % SEND_COUNT];
    __atomic_store_n(&card->sent_count, card->sent_count + 1, __ATOMIC_RELAXED);
    if (user->sent != NULL)
      user->sent(user->context, owner);
  }
  return count;
}

/* ---- Frames that come ---- */

static void begin_receiving(struct rtl8139 *card)
{
  card->ring_at = 0;
  port_write8(at(card, RTL_COMMAND), COMMAND_SEND);
  port_write32(at(card, RTL_RECEIVE_ADDRESS), card->ring_gpa);
  port_write8(at(card, RTL_COMMAND), COMMAND_SEND | COMMAND_RECEIVE);
  port_write32(at(card, RTL_RECEIVE_CONFIGURATION), RECEIVE_OWN | RECEIVE_MULTICAST |
                                                        RECEIVE_BROADCAST | RECEIVE_BEYOND |
                                                        RECEIVE_32_KIB | RECEIVE_SETTINGS);
  port_write16(at(card, RTL_RECEIVE_READ), (uint16_t) -READ_DISTANCE);
}

/* Hands over a frame of the ring, or drops it. */
static void hand_over(struct rtl8139 *card, const unsigned char *content, uint32_t len_bytes)
{
  const struct net_device_user *user = &card->device.user;
  struct pool_frame *frame = user->received != NULL ? frame_pool_take(&card->pool) : NULL;
  if (frame == NULL)
    return;
  frame_pool_fill(frame, len_bytes, content);
  user->received(user->context, &frame->received);
}

/* Returns false if the card is not done with it yet. */
static bool receive_one(struct rtl8139 *card)
{
  const volatile unsigned char *header = card->ring + card->ring_at;
  uint32_t status = header[0];
  uint32_t len_bytes = (uint32_t) header[3] << 8 | header[2];
  if (len_bytes == LENGTH_IS_COMING)
    return false;
  if ((status & HEADER_OK) == 0 || len_bytes < LEAST_FRAME_BYTES + CHECKSUM_BYTES ||
      len_bytes > MOST_FRAME_BYTES + 2 * CHECKSUM_BYTES)
  {
    begin_receiving(card); /* where the next one is nobody knows */
    return true;
  }
  hand_over(card, card->ring + card->ring_at + HEADER_BYTES, len_bytes - CHECKSUM_BYTES);
  card->ring_at = (card->ring_at + HEADER_BYTES + len_bytes + 3) & ~3u & (RING_BYTES - 1);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  port_write16(at(card, RTL_RECEIVE_READ), (uint16_t) (card->ring_at - READ_DISTANCE));
  return true;
}

static unsigned int receive(struct rtl8139 *card, unsigned int most)
{
  unsigned int count = 0;
  while (count < most && has_received(card) && receive_one(card))
    count++;
  return count;
}

static void release(struct net_device *device, struct net_received *frame)
{
  frame_pool_put(&rtl8139_of(device)->pool, (struct pool_frame *) frame);
}

static bool link_is_up(struct net_device *device)
{
  return (port_read8(at(rtl8139_of(device), RTL_MEDIUM)) & MEDIUM_LINK_DOWN) == 0;
}

static unsigned int serve(struct net_device *device, unsigned int most)
{
  struct rtl8139 *card = rtl8139_of(device);
  net_see_to_link(device, link_is_up);
  unsigned int count = tell_sent(card, most);
  count += receive(card, most - count);
  net_attend(device);
  return count;
}

static const struct net_device_operations operations = {
    .send = send_frame,
    .flush = flush,
    .serve = serve,
    .expect = net_expect,
    .release = release,
};

/* ---- Start ---- */

static bool reset(const struct rtl8139 *card)
{
  port_write8(at(card, RTL_CONFIGURATION_1), 0); /* awake */
  port_write8(at(card, RTL_COMMAND), COMMAND_RESET);
  for (int i = 0; i < MOST_LOOKS; i++)
    if ((port_read8(at(card, RTL_COMMAND)) & COMMAND_RESET) == 0)
      return true;
  return false;
}

static int make_buffers(struct rtl8139 *card)
{
  const size_t ring_bytes = RING_BYTES + RING_MARGIN_BYTES;
  const size_t send_bytes = (size_t) SEND_COUNT * POOL_BUFFER_BYTES;
  unsigned char *memory = kernel_allocate_zeroed(ring_bytes + send_bytes);
  if (memory == NULL)
    return -ENOMEM;
  uint64_t gpa = address_to_gpa(memory, ADDRESS_WRITE);
  if (gpa + ring_bytes + send_bytes > REACH_GPA || frame_pool_add(&card->pool, POOL_COUNT) != 0)
  {
    kernel_free(memory, ring_bytes + send_bytes);
    return -ENOMEM;
  }
  card->ring = memory;
  card->ring_gpa = (uint32_t) gpa;
  card->send_buffers = memory + ring_bytes;
  card->send_buffers_gpa = (uint32_t) (gpa + ring_bytes);
  return 0;
}

static void describe(struct rtl8139 *card)
{
  struct net_device *device = &card->device;
  device->operations = &operations;
  device->attention = &card->attention;
  card->attention.operations = &attention_operations;
  device->mtu_bytes = MTU_BYTES;
  device->most_held = POOL_COUNT / 2;
  for (unsigned int i = 0; i < sizeof(device->address); i++)
    device->address[i] = port_read8(at(card, RTL_ADDRESS + i));
  device->is_up = link_is_up(device);
}

static void begin(struct rtl8139 *card)
{
  port_write16(at(card, RTL_ASKED), 0);
  begin_receiving(card);
  port_write32(at(card, RTL_SEND_CONFIGURATION), SEND_SETTINGS);
  for (uint32_t i = 0; i < SEND_COUNT; i++)
    port_write32(at(card, RTL_SEND_ADDRESS + 4 * i),
                 card->send_buffers_gpa + i * POOL_BUFFER_BYTES);
  port_write32(at(card, RTL_MULTICAST), UINT32_MAX);
  port_write32(at(card, RTL_MULTICAST + 4), UINT32_MAX);
}

struct net_device *rtl8139_start(const struct pci_device *pci)
{
  if (pci->vendor_id != VENDOR_REALTEK || pci->device_id != DEVICE_RTL8139)
    return NULL;
  struct pci_bar bar = pci_bar(pci, REGISTERS_BAR);
  struct rtl8139 *card = kernel_allocate_zeroed(sizeof(*card));
  if (card == NULL)
    return NULL;
  card->port = (uint16_t) bar.address;
  pci_enable(pci);
  if (bar.len_bytes == 0 || !bar.is_port || !reset(card) ||
      pci_use_interrupt(pci, UHYVE_VECTOR_NETWORK) != 0 || make_buffers(card) != 0)
  {
    kernel_free(card, sizeof(*card));
    return NULL;
  }
  describe(card);
  begin(card);
  return &card->device;
}

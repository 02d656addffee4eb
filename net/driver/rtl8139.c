/* Frames and interrupts of an RTL8139. Frames come through a ring that the card fills byte by byte,
 * and go from four buffers. The interrupt is a line that is up while a cause is both noted and
 * asked for. Runs in upcalls. */
#include <errno.h>

#include "net/driver/rtl8139.h"

/* ---- Attention ---- */

static bool has_received(const struct rtl8139 *card)
{
  bool is_empty = (port_read8(rtl8139_at(card, RTL_COMMAND)) & COMMAND_EMPTY) != 0;
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
  return port_read32(rtl8139_at(card, RTL_SEND_STATUS + 4 * oldest)) & SEND_DONE;
}

static bool has_something(struct net_device *device)
{
  const struct rtl8139 *card = rtl8139_of(device);
  return has_received(card) || (wants_sent(card) && send_result(card) != 0);
}

static uint32_t take_causes(struct rtl8139 *card)
{
  uint32_t causes = port_read16(rtl8139_at(card, RTL_CAUSES)) & CAUSES;
  port_write16(rtl8139_at(card, RTL_CAUSES), (uint16_t) causes);
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
  port_write16(rtl8139_at(card, RTL_ASKED), 0);
  net_take_begin();
  take_causes(card);
  net_take_end();
  port_write16(rtl8139_at(card, RTL_ASKED), (uint16_t) asked);
  return has_something(device);
}

static void quiet(struct net_device *device)
{
  port_write16(rtl8139_at(rtl8139_of(device), RTL_ASKED), 0);
}

const struct net_attention_operations rtl8139_attention = {
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
  port_write32(rtl8139_at(card, RTL_SEND_STATUS + 4 * index), len_bytes | SEND_WHOLE_FRAME);
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
      port_write32(rtl8139_at(card, RTL_SEND_CONFIGURATION), SEND_SETTINGS | SEND_CLEAR_ABORT);
    void *owner = card->owners[card->sent_count % SEND_COUNT];
    __atomic_store_n(&card->sent_count, card->sent_count + 1, __ATOMIC_RELAXED);
    if (user->sent != NULL)
      user->sent(user->context, owner);
  }
  return count;
}

/* ---- Frames that come ---- */

void rtl8139_begin_receiving(struct rtl8139 *card)
{
  card->ring_at = 0;
  port_write8(rtl8139_at(card, RTL_COMMAND), COMMAND_SEND);
  port_write32(rtl8139_at(card, RTL_RECEIVE_ADDRESS), card->ring_gpa);
  port_write8(rtl8139_at(card, RTL_COMMAND), COMMAND_SEND | COMMAND_RECEIVE);
  port_write32(rtl8139_at(card, RTL_RECEIVE_CONFIGURATION), RECEIVE_OWN | RECEIVE_MULTICAST |
                                                                RECEIVE_BROADCAST | RECEIVE_BEYOND |
                                                                RECEIVE_32_KIB | RECEIVE_SETTINGS);
  port_write16(rtl8139_at(card, RTL_RECEIVE_READ), (uint16_t) -READ_DISTANCE);
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
    rtl8139_begin_receiving(card); /* where the next one is nobody knows */
    return true;
  }
  hand_over(card, card->ring + card->ring_at + HEADER_BYTES, len_bytes - CHECKSUM_BYTES);
  card->ring_at = (card->ring_at + HEADER_BYTES + len_bytes + 3) & ~3u & (RING_BYTES - 1);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  port_write16(rtl8139_at(card, RTL_RECEIVE_READ), (uint16_t) (card->ring_at - READ_DISTANCE));
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

static unsigned int serve(struct net_device *device, unsigned int most)
{
  struct rtl8139 *card = rtl8139_of(device);
  net_see_to_link(device, rtl8139_link_is_up);
  unsigned int count = tell_sent(card, most);
  count += receive(card, most - count);
  net_attend(device);
  return count;
}

const struct net_device_operations rtl8139_operations = {
    .send = send_frame,
    .flush = flush,
    .serve = serve,
    .expect = net_expect,
    .release = release,
};

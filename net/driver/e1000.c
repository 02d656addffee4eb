/* Frames and interrupts of an E1000. The interrupt is a line that is up while a cause is both noted
 * and asked for: it falls when causes are read, or nothing is asked for any more. Runs in upcalls.
 */
#include <errno.h>

#include "net/driver/e1000.h"

/* ---- Attention ---- */

static bool has_received(const struct e1000 *card)
{
  uint32_t next = __atomic_load_n(&card->receive_next, __ATOMIC_RELAXED);
  const uint8_t *status = &card->rings->receive[next].status;
  return (__atomic_load_n(status, __ATOMIC_ACQUIRE) & DESCRIPTOR_DONE) != 0;
}

static bool wants_sent(const struct e1000 *card)
{
  return __atomic_load_n(&card->send_count, __ATOMIC_RELAXED) -
             __atomic_load_n(&card->sent_count, __ATOMIC_RELAXED) >
         SEND_COUNT / 2;
}

static bool has_sent(const struct e1000 *card)
{
  uint32_t oldest = __atomic_load_n(&card->sent_count, __ATOMIC_RELAXED) % SEND_COUNT;
  const uint8_t *status = &card->rings->send[oldest].data.status;
  return (__atomic_load_n(status, __ATOMIC_ACQUIRE) & DESCRIPTOR_DONE) != 0;
}

static bool has_something(struct net_device *device)
{
  const struct e1000 *card = e1000_of(device);
  return has_received(card) || (wants_sent(card) && has_sent(card));
}

static uint32_t take_causes(struct e1000 *card)
{
  uint32_t causes = e1000_read(card, E1000_CAUSES);
  if (card->clears_by_writing)
    e1000_write(card, E1000_CAUSES, causes);
  if ((causes & CAUSE_LINK) != 0)
    __atomic_store_n(&card->attention.link_changed, 1, __ATOMIC_SEQ_CST);
  return causes;
}

static bool take_cause(struct net_device *device)
{
  return take_causes(e1000_of(device)) != 0;
}

static bool ask(struct net_device *device)
{
  struct e1000 *card = e1000_of(device);
  take_causes(card);
  e1000_write(card, E1000_ASK,
              card->received_causes | CAUSE_LINK | (wants_sent(card) ? card->sent_causes : 0));
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return has_something(device);
}

static void quiet(struct net_device *device)
{
  e1000_write(e1000_of(device), E1000_DO_NOT_ASK, UINT32_MAX);
}

const struct net_attention_operations e1000_attention = {
    .has_something = has_something,
    .take_cause = take_cause,
    .ask = ask,
    .quiet = quiet,
};

/* ---- Frames ---- */

static int send_frame(struct net_device *device, const struct net_frame *frame)
{
  struct e1000 *card = e1000_of(device);
  uint32_t index = card->send_count % SEND_COUNT;
  if (card->send_count - card->sent_count == SEND_COUNT - 1)
    return -EAGAIN;
  unsigned char *buffer = card->send_buffers + (size_t) index * POOL_BUFFER_BYTES;
  uint32_t len_bytes = frame_copy(frame, buffer, MOST_FRAME_BYTES);
  if (len_bytes < LEAST_FRAME_BYTES || frame->segment_bytes != 0)
    return -EINVAL;
  struct send_pair *pair = &card->rings->send[index];
  uint32_t checksum_at = (uint32_t) frame->checksum_begin + frame->checksum_offset;
  pair->context.payload_begin = (uint8_t) frame->checksum_begin;
  pair->context.payload_checksum = (uint8_t) checksum_at;
  pair->context.command = SEND_EXTENDED | (frame->checksum_offset == TCP_CHECKSUM ? SEND_TCP : 0);
  pair->data.gpa = card->send_buffers_gpa + (uint64_t) index * POOL_BUFFER_BYTES;
  pair->data.command =
      len_bytes | SEND_DATA | SEND_LAST | SEND_CHECKSUM | SEND_REPORT | SEND_EXTENDED;
  pair->data.status = 0;
  pair->data.options = checksum_at != 0 ? OPTION_PAYLOAD : 0;
  card->owners[index] = frame->owner;
  __atomic_store_n(&card->send_count, card->send_count + 1, __ATOMIC_RELAXED);
  return 0;
}

static void flush(struct net_device *device)
{
  const struct e1000 *card = e1000_of(device);
  e1000_write(card, E1000_SEND_RING + RING_TAIL, 2 * (card->send_count % SEND_COUNT));
}

static unsigned int tell_sent(struct e1000 *card, unsigned int most)
{
  const struct net_device_user *user = &card->device.user;
  unsigned int count = 0;
  while (count < most && card->sent_count != card->send_count && has_sent(card))
  {
    void *owner = card->owners[card->sent_count % SEND_COUNT];
    __atomic_store_n(&card->sent_count, card->sent_count + 1, __ATOMIC_RELAXED);
    if (user->sent != NULL)
      user->sent(user->context, owner);
    count++;
  }
  return count;
}

/* The frame behind a descriptor, with another one in its place; null: it is lost. */
static struct pool_frame *take_frame(struct e1000 *card, uint32_t index)
{
  const struct receive_descriptor *descriptor = &card->rings->receive[index];
  if ((descriptor->status & DESCRIPTOR_LAST) == 0 ||
      (descriptor->errors & DESCRIPTOR_BROKEN) != 0 || descriptor->len_bytes < LEAST_FRAME_BYTES ||
      descriptor->len_bytes > POOL_BUFFER_BYTES || card->device.user.received == NULL)
    return NULL;
  struct pool_frame *fresh = frame_pool_take(&card->pool);
  if (fresh == NULL)
    return NULL;
  struct pool_frame *frame = card->frames[index];
  card->frames[index] = fresh;
  frame_pool_fill(frame, descriptor->len_bytes, NULL);
  frame->received.is_checked =
      (descriptor->status & (DESCRIPTOR_UNCHECKED | DESCRIPTOR_TCP_CHECKED)) ==
          DESCRIPTOR_TCP_CHECKED &&
      (descriptor->errors & DESCRIPTOR_BAD_CHECKSUM) == 0;
  return frame;
}

static unsigned int receive(struct e1000 *card, unsigned int most)
{
  const struct net_device_user *user = &card->device.user;
  unsigned int count = 0;
  uint32_t index = card->receive_next;
  for (; count < most && has_received(card); count++)
  {
    struct receive_descriptor *descriptor = &card->rings->receive[index];
    struct pool_frame *frame = take_frame(card, index);
    descriptor->gpa = card->frames[index]->gpa;
    descriptor->status = 0;
    index = (index + 1) % RECEIVE_COUNT;
    __atomic_store_n(&card->receive_next, index, __ATOMIC_RELAXED);
    if (frame != NULL)
      user->received(user->context, &frame->received);
  }
  if (count > 0)
    e1000_write(card, E1000_RECEIVE_RING + RING_TAIL, (index + RECEIVE_COUNT - 1) % RECEIVE_COUNT);
  return count;
}

static void release(struct net_device *device, struct net_received *frame)
{
  frame_pool_put(&e1000_of(device)->pool, (struct pool_frame *) frame);
}

static unsigned int serve(struct net_device *device, unsigned int most)
{
  struct e1000 *card = e1000_of(device);
  net_see_to_link(device, e1000_link_is_up);
  unsigned int count = tell_sent(card, most);
  count += receive(card, most - count);
  net_attend(device);
  return count;
}

const struct net_device_operations e1000_operations = {
    .send = send_frame,
    .flush = flush,
    .serve = serve,
    .expect = net_expect,
    .release = release,
};

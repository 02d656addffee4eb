/* Frames that go: their pieces into the ring, where the device reads them. */
#include <errno.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "net/driver/virtio_net.h"

int virtio_net_send_start(struct virtio_net_pair *pair)
{
  size_t slots_bytes = pair->send.size * sizeof(*pair->send_slots);
  pair->send_slots = kernel_allocate_zeroed(slots_bytes);
  if (pair->send_slots == NULL)
    return -ENOMEM;
  pair->send_slots_gpa = address_to_gpa(pair->send_slots, ADDRESS_WRITE);
  for (uint16_t i = pair->send.size; i-- > 0;)
  {
    pair->send_slots[i].next = pair->free_send_slots;
    pair->free_send_slots = &pair->send_slots[i];
  }
  return 0;
}

/* Where the bytes are; memory that is mapped on demand is touched first. */
static uint64_t translate(const unsigned char *data, uint64_t *contiguous_bytes)
{
  uint64_t gpa = address_to_gpa_long(data, ADDRESS_READ, contiguous_bytes);
  if (gpa != ADDRESS_UNMAPPED)
    return gpa;
  (void) *(const volatile unsigned char *) data;
  return address_to_gpa_long(data, ADDRESS_READ, contiguous_bytes);
}

/* Adds the pieces of a frame behind those that are there. Returns how many there are then, 0: too
 * many. */
static unsigned int list_pieces(const struct net_frame *frame, struct virtqueue_piece *pieces,
                                unsigned int count)
{
  for (uint32_t i = 0; i < frame->piece_count; i++)
  {
    const unsigned char *data = frame->pieces[i].data;
    uint32_t left_bytes = frame->pieces[i].len_bytes;
    while (left_bytes > 0)
    {
      uint64_t contiguous_bytes = 0;
      uint64_t gpa = translate(data, &contiguous_bytes);
      if (gpa == ADDRESS_UNMAPPED || count == VIRTIO_NET_SEND_PIECES)
        return 0;
      uint32_t len_bytes = contiguous_bytes < left_bytes ? (uint32_t) contiguous_bytes : left_bytes;
      pieces[count++] = (struct virtqueue_piece){.gpa = gpa, .len_bytes = len_bytes};
      data += len_bytes;
      left_bytes -= len_bytes;
    }
  }
  return count;
}

static struct virtio_net_header make_header(const struct net_frame *frame)
{
  struct virtio_net_header header = {0};
  if (frame->checksum_begin != 0 || frame->checksum_offset != 0)
  {
    header.flags = VIRTIO_NET_NEEDS_CHECKSUM;
    header.checksum_begin = frame->checksum_begin;
    header.checksum_offset = frame->checksum_offset;
  }
  if (frame->segment_bytes != 0)
  {
    header.segment_type = frame->is_ipv6 ? VIRTIO_NET_SEGMENTS_IPV6 : VIRTIO_NET_SEGMENTS_IPV4;
    header.segment_bytes = frame->segment_bytes;
    header.header_bytes = frame->header_bytes;
  }
  return header;
}

/* Whether the device does all that the frame asks for. */
static bool is_possible(const struct virtio_net *net, const struct net_frame *frame)
{
  uint32_t needed = 0;
  if (frame->checksum_begin != 0 || frame->checksum_offset != 0)
    needed |= NET_CHECKSUM_SEND;
  if (frame->segment_bytes != 0)
    needed |= NET_CHECKSUM_SEND | (frame->is_ipv6 ? NET_SEGMENT_IPV6 : NET_SEGMENT_IPV4);
  return (needed & ~net->device.features) == 0 && frame->piece_count <= NET_MOST_PIECES;
}

static struct virtio_net_pair *pair_for(struct virtio_net *net, const struct net_frame *frame)
{
  if (net->sending_pairs == 1 || frame->piece_count == 0)
    return &net->pairs[0];
  uint32_t flow = virtio_net_flow(frame->pieces[0].data, frame->pieces[0].len_bytes);
  return &net->pairs[flow % net->sending_pairs];
}

int virtio_net_send(struct net_device *device, const struct net_frame *frame)
{
  struct virtio_net *net = virtio_net_of(device);
  struct virtio_net_pair *pair = pair_for(net, frame);
  struct virtqueue_piece pieces[VIRTIO_NET_SEND_PIECES];
  struct send_slot *slot = pair->free_send_slots;
  if (!is_possible(net, frame))
    return -EINVAL;
  if (slot == NULL || pair->send.free_count == 0)
    return -EAGAIN;
  pieces[0].gpa = pair->send_slots_gpa + (uint64_t) ((char *) slot - (char *) pair->send_slots);
  pieces[0].len_bytes = VIRTIO_NET_HEADER_BYTES;
  unsigned int count = list_pieces(frame, pieces, 1);
  if (count < 2)
    return -EINVAL;
  slot->header = make_header(frame);
  int error = virtqueue_add(&pair->send, pieces, count, 0, slot);
  if (error != 0)
    return error;
  pair->free_send_slots = slot->next;
  slot->owner = frame->owner;
  return 0;
}

void virtio_net_flush(struct net_device *device)
{
  struct virtio_net *net = virtio_net_of(device);
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    if (virtqueue_must_notify(&net->pairs[i].send))
      virtio_notify(&net->virtio, (uint16_t) (2 * i + VIRTIO_NET_SEND_QUEUE));
  }
}

unsigned int virtio_net_sent(struct virtio_net *net, struct virtio_net_pair *pair,
                             unsigned int most)
{
  unsigned int count = 0;
  while (count < most)
  {
    uint32_t written_bytes = 0;
    struct send_slot *slot = virtqueue_take(&pair->send, &written_bytes);
    if (slot == NULL)
      break;
    void *owner = slot->owner;
    slot->next = pair->free_send_slots;
    pair->free_send_slots = slot;
    if (net->device.user.sent != NULL)
      net->device.user.sent(net->device.user.context, owner);
    count++;
  }
  return count;
}

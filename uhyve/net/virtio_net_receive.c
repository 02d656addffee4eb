/* Frames from the way out to the guest: straight into its buffers, one frame over several of them
 * if need be (virtio 1.2, 5.1.6.3 and 5.1.6.4). */
#include "virtio_net.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Large frames are told to the driver so many bytes at a time: it wakes its tasks, and
 * acknowledges, once for all of them. */
#define LARGE_FRAME_BYTES 4096u
#define GROUP_BYTES       (128u << 10)

void virtio_net_receive_forget(struct virtio_net_pair *pair)
{
  struct virtio_net_receive *receive = &pair->receive;
  receive->first_buffer = receive->buffer_count = 0;
  receive->first_slot = 1;
  receive->slot_count = 0;
  receive->room_bytes = 0;
  receive->header_place_count = 0;
  receive->held_bytes = 0;
}

/* ---- Buffers ---- */

static bool is_full(struct virtio_net *net, const struct virtio_net_pair *pair)
{
  const struct virtio_net_receive *receive = &pair->receive;
  return receive->slot_count > VIRTIO_NET_ENOUGH_PIECES ||
         receive->buffer_count == virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE)->size;
}

/* Room for a chain, and a slot in front and behind. */
static void make_room(struct virtio_net_receive *receive)
{
  unsigned int end = receive->first_slot + receive->slot_count;
  if (end + VIRTQUEUE_MOST_ENTRIES + 1 <= VIRTIO_NET_SLOTS)
    return;
  memmove(&receive->slots[1], &receive->slots[receive->first_slot],
          receive->slot_count * sizeof(receive->slots[0]));
  receive->first_slot = 1;
}

static void add_buffer(struct virtio_net_receive *receive)
{
  const struct virtqueue_chain *chain = &receive->chain;
  unsigned int last = (receive->first_buffer + receive->buffer_count) % VIRTQUEUE_MOST_ENTRIES;
  make_room(receive);
  memcpy(&receive->slots[receive->first_slot + receive->slot_count], chain->pieces,
         chain->piece_count * sizeof(chain->pieces[0]));
  receive->buffers[last] = (struct virtio_net_buffer){
      .id = chain->id,
      .entries = chain->entries,
      .piece_count = chain->piece_count,
      .len_bytes = (uint32_t) chain->writable_bytes,
  };
  receive->slot_count += chain->piece_count;
  receive->room_bytes += chain->writable_bytes;
  receive->buffer_count++;
}

/* A buffer of more than any frame has is as good as one that is just large enough. */
static bool is_buffer(const struct virtqueue_chain *chain)
{
  return chain->readable_count == 0 && chain->writable_bytes >= NET_HEADER_BYTES &&
         chain->writable_bytes <= UINT32_MAX;
}

/* Takes buffers until there is so much room, or no more of them. */
static void collect(struct virtio_net *net, struct virtio_net_pair *pair, uint64_t wanted_bytes)
{
  struct virtio_net_receive *receive = &pair->receive;
  struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE);
  bool merges = virtio_net_has(net, VIRTIO_NET_F_MRG_RXBUF);
  while (receive->room_bytes < wanted_bytes && !is_full(net, pair) &&
         (merges || receive->buffer_count == 0))
  {
    int taken = virtqueue_take(queue, &receive->chain);
    if (taken < 0 || (taken > 0 && !is_buffer(&receive->chain)))
      virtio_mmio_break(&net->virtio);
    if (taken <= 0 || !virtio_mmio_is_running(&net->virtio))
      return;
    add_buffer(receive);
  }
}

/* Takes the header's place off the first buffer. */
static void cut_header(struct virtio_net_receive *receive)
{
  size_t bytes = NET_HEADER_BYTES;
  for (unsigned int slot = receive->first_slot; bytes > 0; slot++)
  {
    struct iovec *piece = &receive->slots[slot];
    size_t part = piece->iov_len < bytes ? piece->iov_len : bytes;
    if (part == 0)
      continue;
    receive->header_places[receive->header_place_count++] =
        (struct iovec){.iov_base = piece->iov_base, .iov_len = part};
    piece->iov_base = (uint8_t *) piece->iov_base + part;
    piece->iov_len -= part;
    bytes -= part;
  }
}

static void write_header(struct virtio_net_receive *receive)
{
  const uint8_t *from = (const uint8_t *) &receive->header;
  for (unsigned int i = 0; i < receive->header_place_count; i++)
  {
    memcpy(receive->header_places[i].iov_base, from, receive->header_places[i].iov_len);
    from += receive->header_places[i].iov_len;
  }
  receive->header_place_count = 0;
}

/* ---- Frames ---- */

/* With header. A larger one finds its room all the same, by way of the spare. */
static uint64_t most_bytes(const struct virtio_net *net)
{
  bool is_large =
      virtio_net_has(net, VIRTIO_NET_F_GUEST_TSO4) || virtio_net_has(net, VIRTIO_NET_F_GUEST_TSO6);
  uint64_t frame_bytes = NET_MOST_FRAME_BYTES;
  if (!is_large && net->config.mtu != 0)
    frame_bytes = net->config.mtu + ETHERNET_HEADER_BYTES + 4u;
  return NET_HEADER_BYTES + frame_bytes;
}

/* What was queued under another driver may not suit this one. That a checksum was verified need not
 * be said. */
static bool is_suitable(const struct virtio_net *net, struct virtio_net_hdr_v1 *header)
{
  if (!virtio_net_has(net, VIRTIO_NET_F_GUEST_CSUM))
  {
    if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
      return false;
    header->flags = 0;
  }
  switch (header->gso_type)
  {
  case VIRTIO_NET_HDR_GSO_NONE:
    return true;
  case VIRTIO_NET_HDR_GSO_TCPV4:
    return virtio_net_has(net, VIRTIO_NET_F_GUEST_TSO4);
  case VIRTIO_NET_HDR_GSO_TCPV6:
    return virtio_net_has(net, VIRTIO_NET_F_GUEST_TSO6);
  default:
    return false;
  }
}

/* Gives a frame of so many bytes to the guest, header included: it lies in the first buffers. A
 * small one is told at once. */
static void give(struct virtio_net *net, struct virtio_net_pair *pair, uint64_t bytes)
{
  struct virtio_net_receive *receive = &pair->receive;
  struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE);
  bool is_large = bytes >= LARGE_FRAME_BYTES;
  uint16_t count = 0;
  receive->group_bytes += bytes;
  while (bytes > 0)
  {
    const struct virtio_net_buffer *buffer = &receive->buffers[receive->first_buffer];
    uint32_t part = bytes < buffer->len_bytes ? (uint32_t) bytes : buffer->len_bytes;
    virtqueue_put(queue, buffer->id, buffer->entries, part);
    count++;
    bytes -= part;
    receive->first_slot += buffer->piece_count;
    receive->slot_count -= buffer->piece_count;
    receive->room_bytes -= buffer->len_bytes;
    receive->buffer_count--;
    receive->first_buffer = (receive->first_buffer + 1) % VIRTQUEUE_MOST_ENTRIES;
  }
  receive->header.num_buffers = count;
  write_header(receive);
  if (!is_large)
    virtqueue_publish(queue);
}

/* Copies the rest of a frame behind what was received straight into the buffers. */
static void fill(struct virtio_net_receive *receive)
{
  const uint8_t *from = receive->spare;
  uint64_t skip = receive->held_room_bytes - NET_HEADER_BYTES;
  uint64_t rest = receive->held_bytes - receive->held_room_bytes;
  for (unsigned int slot = receive->first_slot; rest > 0; slot++)
  {
    const struct iovec *piece = &receive->slots[slot];
    uint64_t skipped = skip < piece->iov_len ? skip : piece->iov_len;
    uint64_t part = piece->iov_len - skipped;
    part = part < rest ? part : rest;
    memcpy((uint8_t *) piece->iov_base + skipped, from, part);
    from += part;
    rest -= part;
    skip -= skipped;
  }
}

/* Returns whether the held frame is gone, in one way or the other. */
static bool place_held(struct virtio_net *net, struct virtio_net_pair *pair)
{
  struct virtio_net_receive *receive = &pair->receive;
  collect(net, pair, receive->held_bytes);
  if (receive->room_bytes >= receive->held_bytes)
  {
    fill(receive);
    give(net, pair, receive->held_bytes);
    receive->held_bytes = 0;
    return true;
  }
  if (virtio_net_has(net, VIRTIO_NET_F_MRG_RXBUF) && !is_full(net, pair))
    return false;
  receive->held_bytes = 0; /* too large for this guest, and lost */
  return true;
}

/* Receives into all buffers there are, up to the largest frame; what does not fit goes into the
 * spare. */
static ssize_t receive_frame(struct virtio_net_receive *receive, struct net_way *way,
                             uint64_t *room_bytes)
{
  if (receive->header_place_count == 0)
    cut_header(receive);
  struct iovec *pieces = &receive->slots[receive->first_slot - 1];
  receive->header = (struct virtio_net_hdr_v1){0};
  pieces[0] = (struct iovec){.iov_base = &receive->header, .iov_len = NET_HEADER_BYTES};
  pieces[receive->slot_count + 1] =
      (struct iovec){.iov_base = receive->spare, .iov_len = sizeof(receive->spare)};
  *room_bytes = receive->room_bytes;
  return way->operations->receive(way, pieces, (int) receive->slot_count + 2);
}

/* Returns whether there was a frame. */
static bool receive_one(struct virtio_net *net, struct virtio_net_pair *pair, struct net_way *way)
{
  struct virtio_net_receive *receive = &pair->receive;
  if (receive->held_bytes > 0)
    return place_held(net, pair);
  collect(net, pair, most_bytes(net));
  if (receive->buffer_count == 0 || !virtio_mmio_is_running(&net->virtio))
    return false;
  uint64_t room_bytes;
  ssize_t bytes = receive_frame(receive, way, &room_bytes);
  if (bytes == -EAGAIN)
    return false;
  if (bytes < 0 && bytes != -EMSGSIZE)
    virtio_net_lose_way(net);
  if (bytes < NET_HEADER_BYTES + ETHERNET_HEADER_BYTES ||
      bytes > NET_HEADER_BYTES + NET_MOST_FRAME_BYTES || !is_suitable(net, &receive->header))
    return !net->is_way_broken;
  if ((uint64_t) bytes <= room_bytes)
  {
    give(net, pair, (uint64_t) bytes);
    return true;
  }
  receive->held_bytes = (uint64_t) bytes;
  receive->held_room_bytes = room_bytes;
  return place_held(net, pair);
}

unsigned int virtio_net_receive_batch(struct virtio_net *net, struct virtio_net_pair *pair,
                                      struct net_way *way, unsigned int most)
{
  struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE);
  unsigned int frames = 0;
  pair->receive.group_bytes = 0;
  while (frames < most && pair->receive.group_bytes < GROUP_BYTES && queue->is_ready &&
         !net->is_way_broken && virtio_mmio_is_running(&net->virtio) && receive_one(net, pair, way))
    frames++;
  pair->received_frames += frames;
  if (frames > 0)
    virtqueue_publish(queue);
  return frames;
}

bool virtio_net_receive_has_room(const struct virtio_net_pair *pair)
{
  return pair->receive.held_bytes == 0 && pair->receive.buffer_count > 0;
}

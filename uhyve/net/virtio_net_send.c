/* Frames from the guest to the way out. */
#include "virtio_net.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Takes bytes off the front of pieces, copying them. There are as many. */
static unsigned int cut_front(struct iovec *pieces, void *to, size_t bytes)
{
  unsigned int cut = 0;
  uint8_t *at = to;
  while (bytes > 0)
  {
    struct iovec *piece = &pieces[cut];
    size_t part = piece->iov_len < bytes ? piece->iov_len : bytes;
    memcpy(at, piece->iov_base, part);
    at += part;
    bytes -= part;
    piece->iov_base = (uint8_t *) piece->iov_base + part;
    piece->iov_len -= part;
    if (bytes > 0)
      cut++;
  }
  return cut;
}

/* A driver asks for what it has negotiated, or the frame goes nowhere. */
static bool is_allowed(const struct virtio_net *net, const struct virtio_net_hdr_v1 *header)
{
  bool wants_checksum = (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
  if (wants_checksum && !virtio_net_has(net, VIRTIO_NET_F_CSUM))
    return false;
  switch (header->gso_type)
  {
  case VIRTIO_NET_HDR_GSO_NONE:
    return true;
  case VIRTIO_NET_HDR_GSO_TCPV4:
    return wants_checksum && virtio_net_has(net, VIRTIO_NET_F_HOST_TSO4);
  case VIRTIO_NET_HDR_GSO_TCPV6:
    return wants_checksum && virtio_net_has(net, VIRTIO_NET_F_HOST_TSO6);
  default:
    return false;
  }
}

/* Makes a frame of the chain. Returns false if there is none to be sent. */
static bool prepare(const struct virtio_net *net, struct virtio_net_send *send)
{
  struct virtqueue_chain *chain = &send->chain;
  if (chain->readable_bytes < NET_HEADER_BYTES + ETHERNET_HEADER_BYTES ||
      chain->readable_bytes > NET_HEADER_BYTES + NET_MOST_FRAME_BYTES)
    return false;
  unsigned int cut = cut_front(chain->pieces, &send->header, NET_HEADER_BYTES);
  send->header.flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
  send->header.num_buffers = 0;
  if (!is_allowed(net, &send->header))
    return false;
  send->pieces[0] = (struct iovec){.iov_base = &send->header, .iov_len = NET_HEADER_BYTES};
  send->piece_count = 1;
  for (unsigned int i = cut; i < chain->readable_count; i++)
  {
    if (chain->pieces[i].iov_len > 0)
      send->pieces[send->piece_count++] = chain->pieces[i];
  }
  return true;
}

/* Returns false if the way has no room. A frame that it does not want is lost, as on a wire. */
static bool send_frame(struct virtio_net *net, struct virtio_net_pair *pair)
{
  const struct virtio_net_send *send = &pair->send;
  if (net->is_way_broken)
    return true;
  int error = pair->way->operations->send(pair->way, send->pieces, (int) send->piece_count);
  pair->is_flushed = false;
  if (error == -EAGAIN)
    return false;
  if (error == -ENETDOWN)
    virtio_net_way_down(net);
  else if (error != 0 && error != -EINVAL && error != -EMSGSIZE)
    virtio_net_lose_way(net);
  return true;
}

unsigned int virtio_net_send_batch(struct virtio_net *net, struct virtio_net_pair *pair,
                                   unsigned int most)
{
  struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_SEND);
  struct virtio_net_send *send = &pair->send;
  unsigned int frames = 0;
  while (queue->is_ready && frames < most)
  {
    int taken = send->is_waiting ? 1 : virtqueue_take(queue, &send->chain);
    if (taken < 0)
      virtio_mmio_break(&net->virtio);
    if (taken <= 0)
      break;
    bool is_frame = send->is_waiting || prepare(net, send);
    send->is_waiting = is_frame && !send_frame(net, pair);
    if (send->is_waiting)
      break;
    virtqueue_put(queue, send->chain.id, send->chain.entries, 0);
    frames++;
  }
  if (frames > 0)
  {
    virtqueue_publish(queue);
    virtqueue_want_notify(queue, false); /* until virtio_net_expect() */
  }
  pair->sent_frames += frames;
  return frames;
}

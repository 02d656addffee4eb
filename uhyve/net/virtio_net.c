/* A virtio network device: what it offers, its life, and the order in which it is served. */
#include "virtio_net.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <stddef.h>
#include <string.h>

#define FEATURE(bit) (1ull << (bit))

#define OWN_FEATURES                                                         \
  (FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_F_RING_PACKED) |             \
   FEATURE(VIRTIO_RING_F_INDIRECT_DESC) | FEATURE(VIRTIO_RING_F_EVENT_IDX) | \
   FEATURE(VIRTIO_NET_F_MRG_RXBUF) | FEATURE(VIRTIO_NET_F_MAC) | FEATURE(VIRTIO_NET_F_STATUS))

#define OFFLOADS                                                       \
  (FEATURE(VIRTIO_NET_F_CSUM) | FEATURE(VIRTIO_NET_F_GUEST_CSUM) |     \
   FEATURE(VIRTIO_NET_F_HOST_TSO4) | FEATURE(VIRTIO_NET_F_HOST_TSO6) | \
   FEATURE(VIRTIO_NET_F_GUEST_TSO4) | FEATURE(VIRTIO_NET_F_GUEST_TSO6))

static struct virtio_net *net_of(struct virtio_mmio *virtio)
{
  return (struct virtio_net *) (void *) ((char *) virtio - offsetof(struct virtio_net, virtio));
}

/* Large frames have no checksums of their own: virtio 1.2, 5.1.3.1. */
static bool accepts(uint64_t features)
{
  const uint64_t host_large = FEATURE(VIRTIO_NET_F_HOST_TSO4) | FEATURE(VIRTIO_NET_F_HOST_TSO6);
  const uint64_t guest_large = FEATURE(VIRTIO_NET_F_GUEST_TSO4) | FEATURE(VIRTIO_NET_F_GUEST_TSO6);
  return ((features & host_large) == 0 || (features & FEATURE(VIRTIO_NET_F_CSUM)) != 0) &&
         ((features & guest_large) == 0 || (features & FEATURE(VIRTIO_NET_F_GUEST_CSUM)) != 0);
}

static void start(struct virtio_mmio *virtio)
{
  struct virtio_net *net = net_of(virtio);
  net->offloads_wanted = true;
  net->wake_wanted = true;
}

static void stop_queue(struct virtio_mmio *virtio, unsigned int queue)
{
  struct virtio_net *net = net_of(virtio);
  if (queue == VIRTIO_NET_RECEIVE)
    virtio_net_receive_forget(net);
  else
    net->send.is_waiting = false;
  net->wake_wanted = true;
}

static void reset(struct virtio_mmio *virtio)
{
  for (unsigned int queue = 0; queue < VIRTIO_NET_QUEUES; queue++)
    stop_queue(virtio, queue);
}

static const struct virtio_device_operations operations = {
    .accepts = accepts, .start = start, .stop_queue = stop_queue, .reset = reset};

void virtio_net_prepare(struct virtio_net *net, struct net_way *way,
                        const struct guest_memory *memory, const uint8_t mac[static 6],
                        uint32_t mtu_bytes)
{
  net->way = way;
  net->is_flushed = true;
  net->config.status = VIRTIO_NET_S_LINK_UP;
  net->config.mtu = (uint16_t) mtu_bytes;
  memcpy(net->config.mac, mac, sizeof(net->config.mac));
  net->virtio = (struct virtio_mmio){
      .operations = &operations,
      .memory = memory,
      .config = &net->config,
      .config_bytes = offsetof(struct virtio_net_config, mtu) + sizeof(net->config.mtu),
      .device_id = VIRTIO_ID_NET,
      .queue_count = VIRTIO_NET_QUEUES,
      .offered = OWN_FEATURES | (way->features & OFFLOADS) |
                 (mtu_bytes != 0 ? FEATURE(VIRTIO_NET_F_MTU) : 0),
  };
  virtio_net_receive_forget(net);
}

void virtio_net_lose_way(struct virtio_net *net)
{
  net->is_way_broken = true;
  net->config.status &= (uint16_t) ~VIRTIO_NET_S_LINK_UP;
  virtio_mmio_tell_config(&net->virtio);
}

void virtio_net_way_down(struct virtio_net *net)
{
  if (net->is_way_down || net->is_way_broken)
    return;
  net->is_way_down = true;
  net->config.status &= (uint16_t) ~VIRTIO_NET_S_LINK_UP;
  virtio_mmio_tell_config(&net->virtio);
}

void virtio_net_way_has_room(struct virtio_net *net)
{
  if (!net->is_way_down || net->is_way_broken)
    return;
  net->is_way_down = false;
  net->config.status |= VIRTIO_NET_S_LINK_UP;
  virtio_mmio_tell_config(&net->virtio);
}

static void tell_offloads(struct virtio_net *net)
{
  net->offloads_wanted = false;
  if (net->way->operations->set_offloads != NULL &&
      net->way->operations->set_offloads(net->way, net->virtio.accepted & OFFLOADS) != 0)
    virtio_net_lose_way(net);
}

static void flush(struct virtio_net *net)
{
  if (!net->is_flushed && !net->is_way_broken)
    net->is_flushed =
        net->way->operations->flush == NULL || net->way->operations->flush(net->way) == 0;
}

static bool tell_used(struct virtio_net *net, enum virtio_net_queue number, unsigned int frames)
{
  struct virtqueue *queue = virtio_net_queue(net, number);
  if (frames == 0 || !queue->is_ready || !virtqueue_wants_interrupt(queue))
    return false;
  net->virtio.interrupt_status |= VIRTIO_MMIO_INT_VRING;
  return true;
}

bool virtio_net_serve(struct virtio_net *net, struct virtio_net_news *news)
{
  unsigned int sent = 0;
  unsigned int received = 0;
  net->wake_wanted = false;
  *news = (struct virtio_net_news){0};
  if (virtio_mmio_is_running(&net->virtio))
  {
    if (net->offloads_wanted)
      tell_offloads(net);
    sent = virtio_net_send_batch(net);
    flush(net);
    received = virtio_net_receive_batch(net);
    news->of_ring = tell_used(net, VIRTIO_NET_RECEIVE, received);
    news->of_ring |= tell_used(net, VIRTIO_NET_SEND, sent);
  }
  news->of_change = net->virtio.generation != net->told_generation;
  net->told_generation = net->virtio.generation;
  return sent + received > 0;
}

bool virtio_net_expect(struct virtio_net *net, struct virtio_net_expected *expected)
{
  struct virtqueue *receive = virtio_net_queue(net, VIRTIO_NET_RECEIVE);
  struct virtqueue *send = virtio_net_queue(net, VIRTIO_NET_SEND);
  *expected = (struct virtio_net_expected){0};
  if (net->wake_wanted)
    return true;
  if (!virtio_mmio_is_running(&net->virtio))
    return false;
  bool has_more = false;
  if (receive->is_ready && !net->is_way_broken)
  {
    expected->frames = virtio_net_receive_has_room(net);
    virtqueue_want_notify(receive, !expected->frames);
    has_more = !expected->frames && virtqueue_has_more(receive);
  }
  if (send->is_ready)
  {
    virtqueue_want_notify(send, !net->send.is_waiting);
    has_more |= !net->send.is_waiting && virtqueue_has_more(send);
  }
  expected->room =
      (net->send.is_waiting || !net->is_flushed || net->is_way_down) && !net->is_way_broken;
  return has_more && virtio_mmio_is_running(&net->virtio);
}

/* A virtio network device: what it offers, its life, and the order in which it is served. */
#include "virtio_net.h"

#include <errno.h>
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

#define PAIR_FEATURES (FEATURE(VIRTIO_NET_F_CTRL_VQ) | FEATURE(VIRTIO_NET_F_MQ))

#define OFFLOADS                                                       \
  (FEATURE(VIRTIO_NET_F_CSUM) | FEATURE(VIRTIO_NET_F_GUEST_CSUM) |     \
   FEATURE(VIRTIO_NET_F_HOST_TSO4) | FEATURE(VIRTIO_NET_F_HOST_TSO6) | \
   FEATURE(VIRTIO_NET_F_GUEST_TSO4) | FEATURE(VIRTIO_NET_F_GUEST_TSO6))

static struct virtio_net *net_of(struct virtio_mmio *virtio)
{
  return (struct virtio_net *) (void *) ((char *) virtio - offsetof(struct virtio_net, virtio));
}

/* What must come together: virtio 1.2, 5.1.3.1. Large frames have no checksums of their own, and
 * several pairs are asked for by the control queue. */
static bool accepts(uint64_t features)
{
  const uint64_t host_large = FEATURE(VIRTIO_NET_F_HOST_TSO4) | FEATURE(VIRTIO_NET_F_HOST_TSO6);
  const uint64_t guest_large = FEATURE(VIRTIO_NET_F_GUEST_TSO4) | FEATURE(VIRTIO_NET_F_GUEST_TSO6);
  return ((features & host_large) == 0 || (features & FEATURE(VIRTIO_NET_F_CSUM)) != 0) &&
         ((features & guest_large) == 0 || (features & FEATURE(VIRTIO_NET_F_GUEST_CSUM)) != 0) &&
         ((features & FEATURE(VIRTIO_NET_F_MQ)) == 0 ||
          (features & FEATURE(VIRTIO_NET_F_CTRL_VQ)) != 0);
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
  struct virtio_net_pair *pair = &net->pairs[queue / VIRTIO_NET_QUEUES];
  net->wake_wanted = true;
  if (queue >= VIRTIO_NET_QUEUES * net->pair_count)
    return;
  if (queue % VIRTIO_NET_QUEUES == VIRTIO_NET_RECEIVE)
    virtio_net_receive_forget(pair);
  else
    pair->send.is_waiting = false;
}

static void reset(struct virtio_mmio *virtio)
{
  for (unsigned int queue = 0; queue < virtio->queue_count; queue++)
    stop_queue(virtio, queue);
  net_of(virtio)->active_pairs = 1;
}

static const struct virtio_device_operations operations = {
    .accepts = accepts, .start = start, .stop_queue = stop_queue, .reset = reset};

void virtio_net_prepare(struct virtio_net *net, struct net_way *way,
                        const struct guest_memory *memory, const uint8_t mac[static 6],
                        uint32_t mtu_bytes)
{
  net->way = way;
  net->active_pairs = 1;
  do
  {
    struct virtio_net_pair *pair = &net->pairs[net->pair_count++];
    pair->way = way;
    pair->is_flushed = true;
    virtio_net_receive_forget(pair);
    way = way->next;
  } while (way != NULL && net->pair_count < VIRTIO_NET_MOST_PAIRS);
  const bool has_several = net->pair_count > 1;
  net->config.max_virtqueue_pairs = has_several ? (uint16_t) net->pair_count : 0;
  net->config.status = VIRTIO_NET_S_LINK_UP;
  net->config.mtu = (uint16_t) mtu_bytes;
  memcpy(net->config.mac, mac, sizeof(net->config.mac));
  net->virtio = (struct virtio_mmio){
      .operations = &operations,
      .memory = memory,
      .config = &net->config,
      .config_bytes = offsetof(struct virtio_net_config, mtu) + sizeof(net->config.mtu),
      .device_id = VIRTIO_ID_NET,
      .queue_count = VIRTIO_NET_QUEUES * net->pair_count + has_several,
      .offered = OWN_FEATURES | (net->way->features & OFFLOADS) |
                 (mtu_bytes != 0 ? FEATURE(VIRTIO_NET_F_MTU) : 0) |
                 (has_several ? PAIR_FEATURES : 0),
  };
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

static void flush(struct virtio_net *net, struct virtio_net_pair *pair)
{
  if (pair->is_flushed || net->is_way_broken)
    return;
  int error = pair->way->operations->flush != NULL ? pair->way->operations->flush(pair->way) : 0;
  pair->is_flushed = error == 0;
  if (error != 0 && error != -EAGAIN)
    virtio_net_lose_way(net);
}

static bool tell_used(struct virtio_net *net, struct virtqueue *queue, unsigned int count)
{
  if (count == 0 || !queue->is_ready || !virtqueue_wants_interrupt(queue))
    return false;
  net->virtio.interrupt_status |= VIRTIO_MMIO_INT_VRING;
  return true;
}

/* ---- Pairs ---- */

/* What comes by a queue of the way: where the driver has fewer pairs, several come by one. */
static struct virtio_net_pair *receiving_pair(struct virtio_net *net, unsigned int way)
{
  return &net->pairs[way % net->active_pairs];
}

/* A frame that has come by another pair already is lost. What that has of buffers it keeps. */
void virtio_net_activate(struct virtio_net *net, unsigned int pairs)
{
  net->active_pairs = pairs;
  for (unsigned int i = pairs; i < net->pair_count; i++)
    net->pairs[i].receive.held_bytes = 0;
}

static unsigned int batch_of(const struct virtio_net *net)
{
  return (VIRTIO_NET_BATCH + net->pair_count - 1) / net->pair_count;
}

static unsigned int send_all(struct virtio_net *net, struct virtio_net_news *news)
{
  unsigned int all = 0;
  for (unsigned int i = 0; i < virtio_net_usable_pairs(net) && virtio_mmio_is_running(&net->virtio);
       i++)
  {
    struct virtio_net_pair *pair = &net->pairs[i];
    unsigned int sent = virtio_net_send_batch(net, pair, batch_of(net));
    flush(net, pair);
    news->of_ring |= tell_used(net, virtio_net_queue(net, pair, VIRTIO_NET_SEND), sent);
    all += sent;
  }
  return all;
}

static unsigned int obey(struct virtio_net *net, struct virtio_net_news *news)
{
  if (!virtio_net_has(net, VIRTIO_NET_F_CTRL_VQ) || !virtio_mmio_is_running(&net->virtio))
    return 0;
  unsigned int commands = virtio_net_control_batch(net);
  news->of_ring |= tell_used(net, virtio_net_control_queue(net), commands);
  return commands;
}

static unsigned int receive_all(struct virtio_net *net, struct virtio_net_news *news)
{
  unsigned int all = 0;
  for (unsigned int i = 0; i < net->pair_count && virtio_mmio_is_running(&net->virtio); i++)
  {
    struct virtio_net_pair *pair = receiving_pair(net, i);
    unsigned int received = virtio_net_receive_batch(net, pair, net->pairs[i].way, batch_of(net));
    news->of_ring |= tell_used(net, virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE), received);
    all += received;
  }
  return all;
}

/* ---- Serving ---- */

bool virtio_net_serve(struct virtio_net *net, struct virtio_net_news *news)
{
  unsigned int served = 0;
  net->wake_wanted = false;
  *news = (struct virtio_net_news){0};
  if (virtio_mmio_is_running(&net->virtio))
  {
    if (net->offloads_wanted)
      tell_offloads(net);
    served += send_all(net, news);
    served += obey(net, news);
    served += receive_all(net, news);
  }
  news->of_change = net->virtio.generation != net->told_generation;
  net->told_generation = net->virtio.generation;
  return served > 0;
}

/* The next three return whether there is something already. */
static bool expect_to_receive(struct virtio_net *net, struct virtio_net_expected *expected)
{
  bool has_more = false;
  for (unsigned int i = 0; i < net->pair_count && !net->is_way_broken; i++)
  {
    const struct virtio_net_pair *pair = receiving_pair(net, i);
    struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_RECEIVE);
    if (!queue->is_ready)
      continue;
    bool has_room = virtio_net_receive_has_room(pair);
    expected->frames |= (uint32_t) has_room << i;
    virtqueue_want_notify(queue, !has_room);
    has_more |= !has_room && virtqueue_has_more(queue);
  }
  return has_more;
}

static bool expect_to_send(struct virtio_net *net, struct virtio_net_expected *expected)
{
  bool has_more = false;
  for (unsigned int i = 0; i < virtio_net_usable_pairs(net); i++)
  {
    const struct virtio_net_pair *pair = &net->pairs[i];
    struct virtqueue *queue = virtio_net_queue(net, pair, VIRTIO_NET_SEND);
    bool is_waiting = pair->send.is_waiting;
    if (queue->is_ready)
    {
      virtqueue_want_notify(queue, !is_waiting);
      has_more |= !is_waiting && virtqueue_has_more(queue);
    }
    bool wants_room = (is_waiting || !pair->is_flushed) && !net->is_way_broken;
    expected->room |= (uint32_t) wants_room << i;
  }
  /* One is enough to tell when all are up again. */
  if (net->is_way_down && !net->is_way_broken)
    expected->room |= 1;
  return has_more;
}

static bool expect_commands(struct virtio_net *net)
{
  struct virtqueue *queue = virtio_net_control_queue(net);
  if (!virtio_net_has(net, VIRTIO_NET_F_CTRL_VQ) || !queue->is_ready)
    return false;
  virtqueue_want_notify(queue, true);
  return virtqueue_has_more(queue);
}

bool virtio_net_expect(struct virtio_net *net, struct virtio_net_expected *expected)
{
  *expected = (struct virtio_net_expected){0};
  if (net->wake_wanted)
    return true;
  if (!virtio_mmio_is_running(&net->virtio))
    return false;
  bool has_more = expect_to_receive(net, expected);
  has_more |= expect_to_send(net, expected);
  has_more |= expect_commands(net);
  return has_more && virtio_mmio_is_running(&net->virtio);
}

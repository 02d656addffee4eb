/* What the rings of a virtio network device are asked for. Runs in upcalls. */
#include "net/driver/virtio_net.h"

/* Without an interrupt for each frame that was sent: those are looked at along with others, but
 * when so many are on their way that a sender may be short of room. */
static bool wants_sent(const struct virtio_net_pair *pair)
{
  return __atomic_load_n(&pair->send.free_count, __ATOMIC_RELAXED) < pair->send.size / 2;
}

static bool has_something(struct net_device *device)
{
  const struct virtio_net *net = virtio_net_of(device);
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    const struct virtio_net_pair *pair = &net->pairs[i];
    if (virtqueue_has_used(&pair->receive) || (wants_sent(pair) && virtqueue_has_used(&pair->send)))
      return true;
  }
  return false;
}

static bool take_cause(struct net_device *device)
{
  struct virtio_net *net = virtio_net_of(device);
  uint32_t cause = net->virtio.take_cause != NULL ? net->virtio.take_cause(&net->virtio) : 0;
  if ((cause & VIRTIO_CAUSE_CONFIGURATION) != 0 || net->virtio.shares_message)
    __atomic_store_n(&net->attention.link_changed, 1, __ATOMIC_SEQ_CST);
  return cause != 0;
}

static void quiet(struct net_device *device)
{
  struct virtio_net *net = virtio_net_of(device);
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    virtqueue_quiet(&net->pairs[i].receive);
    virtqueue_quiet(&net->pairs[i].send);
  }
}

/* For the next frame. Another task may be taking frames out meanwhile: either that is seen here, or
 * that task sees, behind its fence, that interrupts are expected (net_attend). */
static bool ask_for_next(struct virtqueue *receive)
{
  for (;;)
  {
    uint16_t taken = __atomic_load_n(&receive->taken, __ATOMIC_RELAXED);
    bool is_there = virtqueue_expect(receive, VIRTQUEUE_NEXT);
    if (is_there || taken == __atomic_load_n(&receive->taken, __ATOMIC_RELAXED))
      return is_there;
  }
}

static bool is_short_of_buffers(const struct virtio_net *net)
{
  bool is_short = false;
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    const struct virtqueue *receive = &net->pairs[i].receive;
    is_short =
        is_short || __atomic_load_n(&receive->free_count, __ATOMIC_RELAXED) > receive->size / 2;
  }
  return is_short;
}

/* Buffers that have come back to a ring that is short of them: who gave them back may have found us
 * awake, behind the last look at them. */
static bool must_refill(const struct virtio_net *net)
{
  return is_short_of_buffers(net) && __atomic_load_n(&net->released, __ATOMIC_SEQ_CST) != NULL;
}

static bool ask(struct net_device *device)
{
  struct virtio_net *net = virtio_net_of(device);
  bool is_there = false;
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    struct virtio_net_pair *pair = &net->pairs[i];
    is_there = ask_for_next(&pair->receive) || is_there;
    if (wants_sent(pair))
      is_there = virtqueue_expect(&pair->send, VIRTQUEUE_MOST_OF_IT) || is_there;
  }
  return is_there || must_refill(net);
}

const struct net_attention_operations virtio_net_attention = {
    .has_something = has_something,
    .take_cause = take_cause,
    .ask = ask,
    .quiet = quiet,
};

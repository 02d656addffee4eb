/* A virtio network device: how it starts and what it offers; its link. */
#include "net/driver/virtio_net.h"

#include <errno.h>

#include "mm/kernel_heap.h"

/* Of each ring for frames; a large frame takes 17 buffers to receive. */
#define RECEIVE_DESCRIPTORS     512u
#define RECEIVE_DESCRIPTORS_FEW 256u /* with several pairs, or little memory */
#define SEND_DESCRIPTORS        256u

/* Offsets in the device's configuration: virtio 1.2, section 5.1.4. */
#define CONFIGURATION_ADDRESS 0u
#define CONFIGURATION_STATUS  6u
#define CONFIGURATION_MTU     10u

#define STATUS_LINK_UP        1u

#define DEFAULT_MTU_BYTES     1500u
#define LEAST_MTU_BYTES       68u
#define FRAME_HEADER_BYTES    18u /* Ethernet's, with a tag */
#define PAGE_BUFFER_BYTES     4096u
#define LEAST_BUFFER_BYTES    2048u

#define WANTED_FEATURES                                                                            \
  (VIRTIO_INDIRECT | VIRTIO_EVENT_INDEX | VIRTIO_VERSION_1 | VIRTIO_PACKED | VIRTIO_NET_CHECKSUM | \
   VIRTIO_NET_GUEST_CHECKSUM | VIRTIO_NET_MTU | VIRTIO_NET_ADDRESS | VIRTIO_NET_GUEST_SEGMENT4 |   \
   VIRTIO_NET_GUEST_SEGMENT6 | VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6 |                         \
   VIRTIO_NET_MERGED_BUFFERS | VIRTIO_NET_STATUS | VIRTIO_NET_CONTROL | VIRTIO_NET_PAIRS)
#define GUEST_SEGMENTS (VIRTIO_NET_GUEST_SEGMENT4 | VIRTIO_NET_GUEST_SEGMENT6)

uint64_t virtio_net_refused;

/* None at all for a device that does not know its address. Large frames only with merged buffers,
 * for a buffer has not room for one; and with checksums, which virtio asks for. Several pairs by
 * the control queue, which is there for nothing else. */
static uint64_t settle(uint64_t features)
{
  features &= WANTED_FEATURES & ~virtio_net_refused;
  if ((features & VIRTIO_NET_ADDRESS) == 0)
    return 0;
  if ((features & VIRTIO_NET_CHECKSUM) == 0)
    features &= ~(VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6);
  if ((features & VIRTIO_NET_GUEST_CHECKSUM) == 0 || (features & VIRTIO_NET_MERGED_BUFFERS) == 0)
    features &= ~GUEST_SEGMENTS;
  if ((features & VIRTIO_NET_CONTROL) == 0 || (features & VIRTIO_NET_PAIRS) == 0)
    features &= ~(VIRTIO_NET_CONTROL | VIRTIO_NET_PAIRS);
  return features;
}

static uint32_t offered_features(uint64_t features)
{
  uint32_t offered = 0;
  if ((features & VIRTIO_NET_CHECKSUM) != 0)
    offered |= NET_CHECKSUM_SEND;
  if ((features & VIRTIO_NET_GUEST_CHECKSUM) != 0)
    offered |= NET_CHECKSUM_RECEIVE;
  if ((features & VIRTIO_NET_SEGMENT4) != 0)
    offered |= NET_SEGMENT_IPV4;
  if ((features & VIRTIO_NET_SEGMENT6) != 0)
    offered |= NET_SEGMENT_IPV6;
  return offered;
}

static bool read_link(const struct virtio_net *net)
{
  const struct virtio_device *virtio = &net->virtio;
  if ((virtio->features & VIRTIO_NET_STATUS) == 0)
    return true;
  return (virtio->transport->configuration16(virtio, CONFIGURATION_STATUS) & STATUS_LINK_UP) != 0;
}

static void read_configuration(struct virtio_net *net)
{
  const struct virtio_device *virtio = &net->virtio;
  struct net_device *device = &net->device;
  device->features = offered_features(virtio->features);
  for (unsigned int i = 0; i < sizeof(device->address); i++)
    device->address[i] = virtio->transport->configuration8(virtio, CONFIGURATION_ADDRESS + i);
  device->mtu_bytes = DEFAULT_MTU_BYTES;
  if ((virtio->features & VIRTIO_NET_MTU) != 0)
  {
    uint16_t mtu_bytes = virtio->transport->configuration16(virtio, CONFIGURATION_MTU);
    device->mtu_bytes = mtu_bytes < LEAST_MTU_BYTES ? LEAST_MTU_BYTES : mtu_bytes;
  }
  device->is_up = read_link(net);
  net->buffer_bytes = PAGE_BUFFER_BYTES;
  uint32_t frame_bytes = device->mtu_bytes + FRAME_HEADER_BYTES + VIRTIO_NET_HEADER_BYTES;
  if ((virtio->features & GUEST_SEGMENTS) == 0 && frame_bytes <= LEAST_BUFFER_BYTES)
    net->buffer_bytes = LEAST_BUFFER_BYTES;
  else if ((virtio->features & VIRTIO_NET_MERGED_BUFFERS) == 0)
    net->buffer_bytes = (frame_bytes + PAGE_BUFFER_BYTES - 1) & -PAGE_BUFFER_BYTES;
  virtio_net_receive_size(net);
  virtio_net_count_pairs(net);
}

static bool is_any_broken(const struct virtio_net *net)
{
  bool is_broken = false;
  for (uint32_t i = 0; i < net->pair_count; i++)
    is_broken = is_broken || net->pairs[i].receive.is_broken || net->pairs[i].send.is_broken;
  return is_broken;
}

/* A link that has changed, or a device that has given up. */
static void see_to_link(struct virtio_net *net)
{
  struct net_device *device = &net->device;
  bool is_broken = is_any_broken(net);
  bool is_told = net_link_has_changed(&net->attention);
  if (!is_told && !(is_broken && device->is_up))
    return;
  bool is_up = !is_broken && read_link(net) &&
               (net->virtio.transport->status(&net->virtio) & VIRTIO_STATUS_NEEDS_RESET) == 0;
  if (is_up == device->is_up)
    return;
  device->is_up = is_up;
  if (device->user.link_changed != NULL)
    device->user.link_changed(device->user.context, is_up);
}

static uint32_t next_pair(const struct virtio_net *net, uint32_t pair)
{
  return pair + 1 < net->pair_count ? pair + 1 : 0;
}

/* Each turn begins with another pair: none waits for those that always have something. */
static unsigned int serve(struct net_device *device, unsigned int most)
{
  struct virtio_net *net = virtio_net_of(device);
  uint32_t index = net->served_pair;
  unsigned int count = 0;
  see_to_link(net);
  virtio_net_look_for_answer(net);
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    struct virtio_net_pair *pair = &net->pairs[index];
    count += virtio_net_sent(net, pair, most - count);
    count += virtio_net_receive(net, pair, most - count);
    index = next_pair(net, index);
  }
  net->served_pair = next_pair(net, index);
  virtio_net_refill(net);
  net_attend(device);
  return count;
}

static const struct net_device_operations operations = {
    .send = virtio_net_send,
    .flush = virtio_net_flush,
    .serve = serve,
    .expect = net_expect,
    .release = virtio_net_release,
};

static int start_pair(struct virtio_net *net, uint32_t index)
{
  struct virtio_net_pair *pair = &net->pairs[index];
  uint16_t first = (uint16_t) (2 * index);
  /* Most of the buffers are for users to keep. */
  bool is_large = net->pair_count == 1 && net->most_buffers >= 4 * RECEIVE_DESCRIPTORS;
  uint16_t most = is_large ? RECEIVE_DESCRIPTORS : RECEIVE_DESCRIPTORS_FEW;
  int error =
      virtio_start_queue(&net->virtio, first + VIRTIO_NET_RECEIVE_QUEUE, most, 0, &pair->receive);
  if (error == 0)
    error = virtio_start_queue(&net->virtio, first + VIRTIO_NET_SEND_QUEUE, SEND_DESCRIPTORS,
                               VIRTIO_NET_SEND_PIECES, &pair->send);
  return error == 0 ? virtio_net_send_start(pair) : error;
}

static int start_rings(struct virtio_net *net)
{
  int error = virtio_net_control_start(net);
  for (uint32_t i = 0; i < net->pair_count && error == 0; i++)
    error = start_pair(net, i);
  if (error != 0)
    return error;
  virtio_ready(&net->virtio);
  error = virtio_net_receive_start(net); /* tells the device, which may not be told before */
  if (error == 0)
    virtio_net_ask_for_pairs(net);
  return error;
}

static void free_rings(struct virtio_net *net)
{
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    struct virtio_net_pair *pair = &net->pairs[i];
    virtqueue_destroy(&pair->receive);
    kernel_free(pair->send_slots, pair->send.size * sizeof(*pair->send_slots));
    virtqueue_destroy(&pair->send);
  }
  virtqueue_destroy(&net->control);
}

int virtio_net_start_found(struct virtio_net *net)
{
  int error = virtio_begin(&net->virtio, settle);
  if (error != 0)
    return error;
  read_configuration(net);
  net->device.operations = &operations;
  net->device.attention = &net->attention;
  net->attention.operations = &virtio_net_attention;
  error = start_rings(net);
  if (error == 0)
    return 0;
  virtio_fail(&net->virtio);
  free_rings(net);
  return error;
}

int virtio_net_start(struct virtio_net *net, uint64_t registers_gpa)
{
  int error = virtio_mmio_probe(&net->virtio, registers_gpa, VIRTIO_TYPE_NETWORK);
  return error == 0 ? virtio_net_start_found(net) : error;
}

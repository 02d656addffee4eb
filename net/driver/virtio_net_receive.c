/* Frames that come: buffers for the device, and frames put together from what it filled.
 *
 * A frame is handed over where the device wrote it, and its buffers go back into the ring when the
 * user is done. So there are more buffers than the ring holds, and more are made as long as users
 * keep many.
 *
 * They are used in turn, the one that has rested longest first: a CPU that writes what another one
 * still has in its cache takes the lines away from it one by one, several times slower than from
 * memory that both have done with. Streams get enough for that.
 */
#include <errno.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "net/driver/virtio_net.h"

/* Buffers that belong to one large frame are pages: 64 KiB and all headers are 17. */
#define BLOCK_BUFFERS  64u
#define MOST_BUFFERS   8192u
#define STREAM_BUFFERS 1024u /* 4 MiB are more than second-level caches hold */
#define MEMORY_PART    16u   /* of the guest's memory, at most */

/* A frame of so many buffers is of a stream. */
#define STREAM_FRAME_BUFFERS 8u

/* The device is given buffers when so many can be. */
#define REFILL_BATCH 16u

static void put_free(struct virtio_net *net, struct receive_buffer *buffer)
{
  buffer->frame.next = NULL;
  if (net->free_buffers == NULL)
    net->free_buffers = buffer;
  else
    net->last_free_buffer->frame.next = (struct net_received *) buffer;
  net->last_free_buffer = buffer;
}

static void put_frame(struct virtio_net *net, struct receive_buffer *buffer)
{
  while (buffer != NULL)
  {
    struct receive_buffer *rest = buffer->rest;
    put_free(net, buffer);
    buffer = rest;
  }
}

/* Returns whether there was memory for more. */
static bool make_buffers(struct virtio_net *net)
{
  if (net->buffer_count + BLOCK_BUFFERS > net->most_buffers)
    return false;
  size_t data_bytes = (size_t) BLOCK_BUFFERS * net->buffer_bytes;
  struct receive_buffer *buffers = kernel_allocate(BLOCK_BUFFERS * sizeof(*buffers));
  unsigned char *data = kernel_allocate(data_bytes);
  if (buffers == NULL || data == NULL)
  {
    kernel_free(buffers, BLOCK_BUFFERS * sizeof(*buffers));
    kernel_free(data, data_bytes);
    return false;
  }
  uint64_t gpa = address_to_gpa(data, ADDRESS_WRITE);
  for (size_t i = 0; i < BLOCK_BUFFERS; i++)
  {
    buffers[i].rest = NULL;
    buffers[i].data = data + i * net->buffer_bytes;
    buffers[i].gpa = gpa + i * net->buffer_bytes;
    put_free(net, &buffers[i]);
  }
  net->buffer_count += BLOCK_BUFFERS;
  return true;
}

void virtio_net_receive_size(struct virtio_net *net)
{
  uint64_t part = physical_usage().total_bytes / MEMORY_PART / net->buffer_bytes;
  net->most_buffers = VIRTIO_NET_LEAST_BUFFERS;
  if (part > VIRTIO_NET_LEAST_BUFFERS)
    net->most_buffers = part < MOST_BUFFERS ? (uint32_t) part : MOST_BUFFERS;
}

int virtio_net_receive_start(struct virtio_net *net)
{
  /* The rings, and what is on its way. */
  uint32_t ring = net->pairs[0].receive.size;
  uint32_t own = net->pair_count * (ring + ring / 2);
  net->device.most_held = net->most_buffers > own ? net->most_buffers - own : 0;
  if (!make_buffers(net))
    return -ENOMEM;
  virtio_net_refill(net);
  return 0;
}

static void take_released(struct virtio_net *net)
{
  struct net_received *frame =
      (struct net_received *) __atomic_exchange_n(&net->released, NULL, __ATOMIC_ACQUIRE);
  while (frame != NULL)
  {
    struct net_received *next = frame->next;
    put_frame(net, (struct receive_buffer *) frame);
    frame = next;
  }
}

static struct receive_buffer *take_free(struct virtio_net *net)
{
  if (net->free_buffers == NULL)
    take_released(net);
  bool is_short = net->free_buffers == NULL || net->buffer_count < net->wanted_buffers;
  if (is_short && !make_buffers(net))
    net->wanted_buffers = 0; /* until the next large frame */
  if (net->free_buffers == NULL)
    return NULL;
  struct receive_buffer *buffer = net->free_buffers;
  net->free_buffers = (struct receive_buffer *) buffer->frame.next;
  return buffer;
}

static struct virtio_net_pair *emptiest(struct virtio_net *net)
{
  struct virtio_net_pair *found = &net->pairs[0];
  for (uint32_t i = 1; i < net->pair_count; i++)
  {
    if (net->pairs[i].receive.free_count > found->receive.free_count)
      found = &net->pairs[i];
  }
  return found;
}

/* Adds at most so many. Returns whether there are more. */
static bool add_buffers(struct virtio_net *net, struct virtio_net_pair *pair, unsigned int most)
{
  for (unsigned int i = 0; i < most && pair->receive.free_count > 0; i++)
  {
    struct receive_buffer *buffer = take_free(net);
    if (buffer == NULL)
      return false;
    const struct virtqueue_piece piece = {.gpa = buffer->gpa, .len_bytes = net->buffer_bytes};
    if (virtqueue_add(&pair->receive, &piece, 0, 1, buffer) != 0)
    {
      put_free(net, buffer);
      return false;
    }
  }
  return true;
}

/* Where there are not enough for all rings, all have some. */
static void fill_rings(struct virtio_net *net)
{
  struct virtio_net_pair *pair = emptiest(net);
  while (pair->receive.free_count > 0 && add_buffers(net, pair, REFILL_BATCH))
    pair = emptiest(net);
}

void virtio_net_refill(struct virtio_net *net)
{
  const struct virtqueue *ring = &emptiest(net)->receive;
  uint16_t batch = ring->size / 4;
  if (ring->free_count < (batch < REFILL_BATCH ? batch : REFILL_BATCH))
    return;
  fill_rings(net);
  /* With few buffers in a ring nothing may come any more that has it filled again: the next release
   * sees to that, or was seen here. */
  ring = &emptiest(net)->receive;
  if (ring->free_count > ring->size / 2)
  {
    __atomic_store_n(&net->is_starved, 1, __ATOMIC_SEQ_CST);
    fill_rings(net);
  }
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    if (virtqueue_must_notify(&net->pairs[i].receive))
      virtio_notify(&net->virtio, (uint16_t) (2 * i + VIRTIO_NET_RECEIVE_QUEUE));
  }
}

void virtio_net_release(struct net_device *device, struct net_received *frame)
{
  struct virtio_net *net = virtio_net_of(device);
  struct receive_buffer *buffer = (struct receive_buffer *) frame;
  struct receive_buffer *first = __atomic_load_n(&net->released, __ATOMIC_RELAXED);
  do
    frame->next = (struct net_received *) first;
  while (!__atomic_compare_exchange_n(&net->released, &first, buffer, true, __ATOMIC_SEQ_CST,
                                      __ATOMIC_RELAXED));
  if (__atomic_load_n(&net->is_starved, __ATOMIC_SEQ_CST) != 0 &&
      __atomic_exchange_n(&net->is_starved, 0, __ATOMIC_SEQ_CST) != 0)
    net_wake(&net->device);
}

/* ---- Frames ---- */

static void begin_frame(struct virtio_net *net, struct virtio_net_pair *pair,
                        struct receive_buffer *buffer, uint32_t len_bytes)
{
  const struct virtio_net_header *header = (const struct virtio_net_header *) buffer->data;
  struct net_received *frame = &buffer->frame;
  frame->piece_count = 0;
  frame->len_bytes = 0;
  frame->is_checked =
      (net->virtio.features & VIRTIO_NET_GUEST_CHECKSUM) != 0 &&
      (header->flags & (VIRTIO_NET_NEEDS_CHECKSUM | VIRTIO_NET_CHECKSUM_VALID)) != 0;
  pair->missing_buffers = 1;
  if ((net->virtio.features & VIRTIO_NET_MERGED_BUFFERS) != 0 &&
      len_bytes >= VIRTIO_NET_HEADER_BYTES)
    pair->missing_buffers = header->buffers;
  if (pair->missing_buffers >= STREAM_FRAME_BUFFERS)
    net->wanted_buffers = STREAM_BUFFERS < net->most_buffers ? STREAM_BUFFERS : net->most_buffers;
  pair->partial = buffer;
  pair->partial_end = NULL;
}

/* Adds a buffer to the frame. One that is longer than the user takes, or was not filled, makes it a
 * frame without content, which is dropped when it is there. */
static void add_buffer(struct virtio_net_pair *pair, struct receive_buffer *buffer,
                       uint32_t len_bytes)
{
  struct net_received *frame = &pair->partial->frame;
  uint32_t skip_bytes = pair->partial_end == NULL ? VIRTIO_NET_HEADER_BYTES : 0;
  if (len_bytes > skip_bytes && frame->piece_count < NET_RECEIVED_PIECES)
  {
    frame->pieces[frame->piece_count++] =
        (struct net_piece){buffer->data + skip_bytes, len_bytes - skip_bytes};
    frame->len_bytes += len_bytes - skip_bytes;
  }
  else
  {
    frame->piece_count = NET_RECEIVED_PIECES; /* and takes no more */
    frame->len_bytes = 0;
  }
  buffer->rest = NULL;
  if (pair->partial_end != NULL)
    pair->partial_end->rest = buffer;
  pair->partial_end = buffer;
}

/* Returns the frame that the buffer completes, or null. */
static struct receive_buffer *take_in(struct virtio_net *net, struct virtio_net_pair *pair,
                                      struct receive_buffer *buffer, uint32_t len_bytes)
{
  if (len_bytes > net->buffer_bytes)
    len_bytes = 0;
  if (pair->missing_buffers == 0)
    begin_frame(net, pair, buffer, len_bytes);
  add_buffer(pair, buffer, len_bytes);
  if (pair->missing_buffers > 1)
  {
    pair->missing_buffers--;
    return NULL;
  }
  struct receive_buffer *frame = pair->partial;
  pair->missing_buffers = 0;
  pair->partial = NULL;
  return frame;
}

unsigned int virtio_net_receive(struct virtio_net *net, struct virtio_net_pair *pair,
                                unsigned int most)
{
  unsigned int count = 0;
  while (count < most)
  {
    uint32_t len_bytes = 0;
    struct receive_buffer *buffer = virtqueue_take(&pair->receive, &len_bytes);
    if (buffer == NULL)
      break;
    struct receive_buffer *frame = take_in(net, pair, buffer, len_bytes);
    if (frame == NULL)
      continue;
    if (frame->frame.len_bytes == 0 || net->device.user.received == NULL)
      put_frame(net, frame);
    else
      net->device.user.received(net->device.user.context, &frame->frame);
    count++;
  }
  return count;
}

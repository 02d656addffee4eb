/* A virtio network device (virtio 1.2, section 5.1): what its parts know of each other. */
#ifndef NET_DRIVER_VIRTIO_NET_H
#define NET_DRIVER_VIRTIO_NET_H

#include "net/driver/device.h"
#include "net/driver/net_attention.h"
#include "virtio/virtio_device.h"

#define VIRTIO_NET_CHECKSUM       (1ull << 0)
#define VIRTIO_NET_GUEST_CHECKSUM (1ull << 1)
#define VIRTIO_NET_MTU            (1ull << 3)
#define VIRTIO_NET_ADDRESS        (1ull << 5)
#define VIRTIO_NET_GUEST_SEGMENT4 (1ull << 7)
#define VIRTIO_NET_GUEST_SEGMENT6 (1ull << 8)
#define VIRTIO_NET_SEGMENT4       (1ull << 11)
#define VIRTIO_NET_SEGMENT6       (1ull << 12)
#define VIRTIO_NET_MERGED_BUFFERS (1ull << 15)
#define VIRTIO_NET_STATUS         (1ull << 16)
#define VIRTIO_NET_CONTROL        (1ull << 17)
#define VIRTIO_NET_PAIRS          (1ull << 22)

/* Of pair n: 2n receives, 2n + 1 sends; behind the last that the device has, the control queue. */
#define VIRTIO_NET_RECEIVE_QUEUE 0
#define VIRTIO_NET_SEND_QUEUE    1
#define VIRTIO_NET_MOST_PAIRS    8u

/* A frame that goes, in guest-physical pieces: 64 KiB in NET_MOST_PIECES of any alignment, and the
 * header. */
#define VIRTIO_NET_SEND_PIECES 64u

/* In front of each frame. */
struct virtio_net_header
{
  uint8_t flags;
  uint8_t segment_type;
  uint16_t header_bytes;
  uint16_t segment_bytes;
  uint16_t checksum_begin;
  uint16_t checksum_offset;
  uint16_t buffers; /* received: that the frame lies in, if they are merged */
};

#define VIRTIO_NET_HEADER_BYTES   12u
#define VIRTIO_NET_NEEDS_CHECKSUM 1u
#define VIRTIO_NET_CHECKSUM_VALID 2u
#define VIRTIO_NET_SEGMENTS_IPV4  1u
#define VIRTIO_NET_SEGMENTS_IPV6  4u

_Static_assert(sizeof(struct virtio_net_header) == VIRTIO_NET_HEADER_BYTES, "virtio 1.2, 5.1.6");

/* Memory that the device writes a frame to, or a part of one. */
struct receive_buffer
{
  struct net_received frame; /* first; of the first buffer of a frame. `next` links what is free */
  struct receive_buffer *rest; /* the next one of the same frame */
  unsigned char *data;
  uint64_t gpa;
};

/* A frame that the device has not read yet. */
struct send_slot
{
  struct virtio_net_header header;
  void *owner;
  struct send_slot *next; /* free */
};

/* A queue for each direction. All frames of a flow go by one. */
struct virtio_net_pair
{
  struct virtqueue receive;
  struct virtqueue send;
  struct receive_buffer *partial, *partial_end; /* a frame of which buffers are missing */
  uint32_t missing_buffers;
  struct send_slot *send_slots;
  uint64_t send_slots_gpa;
  struct send_slot *free_send_slots;
};

/* To use so many pairs: virtio 1.2, 5.1.6.5.5. */
struct set_pairs
{
  uint8_t class;
  uint8_t command;
  uint16_t pairs;
  uint8_t answer; /* the device's */
};

struct virtio_net
{
  struct net_device device; /* first */
  struct virtio_device virtio;
  uint32_t pair_count;
  uint32_t most_pairs;    /* set before the start: CPUs that there are; 0: one pair */
  uint32_t sending_pairs; /* that frames are sent by; 1 until the device agrees to more */
  uint32_t served_pair;   /* where the next turn begins */
  struct virtio_net_pair pairs[VIRTIO_NET_MOST_PAIRS];
  uint16_t control_number; /* of the control queue, which is there with several pairs */
  struct virtqueue control;
  struct set_pairs set_pairs;

  struct receive_buffer *free_buffers,
      *last_free_buffer;           /* the one that was freed first is first */
  struct receive_buffer *released; /* by any task: only pushed, or taken as a whole */
  uint32_t buffer_count, wanted_buffers, most_buffers;
  uint32_t buffer_bytes;
  uint32_t is_starved; /* a ring wants buffers and there were none; atomic */

  struct net_attention attention;
};

static inline struct virtio_net *virtio_net_of(struct net_device *device)
{
  return (struct virtio_net *) device;
}

/* Of features that a device offers, those not to be taken; for tests, before net_devices(). */
extern uint64_t virtio_net_refused;

/* ---- virtio_net.c ---- */

/* Starts the device behind these registers of virtio-mmio. Returns 0, -ENODEV, -ENOTSUP, -ENOMEM.
 */
int virtio_net_start(struct virtio_net *net, uint64_t registers_gpa);

/* Starts the device that a transport has found already. Returns 0, -ENOTSUP, -ENODEV, -ENOMEM. */
int virtio_net_start_found(struct virtio_net *net);

/* ---- virtio_net_receive.c ---- */

/* Sets how many buffers there may be. */
void virtio_net_receive_size(struct virtio_net *net);

#define VIRTIO_NET_LEAST_BUFFERS 512u /* of a pair */

/* The first buffers. Returns 0 or -ENOMEM. */
int virtio_net_receive_start(struct virtio_net *net);

/* Hands over at most so many frames that came by a pair. Returns how many. */
unsigned int virtio_net_receive(struct virtio_net *net, struct virtio_net_pair *pair,
                                unsigned int most);

/* Gives the device as many buffers as it has room for, and there are. */
void virtio_net_refill(struct virtio_net *net);

void virtio_net_release(struct net_device *device, struct net_received *frame);

/* ---- virtio_net_send.c ---- */

int virtio_net_send_start(struct virtio_net_pair *pair);
int virtio_net_send(struct net_device *device, const struct net_frame *frame);
void virtio_net_flush(struct net_device *device);

/* Tells of at most so many frames that were sent by a pair. Returns how many. */
unsigned int virtio_net_sent(struct virtio_net *net, struct virtio_net_pair *pair,
                             unsigned int most);

/* ---- virtio_net_control.c ---- */

/* As many pairs as the device, CPUs and memory make sense of. */
void virtio_net_count_pairs(struct virtio_net *net);

/* The control queue, if there are several pairs. Returns 0, -ENODEV, -ENOMEM. */
int virtio_net_control_start(struct virtio_net *net);

/* Asks the device to use all pairs, when it is ready. */
void virtio_net_ask_for_pairs(struct virtio_net *net);

/* Looks for its answer. */
void virtio_net_look_for_answer(struct virtio_net *net);

/* ---- virtio_net_flow.c ---- */

/* A number that is the same for all frames of a flow. */
uint32_t virtio_net_flow(const unsigned char *frame, uint32_t len_bytes);

/* ---- virtio_net_attention.c ---- */

extern const struct net_attention_operations virtio_net_attention;

#endif

/* A virtio network device (virtio 1.2, 5.1) in front of a way out. */
#ifndef UHYVE_NET_VIRTIO_NET_H
#define UHYVE_NET_VIRTIO_NET_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "virtio_mmio.h"
#include "way.h"

/* Of a pair; the next pair follows, and behind the last the control queue. */
enum virtio_net_queue
{
  VIRTIO_NET_RECEIVE,
  VIRTIO_NET_SEND,
  VIRTIO_NET_QUEUES,
};

#define ETHERNET_HEADER_BYTES 14

#define VIRTIO_NET_MOST_PAIRS NET_MOST_QUEUES

/* Frames that are served in one go in each direction, by all pairs together; then others get the
 * lock. */
#define VIRTIO_NET_BATCH 64

/* What was taken of the ring for frames that come, in order. */
struct virtio_net_buffer
{
  uint16_t id;
  uint16_t entries;
  uint16_t piece_count;
  uint32_t len_bytes;
};

/* Pieces are taken while there are no more than this; a chain has as many as the ring at most. */
#define VIRTIO_NET_ENOUGH_PIECES 500
#define VIRTIO_NET_SLOTS         2048

struct virtio_net_receive
{
  struct virtio_net_buffer buffers[VIRTQUEUE_MOST_ENTRIES];
  unsigned int first_buffer;
  unsigned int buffer_count;
  /* Of all buffers, one behind the other. The slot in front of the first is free for the header, as
   * is the one behind the last. */
  struct iovec slots[VIRTIO_NET_SLOTS];
  unsigned int first_slot;
  unsigned int slot_count;
  uint64_t room_bytes; /* in all buffers */

  /* Where the first buffer has its header: this is cut from its pieces. */
  struct iovec header_places[NET_HEADER_BYTES];
  unsigned int header_place_count; /* 0: not cut yet */

  struct virtio_net_hdr_v1 header;
  uint64_t held_bytes; /* a frame that waits for more buffers; the rest of it is in spare */
  uint64_t held_room_bytes;
  uint64_t group_bytes; /* received in this batch */
  uint8_t spare[NET_HEADER_BYTES + NET_MOST_FRAME_BYTES];
  struct virtqueue_chain chain;
};

struct virtio_net_send
{
  bool is_waiting; /* chain: for the way out */
  struct virtqueue_chain chain;
  struct iovec pieces[VIRTQUEUE_MOST_ENTRIES + 1];
  unsigned int piece_count;
  struct virtio_net_hdr_v1 header;
};

/* A queue for each direction, and a queue of the way out. */
struct virtio_net_pair
{
  struct net_way *way;
  bool is_flushed; /* the way has nothing kept */
  uint64_t received_frames, sent_frames;
  struct virtio_net_receive receive;
  struct virtio_net_send send;
};

/* All is guarded by the caller's lock, but for ways, and for what of config never changes: all but
 * the status. */
struct virtio_net
{
  struct net_way *way; /* its first queue */
  struct virtio_net_config config;
  struct virtio_mmio virtio;
  bool is_way_broken;
  bool is_way_down;     /* for a while */
  bool offloads_wanted; /* to be told to the way, by its thread */
  bool wake_wanted;     /* the thread is to look at all this */
  uint32_t told_generation;
  unsigned int pair_count;   /* as many as the way has queues */
  unsigned int active_pairs; /* those that the driver receives by */
  struct virtqueue_chain command;
  struct virtio_net_pair pairs[VIRTIO_NET_MOST_PAIRS];
};

_Static_assert(VIRTIO_NET_MOST_PAIRS *VIRTIO_NET_QUEUES + 1 <= VIRTIO_MOST_QUEUES, "queues");

/* What the driver wants to know. */
struct virtio_net_news
{
  bool of_ring;   /* buffers were used */
  bool of_change; /* of the configuration; or the device needs a reset */
};

/* What the thread does until there is something again. */
struct virtio_net_expected
{
  uint32_t frames; /* a bit for each queue of the way: there are buffers for what comes there, */
  uint32_t room;   /* or there is something to be sent */
};

/* mac is the guest's; mtu_bytes 0: not said. Zeroed memory before. */
void virtio_net_prepare(struct virtio_net *net, struct net_way *way,
                        const struct guest_memory *memory, const uint8_t mac[static 6],
                        uint32_t mtu_bytes);

/* Serves a batch in each direction. Returns whether there was anything. */
bool virtio_net_serve(struct virtio_net *net, struct virtio_net_news *news);

/* Has the driver tell of new chains where there is need. Returns true if there is something
 * already. */
bool virtio_net_expect(struct virtio_net *net, struct virtio_net_expected *expected);

/* The directions, for virtio_net.c. They return how many frames were served, at most so many.
 * Receives by a pair what comes by a queue of the way. */
unsigned int virtio_net_receive_batch(struct virtio_net *net, struct virtio_net_pair *pair,
                                      struct net_way *way, unsigned int most);
bool virtio_net_receive_has_room(const struct virtio_net_pair *pair);
void virtio_net_receive_forget(struct virtio_net_pair *pair);
unsigned int virtio_net_send_batch(struct virtio_net *net, struct virtio_net_pair *pair,
                                   unsigned int most);

/* Obeys some commands of the driver. Returns how many. */
unsigned int virtio_net_control_batch(struct virtio_net *net);

/* From now on frames come by so many pairs alone. */
void virtio_net_activate(struct virtio_net *net, unsigned int pairs);

/* The way out is gone. */
void virtio_net_lose_way(struct virtio_net *net);

/* It takes nothing for a while; and does again: POLLOUT was there. The guest sees the link's state.
 */
void virtio_net_way_down(struct virtio_net *net);
void virtio_net_way_has_room(struct virtio_net *net);

static inline struct virtqueue *virtio_net_queue(struct virtio_net *net,
                                                 const struct virtio_net_pair *pair,
                                                 enum virtio_net_queue number)
{
  const size_t first = VIRTIO_NET_QUEUES * (size_t) (pair - net->pairs);
  return &net->virtio.queues[first + number];
}

static inline bool virtio_net_has(const struct virtio_net *net, unsigned int feature)
{
  return (net->virtio.accepted & 1ull << feature) != 0;
}

/* The pairs that the driver may send by: those that it had before a command, too. */
static inline unsigned int virtio_net_usable_pairs(const struct virtio_net *net)
{
  return virtio_net_has(net, VIRTIO_NET_F_MQ) ? net->pair_count : 1;
}

static inline struct virtqueue *virtio_net_control_queue(struct virtio_net *net)
{
  return &net->virtio.queues[VIRTIO_NET_QUEUES * (size_t) virtio_net_usable_pairs(net)];
}

#endif

/* For tests of the network driver: a device made of the other side of its rings, a user that notes
 * what it is told, and what the driver needs of the rest of the kernel library. */
#ifndef TESTS_NET_MODEL_H
#define TESTS_NET_MODEL_H

#include "net/driver/virtio_net.h"
#include "ring_device.h"

/* What a device may offer. */
#define NETWORK (VIRTIO_VERSION_1 | VIRTIO_NET_ADDRESS | VIRTIO_NET_MTU | VIRTIO_NET_STATUS)
#define MERGED  (NETWORK | VIRTIO_NET_MERGED_BUFFERS | VIRTIO_EVENT_INDEX)
#define ALL                                                                                     \
  (MERGED | VIRTIO_PACKED | VIRTIO_INDIRECT | VIRTIO_NET_CHECKSUM | VIRTIO_NET_GUEST_CHECKSUM | \
   VIRTIO_NET_SEGMENT4 | VIRTIO_NET_SEGMENT6 | VIRTIO_NET_GUEST_SEGMENT4 |                      \
   VIRTIO_NET_GUEST_SEGMENT6)
#define PAIRS         (ALL | VIRTIO_NET_CONTROL | VIRTIO_NET_PAIRS)

#define MODEL_PAIRS   3
#define MODEL_CONTROL (2ul * MODEL_PAIRS)

struct net_model
{
  uint64_t offered;
  uint32_t status;
  uint16_t link_state, mtu;
  uint16_t ring_size;
  uint64_t memory_bytes; /* of the guest */
  struct ring_device rings[MODEL_CONTROL + 1];
  _Atomic unsigned int notified[MODEL_CONTROL + 1];
  long bytes_left; /* that can be allocated */
  bool is_stuck;   /* no reset ends */
  unsigned int causes_left;
  unsigned int own_interrupts; /* of the CPU to itself */

  /* What the user was told. */
  struct net_received *frames[1000];
  unsigned int frame_count;
  void *owners[1000];
  unsigned int owner_count;
  _Atomic unsigned int wakes;
  int link_now; /* -1: nothing */
};

extern struct net_model model;
extern struct virtio_net net;
extern const uint8_t model_address[6];

/* Pages of guest-physical memory, none beside the other. */
#define SMALL_PAGE 64u

/* Starts the driver on a device that offers these; with so many CPUs. */
void model_begin(uint64_t features);
void model_begin_with(uint64_t features, uint32_t cpu_count);
int model_end(void **state); /* a teardown */

unsigned int model_serve(unsigned int most);

/* The device gives a frame of so many bytes, by the first pair or another. */
void model_give(uint32_t len_bytes, uint8_t flags);
void model_give_by(unsigned int pair, uint32_t len_bytes, uint8_t flags);
void model_check_frame(const struct net_received *frame, uint32_t len_bytes, uint32_t pieces);
void model_release_all(void);

#endif

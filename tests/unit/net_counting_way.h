/* A way out that counts what it is sent and makes up what it has, with an interface in front of it
 * and a driver over plain memory. */
#ifndef UNIT_NET_COUNTING_WAY_H
#define UNIT_NET_COUNTING_WAY_H

#include "net_driver.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define FEATURE(bit)  (1ull << (bit))
#define BASE_FEATURES (FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_NET_F_MRG_RXBUF))
#define PACKED        FEATURE(VIRTIO_F_RING_PACKED)
#define EVENT_INDEX   FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT      FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

#define QUEUE_SIZE    16
#define NEEDS_RESET   64u
#define WAIT_MOST_MS  10000
#define FRAME_BYTES   60
#define SEND          VIRTIO_NET_SEND
#define RECEIVE       VIRTIO_NET_RECEIVE

struct counting_way
{
  struct net_way way;
  atomic_uint sent;
  atomic_bool has_frames; /* always one more */

  /* For tests without a thread. */
  unsigned int frames; /* so many more */
  uint8_t flags;       /* of their headers */
  int flush_error;
  void (*before_frame)(struct driver *driver);
};

/* Without the thread: the test serves by virtio_net_serve(). */
void counting_begin_idle(struct driver *driver);
void counting_end_idle(struct driver *driver);

/* With it, for cmocka: *state is the driver. */
int counting_begin(void **state);
int counting_end(void **state);

struct counting_way *way_of(const struct driver *driver);

/* The device says that it gave up, by an interrupt of its own. */
void wait_broken(const struct driver *driver);

/* It can be started anew, and sends a frame. */
void check_works(struct driver *driver, uint64_t features);

/* Those of rings. */
#define KINDS 4
extern const uint64_t kinds[KINDS];

#endif

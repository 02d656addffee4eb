/* Frames of devices that use buffers of one size, each for a whole frame. */
#ifndef NET_DRIVER_FRAME_POOL_H
#define NET_DRIVER_FRAME_POOL_H

#include "net/driver/device.h"

#define POOL_BUFFER_BYTES 2048u

struct pool_frame
{
  struct net_received received; /* first */
  unsigned char *data;
  uint64_t gpa;
};

/* All zero: empty. */
struct frame_pool
{
  struct pool_frame *free;
  struct pool_frame *released; /* by any task: only pushed, or taken as a whole */
};

/* Adds so many frames. Returns 0 or -ENOMEM. */
int frame_pool_add(struct frame_pool *pool, uint32_t count);

/* Null: users have them all. Calls exclude each other. */
struct pool_frame *frame_pool_take(struct frame_pool *pool);

/* Any task. */
void frame_pool_put(struct frame_pool *pool, struct pool_frame *frame);

/* The frame is as long as this now; its content is there, or comes from the device's ring. */
void frame_pool_fill(struct pool_frame *frame, uint32_t len_bytes, const void *content);

/* Copies a frame that goes. Returns its length; 0: it is longer than most_bytes. */
uint32_t frame_copy(const struct net_frame *frame, unsigned char *to, uint32_t most_bytes);

#endif

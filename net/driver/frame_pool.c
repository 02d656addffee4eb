/* Frames of devices that use buffers of one size. */
#include "net/driver/frame_pool.h"

#include <errno.h>
#include <string.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"

int frame_pool_add(struct frame_pool *pool, uint32_t count)
{
  struct pool_frame *frames = kernel_allocate_zeroed(count * sizeof(*frames));
  unsigned char *data = kernel_allocate((size_t) count * POOL_BUFFER_BYTES);
  if (frames == NULL || data == NULL)
  {
    kernel_free(frames, count * sizeof(*frames));
    kernel_free(data, (size_t) count * POOL_BUFFER_BYTES);
    return -ENOMEM;
  }
  uint64_t gpa = address_to_gpa(data, ADDRESS_WRITE);
  for (uint32_t i = 0; i < count; i++)
  {
    frames[i].data = data + (size_t) i * POOL_BUFFER_BYTES;
    frames[i].gpa = gpa + (uint64_t) i * POOL_BUFFER_BYTES;
    frame_pool_put(pool, &frames[i]);
  }
  return 0;
}

struct pool_frame *frame_pool_take(struct frame_pool *pool)
{
  if (pool->free == NULL)
    pool->free = __atomic_exchange_n(&pool->released, NULL, __ATOMIC_ACQUIRE);
  struct pool_frame *frame = pool->free;
  if (frame != NULL)
    pool->free = (struct pool_frame *) frame->received.next;
  return frame;
}

void frame_pool_put(struct frame_pool *pool, struct pool_frame *frame)
{
  struct pool_frame *first = __atomic_load_n(&pool->released, __ATOMIC_RELAXED);
  do
    frame->received.next = (struct net_received *) first;
  while (!__atomic_compare_exchange_n(&pool->released, &first, frame, true, __ATOMIC_RELEASE,
                                      __ATOMIC_RELAXED));
}

void frame_pool_fill(struct pool_frame *frame, uint32_t len_bytes, const void *content)
{
  if (content != NULL)
    memcpy(frame->data, content, len_bytes);
  frame->received.pieces[0] = (struct net_piece){frame->data, len_bytes};
  frame->received.piece_count = 1;
  frame->received.len_bytes = len_bytes;
  frame->received.is_checked = false;
}

uint32_t frame_copy(const struct net_frame *frame, unsigned char *to, uint32_t most_bytes)
{
  uint32_t len_bytes = 0;
  for (uint32_t i = 0; i < frame->piece_count; i++)
  {
    const struct net_piece *piece = &frame->pieces[i];
    if (piece->len_bytes > most_bytes - len_bytes)
      return 0;
    memcpy(to + len_bytes, piece->data, piece->len_bytes);
    len_bytes += piece->len_bytes;
  }
  return len_bytes;
}

/* The physical manager: two free lists, what is promised, and the hypercalls that attach memory and
 * give it back.
 *
 * Free memory is clean (zero; the host has not given it yet, or has it back) or used. Used memory
 * goes out first: to zero it costs less than to have the host give another page. Small pieces come
 * from the low end and large ones from the high end, so that small ones do not break up large ones.
 *
 * One lock guards everything here and is never held during a hypercall.
 */
#include "mm/physical.h"

#include <errno.h>
#include <stddef.h>

#include "crash.h"
#include "hypercall.h"
#include "mm/address.h"
#include "mm/bootstrap.h"
#include "mm/free_list.h"
#include "sched/spinlock.h"
#include "start_info.h"

/* An operation takes at most one node, an attachment around the hole four. */
#define SPARE_NODES_MIN 6

#define FIRST_NODES     16
#define FRAME_NODES     (FRAME_BYTES / FREE_LIST_NODE_BYTES)

/* Stack that code here uses while it holds the lock, at most. */
#define STACK_BYTES 2048

/* Free used memory that is kept: this, or one part in RESERVE_PART of all if that is less. */
#define RESERVE_MAX_BYTES (64ul << 20)
#define RESERVE_PART      8

/* What can be given back at a time: one part in MARGIN_PART of what is attached, in these limits.
 * It is never promised, so that what is on its way to the host is not missed. A large frame, to
 * give these back whole, as long as that is no more than one part in MARGIN_SMALL_PART. */
#define MARGIN_MIN_BYTES  (64ul << 10)
#define MARGIN_MAX_BYTES  (16ul << 20)
#define MARGIN_PART       128
#define MARGIN_SMALL_PART 16

static struct physical
{
  struct spinlock lock;
  bool ready;
  uint64_t total_bytes;
  uint64_t attached_bytes;
  uint64_t committed_bytes;
  bool giving_back; /* by some CPU; up to the margin may be in no list */
  struct free_list_pool pool;
  struct free_list clean;
  struct free_list used;
  struct free_list for_nodes; /* clean, set aside */
} physical = {.clean = {.pool = &physical.pool},
              .used = {.pool = &physical.pool},
              .for_nodes = {.pool = &physical.pool}};

static uint64_t at_most(uint64_t number, uint64_t limit)
{
  return number < limit ? number : limit;
}

/* Where the memory has its offset-th byte. */
static uint64_t gpa_of_offset(uint64_t offset)
{
  uint64_t gpa = start_info->memory_gpa + offset;
  if (start_info->memory_gpa < start_info->hole_begin_gpa && gpa >= start_info->hole_begin_gpa)
    gpa += start_info->hole_end_gpa - start_info->hole_begin_gpa;
  return gpa;
}

static void put(struct free_list *list, uint64_t gpa, uint64_t len_bytes)
{
  int error = free_list_free(list, gpa, len_bytes);
  if (error < 0)
    panic(error == -ENOBUFS ? "no node for a free frame" : "a frame was freed twice");
}

/* What is set aside of so much attached memory: a node for each frame, for there are never more
 * free ranges than frames. So a free never lacks a node. It lies in one place for each attachment,
 * so that nodes do not break up large frames, and is not touched before the nodes are needed. */
static uint64_t aside_bytes(uint64_t attached_bytes)
{
  return (attached_bytes / FRAME_BYTES + FRAME_NODES - 1) / FRAME_NODES * FRAME_BYTES;
}

/* Takes note that there is more memory. */
static void attached(uint64_t attached_bytes)
{
  while (physical.attached_bytes < attached_bytes)
  {
    uint64_t gpa = gpa_of_offset(physical.attached_bytes);
    uint64_t len_bytes = attached_bytes - physical.attached_bytes;
    if (gpa < start_info->hole_begin_gpa)
      len_bytes = at_most(len_bytes, start_info->hole_begin_gpa - gpa);
    uint64_t aside =
        aside_bytes(physical.attached_bytes + len_bytes) - aside_bytes(physical.attached_bytes);
    if (aside > 0)
      put(&physical.for_nodes, gpa, aside);
    if (aside < len_bytes)
      put(start_info->is_bare != 0 ? &physical.used : &physical.clean, gpa + aside,
          len_bytes - aside);
    physical.attached_bytes += len_bytes;
  }
}

static bool take(struct free_list *list, uint64_t len_bytes, uint64_t align_bytes, uint64_t *gpa)
{
  bool large = len_bytes >= LARGE_FRAME_BYTES || align_bytes >= LARGE_FRAME_BYTES;
  return free_list_allocate_aligned(list, len_bytes, align_bytes, large ? RANGE_HIGH : RANGE_LOW,
                                    gpa) == 0;
}

/* Before each change of a list. */
static void refill_pool(void)
{
  uint64_t gpa;
  while (physical.pool.spare < SPARE_NODES_MIN &&
         take(&physical.for_nodes, FRAME_BYTES, FRAME_BYTES, &gpa))
    free_list_pool_add(&physical.pool, address_of_gpa(gpa), FRAME_BYTES);
}

/* The rest of the stack's use is mapped before the lock is taken: a stack is mapped on demand, and
 * a fault needs frames. */
static __attribute__((noinline)) void touch_stack(void)
{
  volatile char below[STACK_BYTES];
  below[0] = 0;
  (void) below[0];
}

/* With the first use, for a program that needs no memory shall not pay for this. */
static uint32_t lock(void)
{
  touch_stack();
  uint32_t was_masked = spinlock_lock_masked(&physical.lock);
  if (!physical.ready)
  {
    physical.ready = true;
    physical.total_bytes = start_info->memory_len_bytes & -FRAME_BYTES;
    void *nodes = bootstrap_allocate(FIRST_NODES * FREE_LIST_NODE_BYTES);
    if (nodes == NULL)
      panic("no room for the first nodes of the free lists");
    free_list_pool_add(&physical.pool, nodes, FIRST_NODES * FREE_LIST_NODE_BYTES);
    attached(start_info->memory_attached_bytes & -FRAME_BYTES);
  }
  return was_masked;
}

static void unlock(uint32_t was_masked)
{
  spinlock_unlock_restore(&physical.lock, was_masked);
}

static uint64_t margin_bytes(uint64_t attached_bytes)
{
  uint64_t margin = at_most(attached_bytes / MARGIN_PART & -FRAME_BYTES, MARGIN_MAX_BYTES);
  uint64_t least = at_most(attached_bytes / MARGIN_SMALL_PART & -FRAME_BYTES, LARGE_FRAME_BYTES);
  if (margin < least)
    margin = least;
  return margin > MARGIN_MIN_BYTES ? margin : MARGIN_MIN_BYTES;
}

/* How much can be promised when so much is attached. */
static uint64_t limit_bytes(uint64_t attached_bytes)
{
  uint64_t kept = aside_bytes(attached_bytes) + margin_bytes(attached_bytes);
  return attached_bytes > kept ? attached_bytes - kept : 0;
}

/* How much to attach to promise so much, or all: a 40th is more than what is set aside (an 85th)
 * and the margin (a 128th) of the sum; an 8th is more than the margin of little memory. */
static uint64_t attachment_for(uint64_t committed_bytes)
{
  uint64_t attachment = committed_bytes + committed_bytes / 40 + 2 * MARGIN_MIN_BYTES +
                        at_most(committed_bytes / 8, LARGE_FRAME_BYTES);
  return at_most(attachment & -FRAME_BYTES, physical.total_bytes);
}

/* Has the monitor attach memory. Returns whether it did. */
static bool attach(uint64_t attached_bytes)
{
  HC_BLOCK(struct hc_memory) block = {.memory_bytes = attached_bytes};
  hypercall(HC_memory, &block);
  if (block.result < 0 || block.memory_bytes < attached_bytes)
    return false;
  uint32_t was_masked = lock();
  refill_pool();
  attached(at_most(block.memory_bytes, physical.total_bytes));
  unlock(was_masked);
  return true;
}

int physical_commit(uint64_t len_bytes)
{
  for (;;)
  {
    uint32_t was_masked = lock();
    uint64_t wanted = physical.committed_bytes + len_bytes;
    bool possible =
        len_bytes <= physical.total_bytes && wanted <= limit_bytes(physical.total_bytes);
    bool done = possible && wanted <= limit_bytes(physical.attached_bytes);
    if (done)
      physical.committed_bytes = wanted;
    unlock(was_masked);
    if (done)
      return 0;
    if (!possible || !attach(attachment_for(wanted)))
      return -ENOMEM;
  }
}

bool physical_try_commit(uint64_t len_bytes)
{
  uint32_t was_masked = lock();
  uint64_t limit = limit_bytes(physical.attached_bytes);
  bool done = physical.committed_bytes <= limit && len_bytes <= limit - physical.committed_bytes;
  if (done)
    physical.committed_bytes += len_bytes;
  unlock(was_masked);
  return done;
}

void physical_uncommit(uint64_t len_bytes)
{
  uint32_t was_masked = lock();
  if (len_bytes > physical.committed_bytes)
    panic("more memory was given up than was promised");
  physical.committed_bytes -= len_bytes;
  unlock(was_masked);
}

uint64_t physical_allocate(uint64_t len_bytes, uint64_t align_bytes, bool *zeroed)
{
  uint64_t gpa = PHYSICAL_NONE;
  uint32_t was_masked = lock();
  refill_pool();
  bool is_clean = !take(&physical.used, len_bytes, align_bytes, &gpa) &&
                  take(&physical.clean, len_bytes, align_bytes, &gpa);
  unlock(was_masked);
  *zeroed = is_clean; /* the caller's stack may not be mapped there: not with the lock */
  return gpa;
}

void physical_free(uint64_t gpa, uint64_t len_bytes)
{
  uint32_t was_masked = lock();
  refill_pool();
  if (free_list_overlaps(&physical.clean, gpa, len_bytes))
    panic("a frame was freed twice");
  put(&physical.used, gpa, len_bytes);
  unlock(was_masked);
}

/* Takes large frames out of the used memory, from the high end: the host has to fetch a large page
 * in small ones when it got only a part of it back, which costs many times more. */
static bool take_large(uint64_t max_bytes, struct hc_segment *piece)
{
  uint64_t gpa;
  if (max_bytes < LARGE_FRAME_BYTES ||
      !take(&physical.used, LARGE_FRAME_BYTES, LARGE_FRAME_BYTES, &gpa))
    return false;
  uint64_t len_bytes = LARGE_FRAME_BYTES;
  while (len_bytes + LARGE_FRAME_BYTES <= max_bytes &&
         free_list_reserve(&physical.used, gpa - LARGE_FRAME_BYTES, LARGE_FRAME_BYTES) == 0)
  {
    gpa -= LARGE_FRAME_BYTES;
    len_bytes += LARGE_FRAME_BYTES;
  }
  *piece = (struct hc_segment){.gpa = gpa, .len_bytes = len_bytes};
  return true;
}

/* Takes any frames. */
static bool take_small(uint64_t max_bytes, struct hc_segment *piece)
{
  uint64_t gpa;
  uint64_t len_bytes;
  if (max_bytes == 0 || !free_list_find(&physical.used, FRAME_BYTES, RANGE_HIGH, &gpa, &len_bytes))
    return false;
  piece->len_bytes = at_most(len_bytes, max_bytes);
  piece->gpa = gpa + len_bytes - piece->len_bytes;
  return free_list_reserve(&physical.used, piece->gpa, piece->len_bytes) == 0;
}

/* Fills the block with memory to give back. Returns whether there is any. */
static bool take_pieces(bool all, struct hc_discard *block)
{
  uint64_t reserve = at_most(physical.total_bytes / RESERVE_PART & -FRAME_BYTES, RESERVE_MAX_BYTES);
  uint64_t keep = all ? 0 : reserve;
  uint64_t unpromised =
      physical.attached_bytes - aside_bytes(physical.attached_bytes) - physical.committed_bytes;
  uint64_t margin = at_most(margin_bytes(physical.attached_bytes), unpromised);
  bool small = false;
  block->segments = 0;
  while (block->segments < HC_MAX_SEGMENTS && physical.used.total > keep)
  {
    struct hc_segment *piece = &block->segment[block->segments];
    uint64_t max_bytes = at_most(physical.used.total - keep, margin);
    bool taken = small ? take_small(max_bytes, piece) : take_large(max_bytes, piece);
    /* Small pieces come when there are no large frames, so that they are not parts of these. */
    if (!taken && (small || !all || block->segments > 0))
      break;
    small = small || !taken;
    if (taken)
    {
      margin -= piece->len_bytes;
      block->segments++;
    }
  }
  return block->segments > 0;
}

static void put_pieces(struct free_list *list, const struct hc_discard *block)
{
  for (uint32_t i = 0; i < block->segments; i++)
  {
    refill_pool();
    put(list, block->segment[i].gpa, block->segment[i].len_bytes);
  }
}

void physical_give_back(bool all)
{
  HC_BLOCK(struct hc_discard) block;
  block.segments = 0; /* maps the block's page of the stack before the lock is held */
  block.reserved = 0;
  uint32_t was_masked = lock();
  bool mine = !physical.giving_back;
  while (mine && take_pieces(all, &block))
  {
    physical.giving_back = true;
    unlock(was_masked);
    block.result = 0;
    hypercall(HC_discard, &block);
    was_masked = lock();
    physical.giving_back = false;
    put_pieces(block.result < 0 ? &physical.used : &physical.clean, &block);
    if (block.result < 0)
      break;
  }
  unlock(was_masked);
}

struct physical_usage physical_usage(void)
{
  uint32_t was_masked = lock();
  struct physical_usage usage = {
      .total_bytes = limit_bytes(physical.total_bytes),
      .committed_bytes = physical.committed_bytes,
      .attached_bytes = physical.attached_bytes,
      .free_clean_bytes = physical.clean.total,
      .free_used_bytes = physical.used.total,
  };
  unlock(was_masked);
  return usage;
}

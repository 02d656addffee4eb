/* The virtual manager: maps and unmaps ranges of addresses, and gives their memory back. */
#include "mm/virtual.h"

#include <errno.h>

#include "arch/x86_64/stack_touch.h"
#include "mm/free_list.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "mm/virtual_state.h"
#include "sched/backoff.h"
#include "sched/spinlock.h"
#include "start_info.h"

/* A call splits two mappings and adds one at most. */
#define NODES_FOR_A_CALL 4

/* Left for calls that give memory back when there is none for more nodes. */
#define NODES_KEPT 8

/* Nodes are made so many at a time. */
#define NODE_BLOCK_COUNT 32

/* Unmapping gives others a turn after so much. */
#define UNMAP_STEP_BYTES HUGE_FRAME_BYTES

static struct spinlock lock;

/* Addresses between UHYVE_MAP_BASE and UHYVE_MAP_END that are not taken. There are never more free
 * ranges than mappings and one, so each mapping's node brings one for this list along. */
static struct free_list_pool address_nodes;
static struct free_list addresses = {.pool = &address_nodes};
static bool addresses_ready;

static struct percpu *lock_holder;

/* CPUs that have waited for the lock so long that they let the host run others. */
static uint32_t starving;

/* Whoever waits for all CPUs to forget an address does so with the lock held, and lets the host run
 * them. Where there are fewer of the host's CPUs than the guest's, others get their turn just then,
 * and would never find the lock free if who has held it took it again at once. */
#define GIVE_WAY_TURNS 100

static void wait_for_lock(void)
{
  struct backoff backoff = BACKOFF_INIT;
  bool is_starving = false;
  while (!spinlock_try(&lock))
    while (__atomic_load_n(&lock.locked, __ATOMIC_RELAXED) != 0)
      if (backoff_wait(&backoff) && !is_starving)
      {
        is_starving = true;
        __atomic_add_fetch(&starving, 1, __ATOMIC_RELAXED);
      }
  if (is_starving)
    __atomic_sub_fetch(&starving, 1, __ATOMIC_RELAXED);
}

uint32_t virtual_lock(void)
{
  stack_touch();
  uint32_t was_masked = cpu_mask_save();
  for (int i = 0; i < GIVE_WAY_TURNS && __atomic_load_n(&starving, __ATOMIC_RELAXED) != 0; i++)
    backoff_yield();
  wait_for_lock();
  __atomic_store_n(&lock_holder, cpu_this(), __ATOMIC_RELAXED);
  return was_masked;
}

void virtual_unlock(uint32_t was_masked)
{
  __atomic_store_n(&lock_holder, NULL, __ATOMIC_RELAXED);
  spinlock_unlock_restore(&lock, was_masked);
}

bool virtual_lock_is_ours(void)
{
  uint32_t was_masked = cpu_mask_save();
  bool ours = __atomic_load_n(&lock_holder, __ATOMIC_RELAXED) == cpu_this();
  cpu_mask_restore(was_masked);
  return ours;
}

struct node_block
{
  struct mapping mappings[NODE_BLOCK_COUNT];
  uint64_t ranges[(NODE_BLOCK_COUNT + 1) * FREE_LIST_NODE_BYTES / sizeof(uint64_t)];
};

/* Takes the lock, and makes nodes first if there are fewer than wanted. Returns whether there are
 * now; the lock is taken in any case. */
static bool lock_with_nodes(uint32_t *was_masked)
{
  *was_masked = virtual_lock();
  while (mapping_spare_nodes() < NODES_FOR_A_CALL + NODES_KEPT || !addresses_ready)
  {
    virtual_unlock(*was_masked);
    struct node_block *block = kernel_allocate(sizeof(*block));
    *was_masked = virtual_lock();
    if (block == NULL)
      return false;
    mapping_add_nodes(block->mappings, NODE_BLOCK_COUNT);
    free_list_pool_add(&address_nodes, block->ranges, sizeof(block->ranges));
    if (!addresses_ready)
      free_list_free(&addresses, UHYVE_MAP_BASE, UHYVE_MAP_END - UHYVE_MAP_BASE);
    addresses_ready = true;
  }
  return true;
}

bool virtual_lock_to_add(uint32_t *was_masked)
{
  if (lock_with_nodes(was_masked))
    return true;
  virtual_unlock(*was_masked);
  return false;
}

static bool is_within_mapping(uint64_t gva)
{
  const struct mapping *mapping = mapping_at(gva);
  return mapping != NULL && mapping->range.begin < gva;
}

bool virtual_lock_to_split(uint64_t begin, uint64_t end, uint32_t *was_masked)
{
  if (lock_with_nodes(was_masked))
    return true;
  size_t needed = (is_within_mapping(begin) ? 1u : 0u) + (is_within_mapping(end) ? 1u : 0u);
  if (mapping_spare_nodes() >= needed)
    return true;
  virtual_unlock(*was_masked);
  return false;
}

static bool is_mappable(uint64_t begin, uint64_t len_bytes)
{
  return begin >= UHYVE_MAP_BASE && begin <= UHYVE_MAP_END && len_bytes <= UHYVE_MAP_END - begin;
}

/* Whole pages of the program's: mappings or the heap. */
static bool is_managed(uint64_t begin, uint64_t len_bytes)
{
  return begin >= UHYVE_HEAP_BASE && begin <= UHYVE_MAP_END && len_bytes <= UHYVE_MAP_END - begin;
}

static bool is_whole_pages(uint64_t begin, uint64_t len_bytes)
{
  return ((begin | len_bytes) & (FRAME_BYTES - 1)) == 0;
}

/* Unmaps what is in the range, whose ends are ends of mappings if they are within one. Returns the
 * bytes that need no longer be committed, once frames_release() was called. */
static uint64_t clear_range(uint64_t begin, uint64_t end)
{
  uint64_t uncommit_bytes = 0;
  struct mapping *mapping = mapping_from(begin);
  while (mapping != NULL && mapping->range.begin < end)
  {
    struct mapping *next = mapping_next(mapping);
    uint64_t len_bytes = mapping->range.end - mapping->range.begin;
    uint64_t used_bytes = frames_unmap(mapping, begin, end);
    uncommit_bytes += mapping->committed ? len_bytes : used_bytes;
    if (is_mappable(mapping->range.begin, len_bytes))
      free_list_free(&addresses, mapping->range.begin, len_bytes);
    mapping_remove(mapping);
    mapping = next;
  }
  return uncommit_bytes;
}

uint64_t unmap_locked(uint64_t begin, uint64_t end)
{
  struct table_account account;
  table_account_begin(&account, begin, end);
  mapping_split(begin);
  mapping_split(end);
  uint64_t uncommit_bytes = clear_range(begin, end);
  frames_release();
  table_account_end(&account);
  return uncommit_bytes;
}

/* Where something is mapped from there on. */
static uint64_t next_mapped(uint64_t gva, uint64_t end)
{
  const struct mapping *next = mapping_from(gva);
  if (next == NULL || next->range.begin >= end)
    return end;
  return next->range.begin > gva ? next->range.begin : gva;
}

int virtual_unmap(uint64_t gva, uint64_t len_bytes)
{
  if (len_bytes == 0 || !is_whole_pages(gva, len_bytes) || !is_mappable(gva, len_bytes))
    return -EINVAL;
  uint64_t end = gva + len_bytes;
  while (gva < end)
  {
    uint64_t step_end = end - gva > UNMAP_STEP_BYTES ? gva + UNMAP_STEP_BYTES : end;
    uint32_t was_masked;
    if (!virtual_lock_to_split(gva, step_end, &was_masked))
    {
      /* The end of the step may be what needs a node. */
      step_end = end;
      if (!virtual_lock_to_split(gva, end, &was_masked))
        return -ENOMEM;
    }
    uint64_t uncommit_bytes = unmap_locked(gva, step_end);
    gva = next_mapped(step_end, end);
    virtual_unlock(was_masked);
    physical_uncommit(uncommit_bytes);
  }
  physical_give_back(false);
  return 0;
}

/* What virtual_map() is to do, and has done. */
struct request
{
  uint64_t begin; /* in: a wish */
  uint64_t len_bytes;
  uint64_t align_bytes;
  unsigned int rights;
  unsigned int flags;
  bool committed;
  uint64_t uncommit_bytes; /* out: what is promised and no longer needed */
};

static int take_addresses(struct request *request)
{
  uint64_t end = request->begin + request->len_bytes;
  if ((request->flags & VIRTUAL_FIXED) != 0)
    request->uncommit_bytes = unmap_locked(request->begin, end);
  if (request->begin != 0 && free_list_reserve(&addresses, request->begin, request->len_bytes) == 0)
    return 0;
  if ((request->flags & VIRTUAL_FIXED_VACANT) != 0)
    return -EEXIST;
  return free_list_allocate_aligned(&addresses, request->len_bytes, request->align_bytes, RANGE_LOW,
                                    &request->begin) == 0
             ? 0
             : -ENOMEM;
}

static int map_locked(struct request *request)
{
  int error = take_addresses(request);
  if (error != 0)
    return error;
  uint64_t begin = request->begin;
  uint64_t end = begin + request->len_bytes;
  struct table_account account;
  table_account_begin(&account, begin, end);
  mapping_insert(begin, end, request->rights,
                 request->flags & (VIRTUAL_NO_RESERVE | VIRTUAL_SMALL_PAGES | VIRTUAL_BEYOND),
                 request->committed);
  if (!table_account_fits(&account) ||
      (request->committed && paging_prepare(begin, request->len_bytes, LARGE_FRAME_BYTES) != 0))
  {
    mapping_remove(mapping_at(begin));
    free_list_free(&addresses, begin, request->len_bytes);
    error = -ENOMEM;
  }
  table_account_end(&account);
  if (error == 0)
    mapping_merge(begin, end);
  return error;
}

static int check_request(struct request *request)
{
  unsigned int fixed = request->flags & (VIRTUAL_FIXED | VIRTUAL_FIXED_VACANT);
  if (request->len_bytes == 0 || !is_whole_pages(0, request->len_bytes))
    return -EINVAL;
  if ((request->rights & PAGING_WRITE) != 0 && (request->rights & PAGING_EXECUTE) != 0)
    return -EACCES;
  if (request->rights != PAGING_NONE)
    request->rights |= PAGING_READ;
  if (fixed != 0)
  {
    if (!is_whole_pages(request->begin, 0))
      return -EINVAL;
    return is_mappable(request->begin, request->len_bytes) ? 0 : -ENOMEM;
  }
  /* So that large pages fit. */
  if (request->align_bytes < LARGE_FRAME_BYTES && request->len_bytes >= LARGE_FRAME_BYTES &&
      (request->flags & VIRTUAL_SMALL_PAGES) == 0)
    request->align_bytes = LARGE_FRAME_BYTES;
  if (request->align_bytes < FRAME_BYTES)
    request->align_bytes = FRAME_BYTES;
  request->begin &= ~(FRAME_BYTES - 1);
  if ((request->begin & (request->align_bytes - 1)) != 0 ||
      !is_mappable(request->begin, request->len_bytes))
    request->begin = 0;
  return (request->align_bytes & (request->align_bytes - 1)) == 0 ? 0 : -EINVAL;
}

/* What must be committed beyond what is replaced has. */
static uint64_t lacking_bytes(const struct request *request)
{
  if (!request->committed)
    return 0;
  uint64_t bytes = request->len_bytes;
  if ((request->flags & VIRTUAL_FIXED) != 0)
    bytes -= mapping_committed_bytes(request->begin, request->begin + request->len_bytes);
  return bytes;
}

/* Commits memory without the lock, and again if what is to be replaced has changed meanwhile. */
static int commit_and_map(struct request *request)
{
  bool replaces = (request->flags & VIRTUAL_FIXED) != 0;
  uint64_t committed_bytes = 0;
  uint64_t wanted_bytes = replaces ? 0 : lacking_bytes(request);
  int error;
  uint32_t was_masked;
  for (;;)
  {
    error = wanted_bytes > 0 ? physical_commit(wanted_bytes) : 0;
    if (error != 0)
      return error;
    committed_bytes = wanted_bytes;
    if (!virtual_lock_to_add(&was_masked))
    {
      request->uncommit_bytes = committed_bytes;
      return -ENOMEM;
    }
    wanted_bytes = lacking_bytes(request);
    if (wanted_bytes == committed_bytes)
      break;
    virtual_unlock(was_masked);
    physical_uncommit(committed_bytes);
  }
  error = map_locked(request);
  virtual_unlock(was_masked);
  request->uncommit_bytes += committed_bytes;
  if (error == 0 && request->committed)
    request->uncommit_bytes -= request->len_bytes;
  return error;
}

int virtual_map(uint64_t *gva, uint64_t len_bytes, uint64_t align_bytes, unsigned int rights,
                unsigned int flags)
{
  struct request request = {.begin = *gva,
                            .len_bytes = len_bytes,
                            .align_bytes = align_bytes,
                            .rights = rights,
                            .flags = flags,
                            .committed =
                                rights != PAGING_NONE && (flags & VIRTUAL_NO_RESERVE) == 0};
  int error = check_request(&request);
  if (error == 0)
    error = commit_and_map(&request);
  if (request.uncommit_bytes > 0)
  {
    physical_uncommit(request.uncommit_bytes);
    physical_give_back(false);
  }
  if (error != 0)
    return error;
  *gva = request.begin;
  if ((flags & VIRTUAL_POPULATE) != 0)
    virtual_populate(request.begin, len_bytes);
  return 0;
}

uint64_t discard_locked(uint64_t begin, uint64_t end)
{
  uint64_t uncommit_bytes = 0;
  struct table_account account;
  table_account_begin(&account, begin, end);
  for (struct mapping *mapping = mapping_from(begin); mapping != NULL && mapping->range.begin < end;
       mapping = mapping_next(mapping))
  {
    uint64_t used_bytes = frames_unmap(mapping, begin, end);
    uncommit_bytes += mapping->committed ? 0 : used_bytes;
  }
  frames_release();
  table_account_end(&account);
  return uncommit_bytes;
}

int virtual_discard(uint64_t gva, uint64_t len_bytes)
{
  if (!is_whole_pages(gva, len_bytes))
    return -EINVAL;
  if (!is_managed(gva, len_bytes))
    return -ENOMEM;
  uint64_t end = gva + len_bytes;
  int error = 0;
  while (gva < end)
  {
    uint64_t step_end = end - gva > UNMAP_STEP_BYTES ? gva + UNMAP_STEP_BYTES : end;
    uint32_t was_masked = virtual_lock();
    if (!mapping_covers(gva, step_end))
      error = -ENOMEM;
    uint64_t uncommit_bytes = discard_locked(gva, step_end);
    gva = next_mapped(step_end, end);
    if (gva > step_end)
      error = -ENOMEM;
    virtual_unlock(was_masked);
    physical_uncommit(uncommit_bytes);
  }
  physical_give_back(true);
  return error;
}

/* The table of files of the host that are open, and what is done for all of them. */
#include "arch/x86_64/cpu.h"
#include "fs/file_system.h"
#include "fs/host_call.h"
#include "fs/host_node.h"
#include "mm/kernel_heap.h"
#include "sched/spinlock.h"
#include "signal/hold.h"

#define CHAINS 64

/* A crash waits no longer for a file that somebody works on. */
#define RESCUE_TRIES 100000

uint32_t host_behind;
uint32_t host_late_writes;
uint32_t host_is_ending;

static struct spinlock table_lock;
static struct host_node *chains[CHAINS];

/* Counts calls of host_nodes_write(). */
static uint32_t passes;

static struct host_node **chain_of(uint64_t device, uint64_t inode)
{
  return &chains[(inode ^ inode >> 6 ^ device) % CHAINS];
}

static struct host_node *find(uint64_t device, uint64_t inode)
{
  struct host_node *node = *chain_of(device, inode);
  while (node != NULL && (node->inode != inode || node->device != device))
    node = node->next;
  if (node != NULL)
    node->references++;
  return node;
}

struct host_node *host_node_find(uint64_t device, uint64_t inode)
{
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  struct host_node *node = find(device, inode);
  spinlock_unlock_restore(&table_lock, was_masked);
  return node;
}

struct host_node *host_node_get(uint64_t device, uint64_t inode)
{
  struct host_node *fresh = kernel_allocate_zeroed(sizeof(*fresh));
  if (fresh == NULL)
    return NULL;
  fresh->device = device;
  fresh->inode = inode;
  fresh->references = 1;
  fresh->write_next = -1;
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  struct host_node *node = find(device, inode);
  if (node == NULL)
  {
    struct host_node **chain = chain_of(device, inode);
    node = fresh;
    node->next = *chain;
    *chain = node;
    fresh = NULL;
  }
  spinlock_unlock_restore(&table_lock, was_masked);
  kernel_free(fresh, sizeof(*fresh));
  return node;
}

void host_node_put(struct host_node *node)
{
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  bool was_last = --node->references == 0;
  if (was_last)
  {
    struct host_node **link = chain_of(node->device, node->inode);
    while (*link != node)
      link = &(*link)->next;
    *link = node->next;
  }
  spinlock_unlock_restore(&table_lock, was_masked);
  if (!was_last)
    return;
  host_buffer_give(node->buffer);
  kernel_free(node, sizeof(*node));
}

static bool is_to_write(const struct host_node *node)
{
  return __atomic_load_n(&node->content, __ATOMIC_ACQUIRE) == HOST_BEHIND ||
         __atomic_load_n(&host_is_ending, __ATOMIC_RELAXED) != 0;
}

/* The next one with something behind that this pass has not seen, with a reference; or null. At the
 * end any: a write that is in the middle is waited for. */
static struct host_node *next_behind(uint32_t pass)
{
  struct host_node *node = NULL;
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  for (unsigned int i = 0; i < CHAINS && node == NULL; i++)
  {
    node = chains[i];
    while (node != NULL && (node->pass == pass || !is_to_write(node)))
      node = node->next;
  }
  if (node != NULL)
  {
    node->pass = pass;
    node->references++;
  }
  spinlock_unlock_restore(&table_lock, was_masked);
  return node;
}

void host_nodes_write(uint64_t age_cycles)
{
  uint32_t pass = __atomic_add_fetch(&passes, 1, __ATOMIC_RELAXED);
  struct host_node *node;
  while ((node = next_behind(pass)) != NULL)
  {
    host_node_write_old(node, age_cycles);
    host_node_put(node);
  }
}

/* sync() and the end of the program come here with handlers that may write to the same files. */
static void flush_held(void)
{
  struct signal_hold hold;
  signal_hold_begin(&hold);
  host_nodes_write(0);
  signal_hold_leave(&hold);
}

void host_flush_all(void)
{
  if (__atomic_load_n(&host_behind, __ATOMIC_ACQUIRE) != 0)
    flush_held();
}

void host_end(void)
{
  __atomic_store_n(&host_is_ending, 1, __ATOMIC_SEQ_CST);
  flush_held();
}

static bool try_lock_for_long(struct host_node *node)
{
  int tries = 0;
  while (mutex_try_lock(&node->mutex) != 0)
  {
    if (++tries == RESCUE_TRIES)
      return false;
    cpu_relax();
  }
  return true;
}

static void rescue(struct host_node *node)
{
  bool is_locked = try_lock_for_long(node);
  if (node->content == HOST_BEHIND)
    host_call_write(node->handle, node->buffer->bytes, node->len_bytes, node->begin);
  node->content = HOST_NOTHING;
  if (is_locked)
    mutex_unlock(&node->mutex);
}

/* Other CPUs may still run, and what they hold is not waited for long. */
void host_rescue(void)
{
  if (__atomic_exchange_n(&host_behind, 0, __ATOMIC_RELAXED) == 0)
    return;
  for (unsigned int i = 0; i < CHAINS; i++)
  {
    for (struct host_node *node = chains[i]; node != NULL; node = node->next)
      rescue(node);
  }
}

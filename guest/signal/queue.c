/* Signals that wait: the queues of tasks and of the process, and the pool behind them. */
#include <errno.h>
#include <stddef.h>

#include "large_data.h"
#include "signal/signal.h"

/* Those that an instruction of the program itself raises. */
#define SIGNALS_OF_FAULTS                                                                \
  (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | \
   SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

struct spinlock signal_lock;
struct signal_queue signal_process_queue;
struct signal_action signal_actions[NSIG];

static LARGE_DATA struct signal_node pool[SIGNAL_NODES];
static unsigned int pool_used;         /* those before have been used */
static struct signal_node *pool_freed; /* and are free again */

static struct signal_node *node_allocate(void)
{
  struct signal_node *node = pool_freed;
  if (node != NULL)
    pool_freed = node->next;
  else if (pool_used < SIGNAL_NODES)
    node = &pool[pool_used++];
  return node;
}

static void node_free(struct signal_node *node)
{
  node->queue = NULL;
  if (node->is_own)
    return;
  node->next = pool_freed;
  pool_freed = node;
}

int signal_queue_add(struct signal_queue *queue, const struct signal_info *info,
                     struct signal_node *own)
{
  uint64_t bit = SIGNAL_BIT(info->number);
  if (info->number < SIGNAL_FIRST_REALTIME && (queue->pending & bit) != 0)
    return 0;
  struct signal_node *node = own != NULL ? own : node_allocate();
  if (node == NULL && (info->code == SI_QUEUE || info->number >= SIGNAL_FIRST_REALTIME))
    return -EAGAIN;
  if (node != NULL)
  {
    node->info = *info;
    node->next = NULL;
    node->queue = queue;
    if (queue->first == NULL)
      queue->first = node;
    else
      queue->last->next = node;
    queue->last = node;
  }
  /* A full barrier: who changes a mask and who sends see each other. */
  __atomic_fetch_or(&queue->pending, bit, __ATOMIC_SEQ_CST);
  return 0;
}

/* Takes the node that *link points to out of the queue. */
static void unlink(struct signal_queue *queue, struct signal_node **link,
                   struct signal_node *previous)
{
  struct signal_node *node = *link;
  *link = node->next;
  if (queue->last == node)
    queue->last = previous;
}

/* Takes the first one with that number, which waits. */
static void queue_take(struct signal_queue *queue, int number, struct signal_info *info)
{
  struct signal_node **link = &queue->first;
  struct signal_node *previous = NULL;
  struct signal_node *taken = NULL;
  bool is_last = true;
  *info = (struct signal_info){.number = number, .code = SI_USER};
  while (*link != NULL)
  {
    struct signal_node *node = *link;
    if (node->info.number == number && taken != NULL)
    {
      is_last = false;
      break;
    }
    if (node->info.number == number)
    {
      taken = node;
      *info = node->info;
      node->told_overruns = node->info.uid;
      unlink(queue, link, previous);
      continue;
    }
    previous = node;
    link = &node->next;
  }
  if (taken != NULL)
    node_free(taken);
  if (is_last)
    __atomic_fetch_and(&queue->pending, ~SIGNAL_BIT(number), __ATOMIC_SEQ_CST);
}

void signal_queue_drop(struct signal_queue *queue, uint64_t set)
{
  struct signal_node **link = &queue->first;
  struct signal_node *previous = NULL;
  while (*link != NULL)
  {
    struct signal_node *node = *link;
    if ((SIGNAL_BIT(node->info.number) & set) != 0)
    {
      unlink(queue, link, previous);
      node_free(node);
      continue;
    }
    previous = node;
    link = &node->next;
  }
  __atomic_fetch_and(&queue->pending, ~set, __ATOMIC_SEQ_CST);
}

void signal_queue_remove(struct signal_node *node)
{
  struct signal_queue *queue = node->queue;
  struct signal_node *previous = NULL;
  bool is_last = true;
  if (queue == NULL)
    return;
  for (struct signal_node *other = queue->first; other != NULL; other = other->next)
  {
    if (other != node && other->info.number == node->info.number)
      is_last = false;
    if (other->next == node)
      previous = other;
  }
  unlink(queue, previous != NULL ? &previous->next : &queue->first, previous);
  node_free(node);
  if (is_last)
    __atomic_fetch_and(&queue->pending, ~SIGNAL_BIT(node->info.number), __ATOMIC_SEQ_CST);
}

/* Those of faults come first, then by number. */
static int first_of(uint64_t set)
{
  uint64_t first = (set & SIGNALS_OF_FAULTS) != 0 ? set & SIGNALS_OF_FAULTS : set;
  return __builtin_ctzll(first) + 1;
}

bool signal_take_of(struct task *task, uint64_t set, struct signal_info *info)
{
  struct signal_queue *queue = &task->signals.queue;
  if ((queue->pending & set) == 0)
    queue = &signal_process_queue;
  if ((queue->pending & set) == 0)
    return false;
  queue_take(queue, first_of(queue->pending & set), info);
  return true;
}

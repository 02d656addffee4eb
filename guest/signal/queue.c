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

static void append(struct signal_queue *queue, struct signal_node *node)
{
  node->queue = queue;
  node->next = NULL;
  node->previous = queue->last;
  if (queue->last != NULL)
    queue->last->next = node;
  else
    queue->first = node;
  queue->last = node;
}

static void take_out(struct signal_node *node)
{
  struct signal_queue *queue = node->queue;
  if (node->previous != NULL)
    node->previous->next = node->next;
  else
    queue->first = node->next;
  if (node->next != NULL)
    node->next->previous = node->previous;
  else
    queue->last = node->previous;
  node_free(node);
}

/* The first node with that number, from one on; or null. */
static struct signal_node *find(struct signal_node *from, int number)
{
  while (from != NULL && from->info.number != number)
    from = from->next;
  return from;
}

int signal_queue_add(struct signal_queue *queue, const struct signal_info *info,
                     struct signal_node *own)
{
  uint64_t bit = SIGNAL_BIT(info->number);
  if (info->number < SIGNAL_FIRST_REALTIME && (queue->pending & bit) != 0 && info->code != SI_TIMER)
    return 0;
  struct signal_node *node = own != NULL ? own : node_allocate();
  if (node == NULL && (info->code == SI_QUEUE || info->number >= SIGNAL_FIRST_REALTIME))
    return -EAGAIN;
  if (node != NULL)
  {
    node->info = *info;
    append(queue, node);
  }
  /* A full barrier: who changes a mask and who sends see each other. */
  __atomic_fetch_or(&queue->pending, bit, __ATOMIC_SEQ_CST);
  return 0;
}

/* Takes the first one with that number, which waits. */
static void queue_take(struct signal_queue *queue, int number, struct signal_info *info)
{
  struct signal_node *node = find(queue->first, number);
  struct signal_node *another = node != NULL ? find(node->next, number) : NULL;
  *info = (struct signal_info){.number = number, .code = SI_USER};
  if (node != NULL)
  {
    *info = node->info;
    node->told_overruns = node->info.uid;
    take_out(node);
  }
  if (another == NULL)
    __atomic_fetch_and(&queue->pending, ~SIGNAL_BIT(number), __ATOMIC_SEQ_CST);
}

void signal_queue_drop(struct signal_queue *queue, uint64_t set)
{
  struct signal_node *node = queue->first;
  while (node != NULL)
  {
    struct signal_node *next = node->next;
    if ((SIGNAL_BIT(node->info.number) & set) != 0)
      take_out(node);
    node = next;
  }
  __atomic_fetch_and(&queue->pending, ~set, __ATOMIC_SEQ_CST);
}

void signal_queue_remove(struct signal_node *node)
{
  struct signal_queue *queue = node->queue;
  if (queue == NULL)
    return;
  take_out(node);
  if (find(queue->first, node->info.number) == NULL)
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

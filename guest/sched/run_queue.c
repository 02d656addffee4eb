/* The run queue of a CPU: a heap by run time for each priority. */
#include "sched/run_time.h"
#include "sched/sched.h"

static void rebase(struct task *task, uint32_t epoch)
{
  task->run_time = run_time_rebase(task->run_time, task->run_epoch, epoch);
  task->run_epoch = epoch;
}

static void rebase_queued(struct heap_node *node, void *argument)
{
  struct task *task = (struct task *) node;
  rebase(task, *(const uint32_t *) argument);
  node->key = task->run_time;
}

/* All of a queue is of one epoch. Halving all keys keeps their order. */
static void set_epoch(struct percpu *cpu, uint32_t epoch)
{
  cpu->decay_epoch = epoch;
  for (uint64_t rest = cpu->queue.ready; rest != 0; rest &= rest - 1)
    heap_for_each(&cpu->queue.tasks[__builtin_ctzll(rest)], rebase_queued, &epoch);
}

void sched_begin_epoch(struct percpu *cpu, uint32_t epoch)
{
  if (cpu->decay_epoch != epoch)
    set_epoch(cpu, epoch);
  if (cpu->current != NULL && cpu->current->run_epoch != epoch)
    rebase(cpu->current, epoch);
}

void run_queue_add(struct percpu *cpu, struct task *task)
{
  struct run_queue *queue = &cpu->queue;
  /* The other CPU may have gone on to an epoch that this one has not seen. */
  if ((int32_t) (task->run_epoch - cpu->decay_epoch) > 0)
    set_epoch(cpu, task->run_epoch);
  if (task->run_epoch != cpu->decay_epoch)
    rebase(task, cpu->decay_epoch);
  task->node.key = task->run_time;
  task->cpu = cpu->area.cpu;
  task->is_queued = true;
  heap_insert(&queue->tasks[task->priority], &task->node);
  queue->ready |= 1ull << task->priority;
  queue->waiting++;
}

void run_queue_remove(struct percpu *cpu, struct task *task)
{
  struct run_queue *queue = &cpu->queue;
  struct heap *heap = &queue->tasks[task->priority];
  heap_remove(heap, &task->node);
  if (heap->first == NULL)
    queue->ready &= ~(1ull << task->priority);
  queue->waiting--;
  task->is_queued = false;
}

struct task *run_queue_take(struct percpu *cpu)
{
  int best = run_queue_best(cpu);
  if (best < 0)
    return NULL;
  struct task *task = (struct task *) cpu->queue.tasks[best].first;
  run_queue_remove(cpu, task);
  return task;
}

/* The memory of a task: its description, its stack and the guard below. */
#include "sched/task_memory.h"

#include <errno.h>

#include "arch/x86_64/vector_state.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "mm/virtual.h"
#include "sched/sched.h"
#include "tls.h"

#define PAGE_BYTES 4096ul

static size_t task_bytes(void)
{
  size_t bytes =
      (sizeof(struct task) + VECTOR_STATE_ALIGN_BYTES - 1) & ~(VECTOR_STATE_ALIGN_BYTES - 1ul);
  return bytes + vector_state_bytes();
}

struct task *task_memory_allocate(void)
{
  struct task *task = kernel_allocate_zeroed(task_bytes());
  if (task != NULL)
    task->vector_state = (char *) task + task_bytes() - vector_state_bytes();
  return task;
}

/* False when not all could be unmapped, which takes memory too. One call does all or nothing of no
 * more than a huge frame. */
static bool unmap_stack(struct task *task)
{
  while (task->map_bytes != 0)
  {
    size_t len_bytes = task->map_bytes < HUGE_FRAME_BYTES ? task->map_bytes : HUGE_FRAME_BYTES;
    if (virtual_unmap(task->map_gva + task->map_bytes - len_bytes, len_bytes) != 0)
      return false;
    task->map_bytes -= len_bytes;
  }
  return true;
}

void task_memory_forget_affinity(struct task *task)
{
  kernel_free(task->cpus, task->cpus_words * sizeof(task->cpus[0]));
  task->cpus = NULL;
  task->cpus_words = 0;
}

bool task_memory_free(struct task *task)
{
  if (task->map_gva != 0 && !unmap_stack(task))
    return false;
  task_memory_forget_affinity(task);
  if (task != &main_task)
    kernel_free(task, task_bytes());
  return true;
}

int task_memory_map_stack(struct task *task, size_t stack_bytes, size_t guard_bytes)
{
  uint64_t gva = 0;
  guard_bytes = (guard_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  task->map_bytes = stack_bytes + guard_bytes;
  int error = virtual_map(&gva, task->map_bytes, PAGE_BYTES, PAGING_NONE, 0);
  if (error != 0)
    return -EAGAIN;
  task->map_gva = gva;
  if (virtual_protect(gva + guard_bytes, stack_bytes, PAGING_READ | PAGING_WRITE) != 0)
    return -EAGAIN;
  task->stack_gva = gva + guard_bytes;
  task->stack_bytes = stack_bytes;
  task->guard_bytes = guard_bytes;
  return 0;
}

size_t task_memory_stack_bytes(size_t asked_bytes)
{
  return (asked_bytes + tls_block_bytes() + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Creation and end of tasks. The memory of tasks that have ended is kept for the next ones. */
#include "sched/lifetime.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vector_state.h"
#include "crash.h"
#include "mm/kernel_heap.h"
#include "sched/futex.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/special_mutex.h"
#include "sched/task_memory.h"
#include "start_info.h"
#include "time/clock.h"
#include "tls.h"

/* Tasks with their stacks that are kept when they have ended: so many, or as many as have one part
 * in KEPT_PART of memory if that is less. */
#define KEPT_TASKS 64
#define KEPT_PART  16

/* Of a stack or a guard: more than there are addresses, and so little that sums are right. */
#define LONGEST_BYTES (1ul << 46)

/* Guards the lists; tasks that have ended are linked by all_next. */
static struct spinlock table_lock;
struct task *all_tasks;
static struct task *kept_tasks;  /* ready to be used again for stacks of the same size */
static struct task *ended_tasks; /* to be freed, which an upcall cannot do */
static unsigned int kept_count;
static uint64_t kept_bytes;
static uint64_t ended_cycles;
static int last_id = 1;

static void link_task(struct task *task)
{
  task->all_previous = NULL;
  task->all_next = all_tasks;
  if (all_tasks != NULL)
    all_tasks->all_previous = task;
  all_tasks = task;
}

static void unlink_task(struct task *task)
{
  if (task->all_previous != NULL)
    task->all_previous->all_next = task->all_next;
  else
    all_tasks = task->all_next;
  if (task->all_next != NULL)
    task->all_next->all_previous = task->all_previous;
}

void tasks_init(void)
{
  main_task.stack_gva = start_info->stack_gva;
  main_task.stack_bytes = start_info->stack_len_bytes;
  main_task.guard_bytes = start_info->stack_guard_bytes;
  link_task(&main_task);
}

/* The first task can be preempted from now on. */
static int prepare_first_task(void)
{
  static uint32_t is_prepared;
  if (__atomic_load_n(&is_prepared, __ATOMIC_ACQUIRE) != 0)
    return 0;
  /* Only the first task can be here. */
  main_task.vector_state = kernel_allocate_zeroed(vector_state_bytes());
  if (main_task.vector_state == NULL)
    return -EAGAIN;
  __atomic_store_n(&is_prepared, 1, __ATOMIC_RELEASE);
  return 0;
}

static void defer(struct task *task)
{
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  task->all_next = ended_tasks;
  ended_tasks = task;
  spinlock_unlock_restore(&table_lock, was_masked);
}

/* Frees the task, or keeps it for the next free_ended(). */
static bool free_or_defer(struct task *task)
{
  if (task_memory_free(task))
    return true;
  defer(task);
  return false;
}

/* Returns whether there was a task to free. */
static bool free_ended(void)
{
  bool freed = false;
  while (__atomic_load_n(&ended_tasks, __ATOMIC_RELAXED) != NULL)
  {
    uint32_t was_masked = spinlock_lock_masked(&table_lock);
    struct task *task = ended_tasks;
    if (task != NULL)
      ended_tasks = task->all_next;
    spinlock_unlock_restore(&table_lock, was_masked);
    if (task == NULL || !free_or_defer(task))
      break;
    freed = true;
  }
  return freed;
}

static struct task *make_task(const struct task_attributes *attributes, size_t stack_bytes)
{
  struct task *task = task_memory_allocate();
  if (task == NULL)
    return NULL;
  if (attributes->stack != NULL)
  {
    task->stack_gva = (uint64_t) attributes->stack;
    task->stack_bytes = stack_bytes;
  }
  else if (task_memory_map_stack(task, stack_bytes, attributes->guard_bytes) != 0)
  {
    free_or_defer(task);
    return NULL;
  }
  return task;
}

/* The list's lock is held. */
static bool has_room_for(size_t stack_bytes)
{
  return kept_count < KEPT_TASKS &&
         kept_bytes + stack_bytes <= start_info->memory_len_bytes / KEPT_PART;
}

/* One with these sizes, or any if stack_bytes is 0. Where there is none and no room to keep one,
 * another is given up, so that in time the sizes kept are those asked for. */
static struct task *take_kept(size_t stack_bytes, size_t guard_bytes)
{
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  struct task **link = &kept_tasks;
  while (*link != NULL && stack_bytes != 0 &&
         ((*link)->stack_bytes != stack_bytes || (*link)->guard_bytes != guard_bytes))
    link = &(*link)->all_next;
  bool fits = *link != NULL;
  if (!fits && !has_room_for(stack_bytes))
    link = &kept_tasks;
  struct task *task = *link;
  if (task != NULL)
  {
    *link = task->all_next;
    kept_count--;
    kept_bytes -= task->stack_bytes;
  }
  spinlock_unlock_restore(&table_lock, was_masked);
  if (task != NULL && !fits)
  {
    free_or_defer(task);
    return NULL;
  }
  return task;
}

bool tasks_free_kept(void)
{
  struct task *task;
  while ((task = take_kept(0, 0)) != NULL)
    defer(task);
  return free_ended();
}

static struct task *get_task(const struct task_attributes *attributes)
{
  size_t stack_bytes =
      attributes->stack_bytes != 0 ? attributes->stack_bytes : TASK_STACK_DEFAULT_BYTES;
  struct task *task = NULL;
  if (attributes->stack == NULL)
  {
    stack_bytes = task_memory_stack_bytes(stack_bytes);
    task = take_kept(stack_bytes, attributes->guard_bytes);
  }
  if (task == NULL)
    task = make_task(attributes, stack_bytes);
  if (task == NULL && tasks_free_kept())
    task = make_task(attributes, stack_bytes);
  return task;
}

static void task_begin(void)
{
  sched_finish_switch(cpu_this());
  cpu_unmask_interrupts();
  struct task *task = cpu_current();
  task_exit(task->entry(task->argument));
}

static int check(const struct task_attributes *attributes)
{
  if (attributes->priority >= TASK_PRIORITIES)
    return -EINVAL;
  if (attributes->stack_bytes != 0 && attributes->stack_bytes < TASK_STACK_MIN_BYTES)
    return -EINVAL;
  /* The thread-local storage lies at the end of the caller's stack. */
  if (attributes->stack != NULL &&
      attributes->stack_bytes < TASK_STACK_MIN_BYTES + tls_block_bytes())
    return -EINVAL;
  if (attributes->stack == NULL &&
      (attributes->stack_bytes > LONGEST_BYTES || attributes->guard_bytes > LONGEST_BYTES))
    return -EAGAIN;
  return 0;
}

/* What is new with each use of a task's memory. The one who creates it vouches for its run time. */
static void start_task(struct task *task, const struct task_attributes *attributes)
{
  uint64_t tls_gva = task->stack_gva + task->stack_bytes - tls_block_bytes();
  task->fs_base = tls_init((void *) tls_gva); /* NOLINT(performance-no-int-to-ptr) */
  context_init(&task->context, tls_gva, task_begin);
  task->priority = attributes->priority;
  task->base_priority = attributes->priority;
  task->inherited = 0;
  task->end_state = attributes->detached ? TASK_DETACHED : 0;
  task->attention = 0;
  task->heeds = TASK_SIGNALLED;
  task->wait_end = WAIT_WOKEN;
  /* Those of the C library take signals when they are set up, no others. */
  task->signals = (struct task_signals){.mask = ~0ull, .inherited = cpu_current()->signals.mask};
  task->result = NULL;
  task->run_cycles = 0;
  task_set_name(task, attributes->name);
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  spinlock_lock(run_lock(cpu));
  sched_charge(cpu, cpu_tsc());
  spinlock_unlock(run_lock(cpu));
  task->run_time = cpu->current->run_time;
  task->run_epoch = cpu->current->run_epoch;
  task->cpu = balance_place(task);
  spinlock_lock(&table_lock);
  task->id = ++last_id;
  link_task(task);
  spinlock_unlock(&table_lock);
  sched_deliver(task);
  cpu_mask_restore(was_masked);
}

int task_create(struct task **created, void *(*entry)(void *), void *argument,
                const struct task_attributes *attributes)
{
  int error = check(attributes);
  if (error == 0)
    error = prepare_first_task();
  if (error != 0)
    return error;
  free_ended();
  mutex_expect_tasks();
  struct task *task = get_task(attributes);
  if (task == NULL)
    return -EAGAIN;
  task->entry = entry;
  task->argument = argument;
  if (attributes->cpus == NULL)
    task_memory_forget_affinity(task);
  else
  {
    error = task_set_affinity(task, attributes->cpus, attributes->cpus_words);
    if (error != 0)
    {
      free_or_defer(task);
      return error == -ENOMEM ? -EAGAIN : error;
    }
  }
  *created = task;
  start_task(task, attributes);
  return 0;
}

/* Masked; in upcalls too. */
static void bury(struct task *task)
{
  spinlock_lock(&table_lock);
  unlink_task(task);
  ended_cycles += task->run_cycles;
  bool is_kept = task->map_gva != 0 && has_room_for(task->stack_bytes);
  struct task **list = is_kept ? &kept_tasks : &ended_tasks;
  task->all_next = *list;
  *list = task;
  if (is_kept)
  {
    kept_count++;
    kept_bytes += task->stack_bytes;
  }
  spinlock_unlock(&table_lock);
}

void task_ended(struct task *task)
{
  uint32_t before = __atomic_fetch_or(&task->end_state, TASK_ENDED, __ATOMIC_ACQ_REL);
  if ((before & TASK_DETACHED) != 0)
    bury(task);
  else
    futex_wake(&task->end_state, 1);
}

_Noreturn void task_exit(void *result)
{
  if (cpu_current()->held != NULL)
    special_mutex_abandon();
  cpu_mask_interrupts();
  cpu_current()->result = result;
  sched_end();
}

int task_join(struct task *task, void **result, uint64_t deadline_ns)
{
  if (task == task_current())
    return -EDEADLK;
  uint32_t state = __atomic_fetch_or(&task->end_state, TASK_JOINED, __ATOMIC_ACQ_REL);
  if ((state & (TASK_DETACHED | TASK_JOINED)) != 0)
    return -EINVAL;
  while (((state = __atomic_load_n(&task->end_state, __ATOMIC_ACQUIRE)) & TASK_ENDED) == 0)
  {
    int error = futex_wait(&task->end_state, state, deadline_ns);
    if (error == -ETIMEDOUT || (error == -EINTR && task_is_cancelled(cpu_current())))
    {
      __atomic_fetch_and(&task->end_state, ~(uint32_t) TASK_JOINED, __ATOMIC_ACQ_REL);
      return error;
    }
  }
  if (result != NULL)
    *result = task->result;
  uint32_t was_masked = cpu_mask_save();
  bury(task);
  cpu_mask_restore(was_masked);
  free_ended();
  return 0;
}

int task_detach(struct task *task)
{
  uint32_t state = __atomic_load_n(&task->end_state, __ATOMIC_RELAXED);
  do
  {
    if ((state & (TASK_DETACHED | TASK_JOINED)) != 0)
      return -EINVAL;
  } while (!__atomic_compare_exchange_n(&task->end_state, &state, state | TASK_DETACHED, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
  if ((state & TASK_ENDED) != 0)
  {
    uint32_t was_masked = cpu_mask_save();
    bury(task);
    cpu_mask_restore(was_masked);
    free_ended();
  }
  return 0;
}

bool tasks_visit(bool (*visit)(struct task *task, void *context), void *context)
{
  bool is_found = false;
  spinlock_lock(&table_lock);
  for (struct task *task = all_tasks; task != NULL && !is_found; task = task->all_next)
    is_found = visit(task, context);
  spinlock_unlock(&table_lock);
  return is_found;
}

uint64_t tasks_cpu_time_ns(void)
{
  uint64_t ns = 0;
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  for (const struct task *task = all_tasks; task != NULL; task = task->all_next)
    ns += task_cpu_time_ns(task);
  ns += clock_ns_of_cycles(ended_cycles);
  spinlock_unlock_restore(&table_lock, was_masked);
  return ns;
}

bool task_cpu_time_of_id(long id, uint64_t *ns)
{
  uint32_t was_masked = spinlock_lock_masked(&table_lock);
  const struct task *task = all_tasks;
  while (task != NULL && task->id != id)
    task = task->all_next;
  if (task != NULL)
    *ns = task_cpu_time_ns(task);
  spinlock_unlock_restore(&table_lock, was_masked);
  return task != NULL;
}

bool task_guard_hit(uint64_t gva)
{
  bool is_hit = false;
  uint32_t was_masked = cpu_mask_save();
  /* For a crash: whoever holds the lock may have crashed. */
  bool is_locked = spinlock_try(&table_lock);
  for (const struct task *task = all_tasks; task != NULL && !is_hit; task = task->all_next)
    is_hit = gva < task->stack_gva && task->stack_gva - gva <= task->guard_bytes;
  if (is_locked)
    spinlock_unlock(&table_lock);
  cpu_mask_restore(was_masked);
  return is_hit;
}

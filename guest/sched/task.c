/* Tasks from the outside: what they are asked, and the table of all of them. */
#include "sched/task.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "mm/kernel_heap.h"
#include "sched/lifetime.h"
#include "sched/sched.h"
#include "sched/special_mutex.h"
#include "start_info.h"
#include "time/clock.h"

struct task *task_current(void)
{
  return cpu_current();
}

int task_id(const struct task *task)
{
  return task->id;
}

unsigned int task_priority(const struct task *task)
{
  return __atomic_load_n(&task->base_priority, __ATOMIC_RELAXED);
}

const char *task_name(const struct task *task)
{
  return task->name;
}

void task_set_name(struct task *task, const char *name)
{
  size_t i = 0;
  for (; name != NULL && name[i] != '\0' && i < TASK_NAME_BYTES - 1; i++)
    task->name[i] = name[i];
  task->name[i] = '\0';
}

bool task_heed_cancellation(bool heed)
{
  struct task *task = cpu_current();
  uint32_t before = task->heeds;
  uint32_t heeds = heed ? before | TASK_CANCELLED : before & ~TASK_CANCELLED;
  __atomic_store_n(&task->heeds, heeds, __ATOMIC_RELAXED);
  return (before & TASK_CANCELLED) != 0;
}

unsigned int task_cpu(void)
{
  return cpu_this()->area.cpu;
}

unsigned int cpus_online(void)
{
  return start_info->cpu_count;
}

bool cpus_may_spin(void)
{
  return start_info->cpu_count > 1 && start_info->cpu_count <= start_info->host_cpu_count;
}

/* Takes the run lock of the CPU the task is on; masked. */
static struct percpu *lock_cpu_of(const struct task *task)
{
  for (;;)
  {
    uint32_t index = __atomic_load_n(&task->cpu, __ATOMIC_RELAXED);
    spinlock_lock(run_lock(cpu_of(index)));
    if (__atomic_load_n(&task->cpu, __ATOMIC_RELAXED) == index)
      return cpu_of(index);
    spinlock_unlock(run_lock(cpu_of(index)));
  }
}

/* Sets what the priority of a task is made of, and has those look whom it concerns. */
static void set_priorities(struct task *task, unsigned int *part, unsigned int priority)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = lock_cpu_of(task);
  __atomic_store_n(part, priority, __ATOMIC_RELAXED);
  unsigned int plain = task_plain_priority(task);
  /* Who holds a real-time ceiling goes by it from the unlock on. */
  if (task->priority >= TASK_PRIORITIES || task->priority == plain)
  {
    spinlock_unlock(run_lock(cpu));
    cpu_mask_restore(was_masked);
    return;
  }
  bool is_queued = task->is_queued;
  if (is_queued)
    run_queue_remove(cpu, task);
  task->priority = plain;
  if (is_queued)
    run_queue_add(cpu, task);
  bool is_running = cpu->current == task;
  if (is_running)
    __atomic_store_n(&cpu->running_priority, (int32_t) plain, __ATOMIC_SEQ_CST);
  __atomic_add_fetch(&sched_changes, 1, __ATOMIC_SEQ_CST);
  bool must_look = __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL ||
                   (cpu->current != NULL && run_queue_best(cpu) >= (int) cpu->current->priority);
  spinlock_unlock(run_lock(cpu));
  if ((must_look || is_running) && cpu == cpu_this())
    sched_request(cpu);
  else if (must_look || is_running)
    sched_interrupt(cpu);
  cpu_mask_restore(was_masked);
}

int task_set_priority(struct task *task, unsigned int priority)
{
  if (priority >= TASK_PRIORITIES)
    return -EINVAL;
  set_priorities(task, &task->base_priority, priority);
  if (special_mutex_follow != NULL)
    special_mutex_follow(task);
  return 0;
}

void task_inherit(struct task *task, unsigned int priority)
{
  set_priorities(task, &task->inherited, priority);
}

int task_set_affinity(struct task *task, const uint64_t *cpus, size_t cpus_words)
{
  bool is_any = false;
  for (unsigned int i = 0; i < start_info->cpu_count && i / 64 < cpus_words; i++)
    is_any = is_any || (cpus[i / 64] >> i % 64 & 1) != 0;
  if (!is_any)
    return -EINVAL;
  size_t words = (start_info->cpu_count + 63) / 64;
  uint64_t *copy = kernel_allocate_zeroed(words * sizeof(copy[0]));
  if (copy == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < words && i < cpus_words; i++)
    copy[i] = cpus[i];
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = lock_cpu_of(task);
  uint64_t *old = task->cpus;
  size_t old_words = task->cpus_words;
  task->cpus = copy;
  task->cpus_words = words;
  bool is_running = cpu->current == task;
  task->is_misplaced = !is_running && !task->is_queued && !task_may_use(task, cpu->area.cpu);
  /* Who holds a real-time ceiling stays until the unlock. */
  bool may_move = task->priority < TASK_PRIORITIES;
  bool must_leave = may_move && task->is_queued && !task_may_use(task, cpu->area.cpu);
  if (must_leave)
  {
    run_queue_remove(cpu, task);
    task->cpu = balance_place(task);
  }
  __atomic_add_fetch(&sched_changes, 1, __ATOMIC_SEQ_CST);
  bool must_look = is_running || __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL;
  spinlock_unlock(run_lock(cpu));
  if (must_leave)
    sched_deliver(task);
  if (must_look && cpu != cpu_this())
    sched_interrupt(cpu);
  else if (is_running && may_move)
    sched_move();
  else if (must_look)
    sched_request(cpu);
  cpu_mask_restore(was_masked);
  kernel_free(old, old_words * sizeof(old[0]));
  return 0;
}

bool task_is_bound(const struct task *task)
{
  return __atomic_load_n(&task->cpus, __ATOMIC_RELAXED) != NULL;
}

void task_affinity(const struct task *task, uint64_t *cpus, size_t cpus_words)
{
  for (size_t i = 0; i < cpus_words; i++)
    cpus[i] = 0;
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = lock_cpu_of(task);
  for (unsigned int i = 0; i < start_info->cpu_count && i / 64 < cpus_words; i++)
  {
    if (task_may_use(task, i))
      cpus[i / 64] |= 1ull << i % 64;
  }
  spinlock_unlock(run_lock(cpu));
  cpu_mask_restore(was_masked);
}

uint64_t task_cpu_time_ns(const struct task *task)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = lock_cpu_of(task);
  uint64_t cycles = task->run_cycles;
  uint64_t now_tsc = cpu_tsc();
  if (cpu->current == task && now_tsc > cpu->run_since_tsc)
    cycles += now_tsc - cpu->run_since_tsc;
  spinlock_unlock(run_lock(cpu));
  cpu_mask_restore(was_masked);
  return clock_ns_of_cycles(cycles);
}

void task_stack(const struct task *task, uint64_t *low_gva, size_t *len_bytes, size_t *guard_bytes)
{
  *low_gva = task->stack_gva;
  *len_bytes = task->stack_bytes;
  *guard_bytes = task->guard_bytes;
}

int task_sleep_until_ns(uint64_t deadline_monotonic_ns)
{
  uint64_t deadline_tsc = clock_tsc_of_ns(deadline_monotonic_ns);
  if (deadline_tsc <= cpu_tsc())
    return 0;
  uint32_t was_masked = cpu_mask_save();
  wait_begin(cpu_current());
  enum wait_end end = sched_block(deadline_tsc);
  cpu_mask_restore(was_masked);
  return end == WAIT_INTERRUPTED ? -EINTR : 0;
}

/* Real-time tasks: the server of a CPU and what it runs. */
#include "sched/realtime.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vector_state.h"
#include "crash.h"
#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "mm/virtual.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"

#define SERVER_STACK_BYTES (256ul << 10)

/* An interrupted function must leave that much for the one that is nested. */
#define LEAST_STACK_BYTES (16ul << 10)

#define RED_ZONE_BYTES    128
#define NESTED_RFLAGS     0x202

struct realtime
{
  struct task *server;
  bool is_waiting;     /* the server has nothing to do */
  unsigned int level;  /* what runs, or the ceiling; only what is above starts */
  struct heap pending; /* key: lowest first, so highest priority */
  struct realtime_task *sources[REALTIME_SOURCES];
};

/* What was interrupted, on the server's stack. */
struct nested_frame
{
  struct trap_frame frame;
  void *vector_state;
};

static unsigned int highest_pending(const struct realtime *realtime)
{
  const struct realtime_task *first = (const struct realtime_task *) realtime->pending.first;
  return first != NULL ? first->priority : 0;
}

/* Has the server look, if something goes before what runs here. */
static void look(struct percpu *cpu)
{
  struct realtime *realtime = cpu->realtime;
  if (highest_pending(realtime) <= realtime->level)
    return;
  if (cpu->current == realtime->server)
    sched_request(cpu);
  else if (realtime->is_waiting)
  {
    realtime->is_waiting = false;
    sched_wake(realtime->server, WAIT_WOKEN);
  }
}

static void start(struct percpu *cpu, struct realtime_task *task)
{
  if (task->is_pending)
  {
    task->missed++;
    return;
  }
  task->is_pending = true;
  task->node.key = REALTIME_PRIORITIES - task->priority;
  heap_insert(&cpu->realtime->pending, &task->node);
  look(cpu);
}

/* Runs all that goes before the current level; masked before and after, not meanwhile. */
static void run_all(struct percpu *cpu)
{
  struct realtime *realtime = cpu->realtime;
  unsigned int level = realtime->level;
  while (highest_pending(realtime) > level)
  {
    struct realtime_task *task = (struct realtime_task *) realtime->pending.first;
    heap_remove(&realtime->pending, &task->node);
    task->is_pending = false;
    task->runs++;
    realtime->level = task->priority;
    cpu_unmask_interrupts();
    task->run(task->argument);
    cpu_mask_interrupts();
    realtime->level = level;
  }
}

static __attribute__((noreturn)) void *serve(void *argument)
{
  struct realtime *realtime = argument;
  cpu_mask_interrupts();
  struct percpu *cpu = cpu_this();
  cpu->current->priority = RUN_PRIORITY_REALTIME;
  cpu->running_priority = RUN_PRIORITY_REALTIME;
  __atomic_store_n(&cpu->realtime, realtime, __ATOMIC_RELEASE);
  for (;;)
  {
    run_all(cpu);
    realtime->is_waiting = true;
    wait_begin(cpu->current);
    sched_block(TIMER_NEVER);
  }
}

void realtime_run_nested(struct percpu *cpu)
{
  run_all(cpu);
}

/* Runs on the server's stack, below what was interrupted. */
static _Noreturn void run_nested(struct nested_frame *nested)
{
  cpu_mask_interrupts();
  struct percpu *cpu = cpu_this();
  run_all(cpu);
  cpu->area.rip = nested->frame.rip;
  cpu->area.rsp = nested->frame.rsp;
  cpu->area.rflags = nested->frame.rflags;
  cpu->area.was_masked = 0;
  cpu->area.active = 1;
  vector_state_restore(nested->vector_state);
  context_return(&nested->frame);
}

void realtime_nest(struct percpu *cpu, struct trap_registers *registers)
{
  const struct task *server = cpu->current;
  struct uhyve_upcall_area *area = &cpu->area;
  cpu->reschedule = false;
  if (highest_pending(cpu->realtime) <= cpu->realtime->level)
    return;
  size_t state_bytes =
      (vector_state_bytes() + VECTOR_STATE_ALIGN_BYTES - 1) & ~(VECTOR_STATE_ALIGN_BYTES - 1ul);
  /* Only on the server's own stack may an upcall write. */
  if (area->rsp - server->stack_gva > server->stack_bytes ||
      area->rsp - server->stack_gva < LEAST_STACK_BYTES + state_bytes)
    panic("a real-time task has no stack left, or another one");
  uint64_t state_gva =
      (area->rsp - RED_ZONE_BYTES - state_bytes) & ~(VECTOR_STATE_ALIGN_BYTES - 1ul);
  struct nested_frame *nested =
      (struct nested_frame *) (state_gva - sizeof(*nested)); /* NOLINT(performance-no-int-to-ptr) */
  nested->frame = (struct trap_frame){
      .registers = *registers, .rip = area->rip, .rsp = area->rsp, .rflags = area->rflags};
  nested->vector_state = (void *) state_gva; /* NOLINT(performance-no-int-to-ptr) */
  vector_state_prepare(nested->vector_state);
  vector_state_save(nested->vector_state);
  area->rip = (uint64_t) run_nested;
  /* As a call leaves it. */
  area->rsp = ((uint64_t) nested & ~15ul) - 8;
  area->rflags = NESTED_RFLAGS;
  registers->rdi = (uint64_t) nested;
}

void realtime_interrupt(struct percpu *cpu, unsigned int source)
{
  if (cpu->realtime != NULL && cpu->realtime->sources[source] != NULL)
    start(cpu, cpu->realtime->sources[source]);
}

static void expire(struct timer *timer, struct percpu *cpu)
{
  struct realtime_task *task =
      (struct realtime_task *) ((char *) timer - offsetof(struct realtime_task, timer));
  if (task->period_cycles != 0)
  {
    uint64_t next_tsc = timer->node.key + task->period_cycles;
    uint64_t now_tsc = cpu_tsc();
    if (next_tsc < now_tsc)
    {
      uint64_t periods = (now_tsc - next_tsc) / task->period_cycles + 1;
      task->missed += periods;
      next_tsc += periods * task->period_cycles;
    }
    timer_set(cpu, timer, next_tsc);
  }
  start(cpu, task);
}

/* ---- Calls of tasks ---- */

/* The caller works on a CPU's own data there, masked. */
struct visit
{
  uint64_t *cpus; /* to go back to; null: it was there */
  size_t cpus_words;
};

static int begin_visit(struct visit *visit, unsigned int cpu)
{
  *visit = (struct visit){.cpus_words = (start_info->cpu_count + 63) / 64};
  cpu_mask_interrupts();
  if (cpu_this()->area.cpu == cpu)
    return 0;
  cpu_unmask_interrupts();
  size_t len_bytes = visit->cpus_words * sizeof(visit->cpus[0]);
  uint64_t *there = kernel_allocate_zeroed(len_bytes);
  visit->cpus = kernel_allocate_zeroed(len_bytes);
  if (there == NULL || visit->cpus == NULL)
  {
    kernel_free(there, len_bytes);
    kernel_free(visit->cpus, len_bytes);
    return -ENOMEM;
  }
  task_affinity(task_current(), visit->cpus, visit->cpus_words);
  there[cpu / 64] = 1ull << cpu % 64;
  int error = task_set_affinity(task_current(), there, visit->cpus_words);
  kernel_free(there, len_bytes);
  cpu_mask_interrupts();
  return error;
}

static void end_visit(const struct visit *visit)
{
  cpu_unmask_interrupts();
  if (visit->cpus == NULL)
    return;
  task_set_affinity(task_current(), visit->cpus, visit->cpus_words);
  kernel_free(visit->cpus, visit->cpus_words * sizeof(visit->cpus[0]));
}

/* Starts a CPU's server; returns when it can take interrupts. */
static int make_server(unsigned int cpu)
{
  struct realtime *realtime = kernel_allocate_zeroed(sizeof(*realtime));
  size_t words = (start_info->cpu_count + 63) / 64;
  uint64_t *cpus = kernel_allocate_zeroed(words * sizeof(cpus[0]));
  int error = realtime != NULL && cpus != NULL ? 0 : -ENOMEM;
  uint64_t stack_gva = 0;
  if (error == 0)
    error = virtual_map(&stack_gva, SERVER_STACK_BYTES, PAGE_BYTES, PAGING_READ | PAGING_WRITE,
                        VIRTUAL_POPULATE);
  if (error == 0)
  {
    cpus[cpu / 64] = 1ull << cpu % 64;
    struct task_attributes attributes = {
        .name = "real-time",
        .priority = TASK_PRIORITIES - 1,
        .detached = true,
        .stack = (void *) stack_gva, /* NOLINT(performance-no-int-to-ptr) */
        .stack_bytes = SERVER_STACK_BYTES,
        .cpus = cpus,
        .cpus_words = words,
    };
    error = task_create(&realtime->server, serve, realtime, &attributes);
    if (error != 0)
      virtual_unmap(stack_gva, SERVER_STACK_BYTES);
  }
  kernel_free(cpus, words * sizeof(cpus[0]));
  if (error != 0)
  {
    kernel_free(realtime, sizeof(*realtime));
    return error;
  }
  while (__atomic_load_n(&cpu_of(cpu)->realtime, __ATOMIC_ACQUIRE) == NULL)
    task_sleep_until_ns(clock_monotonic_ns() + 1000);
  return 0;
}

int realtime_bind(struct realtime_task *task, unsigned int cpu)
{
  if (cpu >= start_info->cpu_count || task->priority == 0 || task->priority > REALTIME_PRIORITIES)
    return -EINVAL;
  task->cpu = cpu;
  task->is_pending = false;
  task->timer = (struct timer){.expire = expire};
  task->runs = 0;
  task->missed = 0;
  static uint32_t is_binding;
  while (__atomic_exchange_n(&is_binding, 1, __ATOMIC_ACQUIRE) != 0)
    task_sleep_until_ns(clock_monotonic_ns() + 1000);
  int error = cpu_of(cpu)->realtime != NULL ? 0 : make_server(cpu);
  __atomic_store_n(&is_binding, 0, __ATOMIC_RELEASE);
  return error;
}

int realtime_set_timer(struct realtime_task *task, uint64_t first_ns, uint64_t period_ns)
{
  struct visit visit;
  int error = begin_visit(&visit, task->cpu);
  if (error != 0)
    return error;
  struct percpu *cpu = cpu_this();
  if (task->timer.is_set)
    error = -EBUSY;
  else
  {
    task->period_cycles = clock_cycles_of_ns(period_ns);
    timer_set(cpu, &task->timer, clock_tsc_of_ns(first_ns));
    timer_arm(cpu, timers_next_tsc(cpu));
  }
  end_visit(&visit);
  return error;
}

int realtime_clear_timer(struct realtime_task *task)
{
  struct visit visit;
  int error = begin_visit(&visit, task->cpu);
  if (error != 0)
    return error;
  struct percpu *cpu = cpu_this();
  timer_clear(cpu, &task->timer);
  if (task->is_pending)
  {
    heap_remove(&cpu->realtime->pending, &task->node);
    task->is_pending = false;
  }
  end_visit(&visit);
  return 0;
}

int realtime_set_source(unsigned int cpu, unsigned int source, struct realtime_task *task)
{
  if (cpu >= start_info->cpu_count || source >= REALTIME_SOURCES ||
      (task != NULL && task->cpu != cpu))
    return -EINVAL;
  struct visit visit;
  int error = begin_visit(&visit, cpu);
  if (error != 0)
    return error;
  if (cpu_this()->realtime != NULL)
    cpu_this()->realtime->sources[source] = task;
  else if (task != NULL)
    error = -EINVAL;
  end_visit(&visit);
  return error;
}

int realtime_raise(unsigned int cpu, unsigned int source)
{
  if (cpu >= start_info->cpu_count || source >= REALTIME_SOURCES)
    return -EINVAL;
  nucleus_call(NUCLEUS_IPI, cpu, UHYVE_VECTOR_SOURCES + source);
  return 0;
}

unsigned int realtime_lock(unsigned int ceiling)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  struct realtime *realtime = cpu->realtime;
  struct task *task = cpu->current;
  unsigned int former = realtime != NULL ? realtime->level : 0;
  if (realtime != NULL && ceiling > former)
  {
    realtime->level = ceiling;
    if (task != realtime->server && task->priority < RUN_PRIORITY_CEILING)
    {
      task->own_priority = task->priority;
      task->priority = RUN_PRIORITY_CEILING;
      __atomic_store_n(&cpu->running_priority, RUN_PRIORITY_CEILING, __ATOMIC_RELAXED);
    }
  }
  cpu_mask_restore(was_masked);
  return former;
}

void realtime_unlock(unsigned int former)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  struct realtime *realtime = cpu->realtime;
  struct task *task = cpu->current;
  if (realtime != NULL && realtime->level != former)
  {
    realtime->level = former;
    if (former == 0 && task->priority == RUN_PRIORITY_CEILING)
    {
      task->priority = task->own_priority;
      __atomic_store_n(&cpu->running_priority, (int32_t) task->priority, __ATOMIC_SEQ_CST);
      sched_request(cpu);
    }
    look(cpu);
  }
  cpu_mask_restore(was_masked);
}

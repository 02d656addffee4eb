/* Switching tasks. The run lock of the CPU is held from the choice of the next task until the one
 * before has been saved: whoever runs next releases it. */
#include "sched/sched.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vector_state.h"
#include "sched/backoff.h"
#include "sched/realtime.h"
#include "start_info.h"
#include "time/clock.h"

/* How long tasks wait beside an idle CPU. */
#define IDLE_SLICE_NS 1000000ull

struct task main_task = {.priority = TASK_PRIORITY_DEFAULT,
                         .base_priority = TASK_PRIORITY_DEFAULT,
                         .heeds = TASK_SIGNALLED,
                         .wait_end = WAIT_WOKEN,
                         .id = 1,
                         .name = "main"};

/* A task that yields so often in a row, and nobody else is there, lets the host run others: some
 * tens of microseconds where each CPU of the guest may have one of the host's. */
#define LONE_YIELDS      4096u
#define LONE_YIELDS_FULL 64u

static uint32_t lone_yields_most = UINT32_MAX;
static uint64_t slice_cycles;
static uint64_t idle_slice_cycles;

static void init_cpu(struct percpu *cpu)
{
  cpu->slice_end_tsc = TIMER_NEVER;
  cpu->armed_tsc = TIMER_NEVER;
  cpu->run_since_tsc = cpu_tsc();
}

void sched_init(void)
{
  struct percpu *cpu = cpu_this();
  init_cpu(cpu);
  idle_init();
  slice_cycles = clock_cycles_of_ns(TASK_SLICE_NS);
  idle_slice_cycles = clock_cycles_of_ns(IDLE_SLICE_NS);
  if (start_info->cpu_count > 1)
    lone_yields_most = cpus_may_spin() ? LONE_YIELDS : LONE_YIELDS_FULL;
  idle_cpus = start_info->cpu_count - 1;
  cpu->current = &main_task;
  cpu->running_priority = (int32_t) main_task.priority;
  cpu->state = CPU_RUNNING;
}

static inline void begin_slice(struct percpu *cpu, uint64_t now_tsc)
{
  const struct task *task = cpu->current;
  uint64_t slice = TIMER_NEVER;
  if ((cpu->queue.ready >> task->priority & 1) != 0)
    slice = slice_cycles;
  if (balance_wanted(cpu))
    slice = idle_slice_cycles;
  cpu->slice_is_over = false;
  cpu->slice_end_tsc = slice != TIMER_NEVER ? now_tsc + slice : TIMER_NEVER;
  sched_arm_timer(cpu, now_tsc);
}

void sched_begin_slice(struct percpu *cpu, uint64_t now_tsc)
{
  begin_slice(cpu, now_tsc);
}

/* A task that others give to this CPU is announced by an interrupt only if its priority is not
 * below what runs: when that becomes less, they may have looked just before. */
static void set_running_priority(struct percpu *cpu, int32_t priority)
{
  int32_t before = cpu->running_priority;
  __atomic_store_n(&cpu->running_priority, priority, __ATOMIC_RELAXED);
  if (priority >= before || start_info->cpu_count == 1)
    return;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL)
    sched_request(cpu);
}

static inline void set_current(struct percpu *cpu, struct task *task, uint64_t now_tsc)
{
  cpu->current = task;
  cpu->run_since_tsc = now_tsc;
  cpu->area.counters.switches++;
  set_running_priority(cpu, (int32_t) task->priority);
  begin_slice(cpu, now_tsc);
  cpu_set_fs_base(task->fs_base);
  /* So that the task looks when it unmasks, or returns from its upcall. */
  if (__builtin_expect((task->attention & TASK_SIGNALLED) != 0, 0))
    cpu->area.pending = 1;
}

/* What left this CPU just now can be told so: it is saved, and the lock is free. */
static void see_off(struct percpu *cpu)
{
  struct task *ended = cpu->ended;
  struct task *moved = cpu->moved;
  cpu->ended = NULL;
  cpu->moved = NULL;
  if (ended != NULL)
    task_ended(ended);
  if (moved != NULL)
  {
    /* Where a task is changes under the lock of the CPU that it was on. */
    spinlock_lock(run_lock(cpu));
    moved->cpu = balance_place(moved);
    spinlock_unlock(run_lock(cpu));
    sched_deliver(moved);
  }
}

static inline void finish_switch(struct percpu *cpu)
{
  spinlock_unlock(run_lock(cpu));
  if (__builtin_expect(cpu->ended != NULL || cpu->moved != NULL, 0))
    see_off(cpu);
}

void sched_finish_switch(struct percpu *cpu)
{
  finish_switch(cpu);
}

/* Until its registers are back, too, the task is one that is preempted: for the report of a crash.
 */
static void load_frame(struct percpu *cpu, const struct task *task)
{
  trap_put_back(&cpu->area, &task->frame);
  vector_state_restore(task->vector_state);
}

/* On the upcall stack, which nothing is left on. */
static _Noreturn void resume(void *argument)
{
  (void) argument;
  struct percpu *cpu = cpu_this();
  struct task *task = cpu->current;
  if (!task->is_preempted)
    context_load(&task->context);
  finish_switch(cpu);
  load_frame(cpu, task);
  task->is_preempted = false;
  context_return(&task->frame);
}

static _Noreturn void become_idle(void *argument)
{
  (void) argument;
  struct percpu *cpu = cpu_this();
  cpu->current = NULL;
  cpu->slice_end_tsc = TIMER_NEVER;
  __atomic_store_n(&cpu->running_priority, -1, __ATOMIC_RELAXED);
  finish_switch(cpu);
  idle_wait(cpu);
  set_current(cpu, run_queue_take(cpu), cpu_tsc());
  resume(NULL);
}

/* From the running task to another one, or to none. Returns when it runs again. */
static inline void switch_to(struct percpu *cpu, struct task *next, uint64_t now_tsc)
{
  struct task *task = cpu->current;
  if (next == NULL)
    context_leave(&task->context, become_idle, NULL);
  else
  {
    set_current(cpu, next, now_tsc);
    if (next->is_preempted)
      context_leave(&task->context, resume, NULL);
    else
      context_switch(&task->context, &next->context);
  }
  finish_switch(cpu_this());
}

/* Takes the run lock, what others have given, and the time. */
static inline uint64_t begin_choice(struct percpu *cpu)
{
  spinlock_lock(run_lock(cpu));
  inbox_drain(cpu);
  uint64_t now_tsc = cpu_tsc();
  sched_charge(cpu, now_tsc);
  return now_tsc;
}

/* Whether a task that waits goes before the running one, which wants to go on. */
static bool other_is_first(const struct percpu *cpu)
{
  const struct task *task = cpu->current;
  int best = run_queue_best(cpu);
  if (best != (int) task->priority)
    return best > (int) task->priority;
  return cpu->slice_is_over && run_queue_first(cpu, task->priority)->run_time < task->run_time;
}

/* The running task goes on. It may have become the equal of one that waits. */
static void go_on(struct percpu *cpu, uint64_t now_tsc)
{
  if (cpu->slice_end_tsc == TIMER_NEVER && cpu->current->priority < TASK_PRIORITIES)
    begin_slice(cpu, now_tsc);
  spinlock_unlock(run_lock(cpu));
}

void sched_reschedule(void)
{
  struct percpu *cpu = cpu_this();
  cpu->reschedule = false;
  if (cpu->current->priority == RUN_PRIORITY_REALTIME)
  {
    realtime_run_nested(cpu);
    return;
  }
  uint64_t now_tsc = begin_choice(cpu);
  if (task_must_leave(cpu->current, cpu))
    cpu->moved = cpu->current;
  else if (other_is_first(cpu))
    run_queue_add(cpu, cpu->current);
  else
  {
    go_on(cpu, now_tsc);
    return;
  }
  switch_to(cpu, run_queue_take(cpu), now_tsc);
}

void sched_preempt(struct percpu *cpu, struct trap_registers *registers)
{
  struct task *task = cpu->current;
  cpu->reschedule = false;
  if (task->priority == RUN_PRIORITY_REALTIME)
  {
    realtime_nest(cpu, registers);
    return;
  }
  uint64_t now_tsc = begin_choice(cpu);
  bool is_moved = task_must_leave(cpu->current, cpu);
  if (!is_moved && !other_is_first(cpu))
  {
    go_on(cpu, now_tsc);
    return;
  }
  task->frame = trap_take(&cpu->area, registers);
  vector_state_save(task->vector_state);
  task->is_preempted = true;
  if (is_moved)
    cpu->moved = task;
  else
    run_queue_add(cpu, task);
  struct task *next = run_queue_take(cpu);
  if (next == NULL)
  {
    cpu->area.active = 0;
    become_idle(NULL);
  }
  set_current(cpu, next, now_tsc);
  if (!next->is_preempted)
  {
    cpu->area.active = 0;
    context_load(&next->context);
  }
  finish_switch(cpu);
  load_frame(cpu, next);
  *registers = next->frame.registers;
  next->is_preempted = false;
}

/* Two equals that take turns, the usual case: all that a switch does but what stays as it is - the
 * running priority, and a timer that is set for the end of a slice or before. The run lock is held.
 * Returns whether it was that case. */
static inline bool yield_to_equal(struct percpu *cpu)
{
  struct task *task = cpu->current;
  struct heap *heap = &cpu->queue.tasks[task->priority];
  struct task *next = (struct task *) heap->first;
  if (cpu->queue.ready >> task->priority != 1 || next->node.child != NULL || next->is_preempted ||
      next->attention != 0 || cpu->inbox != NULL ||
      __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) != 0)
    return false;
  uint64_t now_tsc = cpu_tsc();
  if (run_time_epoch(now_tsc) != cpu->decay_epoch || task->run_epoch != cpu->decay_epoch)
    return false;
  sched_charge(cpu, now_tsc);
  if (task->run_time < next->run_time)
    task->run_time = next->run_time;
  task->node.key = task->run_time;
  task->node.child = NULL;
  heap->first = &task->node;
  task->is_queued = true;
  next->is_queued = false;
  cpu->current = next;
  cpu->area.counters.switches++;
  cpu->slice_is_over = false;
  cpu->slice_end_tsc = now_tsc + slice_cycles;
  cpu_set_fs_base(next->fs_base);
  context_switch(&task->context, &next->context);
  finish_switch(cpu_this());
  return true;
}

/* The same for any number of tasks. */
static __attribute__((noinline)) void yield_to_best(struct percpu *cpu)
{
  inbox_drain(cpu);
  uint64_t now_tsc = cpu_tsc();
  sched_charge(cpu, now_tsc);
  struct task *task = cpu->current;
  if (run_queue_best(cpu) < (int) task->priority)
  {
    spinlock_unlock(run_lock(cpu));
    return;
  }
  const struct task *first = run_queue_first(cpu, task->priority);
  if (first != NULL && first->run_time > task->run_time)
    task->run_time = first->run_time;
  run_queue_add(cpu, task);
  switch_to(cpu, run_queue_take(cpu), now_tsc);
}

bool task_others_wait(void)
{
  /* Without the lock, perhaps of a CPU that was left meanwhile: no one would know. */
  const struct percpu *cpu = cpu_this();
  return __atomic_load_n(&cpu->queue.ready, __ATOMIC_RELAXED) != 0 ||
         __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL;
}

/* Nobody here wants the CPU: perhaps the task waits for one on another CPU, which the host may not
 * run. It is a guess when; one that is lost by a task that moves does no harm. */
static void yield_alone(void)
{
  struct percpu *cpu = cpu_this();
  uint32_t yields = __atomic_load_n(&cpu->lone_yields, __ATOMIC_RELAXED) + 1;
  if (yields >= lone_yields_most)
  {
    backoff_yield();
    yields = 0;
  }
  __atomic_store_n(&cpu->lone_yields, yields, __ATOMIC_RELAXED);
}

void task_yield(void)
{
  if (!task_others_wait())
  {
    yield_alone();
    return;
  }
  cpu_mask_interrupts();
  struct percpu *cpu = cpu_this();
  spinlock_lock(run_lock(cpu));
  if (!yield_to_equal(cpu))
    yield_to_best(cpu);
  cpu_unmask_interrupts();
}

static void expire_wait(struct timer *timer, struct percpu *cpu)
{
  (void) cpu;
  sched_wake((struct task *) ((char *) timer - offsetof(struct task, wait_timer)), WAIT_TIMED_OUT);
}

/* The running task has chosen what it heeds over the wait that it has begun. */
static bool is_interrupted(struct task *task)
{
  uint32_t pending = WAIT_PENDING;
  return (__atomic_load_n(&task->attention, __ATOMIC_RELAXED) & task->heeds) != 0 &&
         __atomic_compare_exchange_n(&task->wait_end, &pending, WAIT_INTERRUPTED, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

enum wait_end sched_block(uint64_t deadline_tsc)
{
  struct percpu *cpu = cpu_this();
  struct task *task = cpu->current;
  if (__builtin_expect(task->priority >= TASK_PRIORITIES, 0))
    realtime_check_block(cpu);
  if (deadline_tsc != TIMER_NEVER)
  {
    task->wait_timer.expire = expire_wait;
    timer_set(cpu, &task->wait_timer, deadline_tsc);
  }
  uint64_t now_tsc = begin_choice(cpu);
  /* After the lock, a full barrier: sched_attend() sees the wait, or this what it has set. */
  if (__builtin_expect(is_interrupted(task), 0))
  {
    timer_clear(cpu, &task->wait_timer);
    go_on(cpu, now_tsc);
    return WAIT_INTERRUPTED;
  }
  struct task *next = run_queue_take(cpu);
  /* It may have been woken before it slept. */
  if (next == task)
    go_on(cpu, now_tsc);
  else
    switch_to(cpu, next, now_tsc);
  if (__builtin_expect(task->cpus != NULL, 0))
    sched_move();
  return (enum wait_end) __atomic_load_n(&task->wait_end, __ATOMIC_ACQUIRE);
}

bool sched_wake(struct task *task, enum wait_end end)
{
  uint32_t pending = WAIT_PENDING;
  if (!__atomic_compare_exchange_n(&task->wait_end, &pending, end, false, __ATOMIC_ACQ_REL,
                                   __ATOMIC_RELAXED))
    return false;
  sched_deliver(task);
  return true;
}

void sched_move(void)
{
  struct percpu *cpu = cpu_this();
  struct task *task = cpu->current;
  if (task_may_use(task, cpu->area.cpu))
    return;
  uint64_t now_tsc = begin_choice(cpu);
  if (!task_must_leave(cpu->current, cpu))
  {
    go_on(cpu, now_tsc);
    return;
  }
  cpu->moved = task;
  switch_to(cpu, run_queue_take(cpu), now_tsc);
}

_Noreturn void sched_end(void)
{
  struct percpu *cpu = cpu_this();
  if (cpu->current->priority >= TASK_PRIORITIES)
    realtime_check_block(cpu);
  uint64_t now_tsc = begin_choice(cpu);
  cpu->ended = cpu->current;
  switch_to(cpu, run_queue_take(cpu), now_tsc);
  __builtin_unreachable();
}

_Noreturn void sched_start_cpu(void)
{
  struct percpu *cpu = cpu_this();
  init_cpu(cpu);
  __atomic_sub_fetch(&idle_cpus, 1, __ATOMIC_RELAXED); /* idle_wait() counts it again */
  spinlock_lock(run_lock(cpu));
  become_idle(NULL);
}

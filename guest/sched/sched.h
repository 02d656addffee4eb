/* The scheduler's inside: struct task, and what its parts give each other. All calls are made
 * masked, unless they say otherwise. docs/scheduler.md explains. */
#ifndef GUEST_SCHED_SCHED_H
#define GUEST_SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/context.h"
#include "arch/x86_64/trap.h"
#include "percpu.h"
#include "sched/pairing_heap.h"
#include "sched/run_time.h"
#include "sched/spinlock.h"
#include "sched/task.h"
#include "sched/timer.h"
#include "signal/task_signals.h"

/* Who ended a wait. One compare-and-swap from WAIT_PENDING decides, so that only one does. */
enum wait_end
{
  WAIT_PENDING,
  WAIT_WOKEN,
  WAIT_TIMED_OUT,
  WAIT_INTERRUPTED, /* the task has to see to something first */
};

/* What a task has to see to besides its work: bits of task->attention. */
#define TASK_SIGNALLED 1u /* signal/delivery.h, at the next unmask or the end of an upcall */
#define TASK_CANCELLED 2u /* at its next cancellation point */

/* Of task->heeds alone: the task is at a cancellation point, but for handlers that run there. */
#define TASK_AT_POINT 4u

/* Of task->heeds alone: the task is in a call that handlers have to wait for (signal/hold.h). */
#define TASK_HOLDS 8u

struct task
{
  struct heap_node node;  /* in a run queue; key: run time */
  struct context context; /* valid when it left its CPU by a call */
  uint64_t fs_base;
  unsigned int priority;
  unsigned int base_priority; /* its own, apart from what it inherits or holds */
  unsigned int inherited;     /* the highest that it owes to mutexes that it holds; 0: none */
  bool is_queued;             /* in the run queue of its CPU, whose run lock guards this */
  bool is_preempted;          /* it left by an interrupt: frame and vector_state are valid */
  bool is_misplaced;          /* in no queue, and not allowed any more on the CPU it names */
  uint32_t attention;         /* TASK_SIGNALLED and TASK_CANCELLED, atomic */
  uint32_t heeds;             /* those that end its waits, and TASK_AT_POINT; its own */
  uint32_t cpu;               /* where it runs, ran last, or is queued */
  uint32_t run_epoch;
  uint64_t run_time; /* run_time.h, of run_epoch */
  uint64_t run_cycles;

  uint32_t wait_end;       /* enum wait_end */
  struct task *inbox_next; /* in an inbox */
  struct timer wait_timer;
  struct task *futex_next, *futex_previous; /* in a bucket, or in a list of the woken */
  uint32_t *futex_word;                     /* null: in no bucket */
  uint32_t futex_bucket;

  /* special_mutex.c, and guarded by its lock. */
  struct special_mutex *held;      /* all of that kind that it holds */
  struct special_mutex *waits_for; /* what it waits for, or null */
  struct task *waits_next;         /* the next that waits for that */

  uint64_t *cpus; /* bitmap of the CPUs it may use; null: all */
  size_t cpus_words;

  struct trap_frame frame;
  void *vector_state; /* null until there is more than one task */

  void *(*entry)(void *argument);
  void *argument;
  void *result;
  uint32_t end_state; /* enum task_end_state; a futex */
  int id;
  char name[TASK_NAME_BYTES];
  uint64_t map_gva; /* of a stack of ours, with its guard; 0: the stack is somebody else's */
  size_t map_bytes;
  uint64_t stack_gva;
  size_t stack_bytes;
  size_t guard_bytes;
  struct task *all_next, *all_previous;
  struct task_signals signals;
};

enum task_end_state
{
  TASK_DETACHED = 1,
  TASK_JOINED = 2, /* somebody waits for it */
  TASK_ENDED = 4,  /* it has left its CPU for good */
};

extern struct task main_task;

/* For the running task: it heeds signals alone from here on. Returns what it has heeded. */
static inline uint32_t task_heed_signals(struct task *task)
{
  uint32_t heeds = task->heeds;
  bool heeds_signals = (heeds & (TASK_SIGNALLED | TASK_HOLDS)) != 0;
  __atomic_store_n(&task->heeds, heeds_signals ? TASK_SIGNALLED : 0, __ATOMIC_RELAXED);
  return heeds;
}

/* Whether the running task has been cancelled and is where it heeds that. */
static inline bool task_is_cancelled(const struct task *task)
{
  uint32_t attention = __atomic_load_n(&task->attention, __ATOMIC_RELAXED);
  return (attention & task->heeds & TASK_CANCELLED) != 0;
}

/* The boot CPU, once; then each of the others, which does not return. */
void sched_init(void);
_Noreturn void sched_start_cpu(void);

/* ---- sched.c: switching ---- */

/* The running task stops until sched_wake(), or the deadline, or until there is something that it
 * heeds. It must have called wait_begin() before it told anyone. Returns on any CPU, still masked.
 */
enum wait_end sched_block(uint64_t deadline_tsc);

static inline void wait_begin(struct task *task)
{
  __atomic_store_n(&task->wait_end, WAIT_PENDING, __ATOMIC_RELAXED);
}

/* Ends a wait, unless it has ended. Returns whether this call did. */
bool sched_wake(struct task *task, enum wait_end end);

/* Sets bits of a task's attention and has it look: a wait that heeds them ends, or does not begin,
 * and a running task is interrupted. In upcalls too; the caller sees to it that the task lives. */
void sched_attend(struct task *task, uint32_t bits);

/* In code that runs as a task: another one goes first if it should. */
void sched_reschedule(void);

/* The same at the end of an upcall: the interrupted code is *registers and the save area. */
void sched_preempt(struct percpu *cpu, struct trap_registers *registers);

/* The running task goes on with the CPUs it may use now. */
void sched_move(void);

/* To be called first after a switch: releases the run lock, sees to the task that was left. */
void sched_finish_switch(struct percpu *cpu);

/* The running task is no more. */
_Noreturn void sched_end(void);

/* Sets the time at which tasks that wait here are looked at again; the run lock is held. */
void sched_begin_slice(struct percpu *cpu, uint64_t now_tsc);

/* Sees to it that a timer interrupt comes for what is due next here, a task going on now: not so
 * soon that it would get nowhere. */
static inline void sched_arm_timer(struct percpu *cpu, uint64_t now_tsc)
{
  uint64_t next_tsc = timers_next_tsc(cpu);
  if (next_tsc > cpu->slice_end_tsc)
    next_tsc = cpu->slice_end_tsc;
  uint64_t rest_end_tsc = now_tsc + cpu->rest_cycles;
  timer_arm(cpu, next_tsc > rest_end_tsc ? next_tsc : rest_end_tsc);
}

/* ---- run_queue.c; the run lock is held ---- */

/* Charges the running task for its time up to now. */
void sched_begin_epoch(struct percpu *cpu, uint32_t epoch);
static inline void sched_charge(struct percpu *cpu, uint64_t now_tsc)
{
  struct task *task = cpu->current;
  uint64_t cycles = now_tsc - cpu->run_since_tsc;
  uint32_t epoch = run_time_epoch(now_tsc);
  cpu->run_since_tsc = now_tsc;
  if (cpu->decay_epoch != epoch || (task != NULL && task->run_epoch != epoch))
    sched_begin_epoch(cpu, epoch);
  if (task == NULL)
    return;
  task->run_cycles += cycles;
  task->run_time += run_time_charge(now_tsc, cycles);
}

void run_queue_add(struct percpu *cpu, struct task *task);
struct task *run_queue_take(struct percpu *cpu); /* the first, or null */
void run_queue_remove(struct percpu *cpu, struct task *task);

/* The first of a priority, or null. */
static inline const struct task *run_queue_first(const struct percpu *cpu, unsigned int priority)
{
  return (const struct task *) cpu->queue.tasks[priority].first;
}

/* The highest priority of those that wait; -1: nobody does. */
static inline int run_queue_best(const struct percpu *cpu)
{
  return cpu->queue.ready != 0 ? 63 - __builtin_clzll(cpu->queue.ready) : -1;
}

static inline struct spinlock *run_lock(struct percpu *cpu)
{
  return (struct spinlock *) &cpu->run_lock;
}

/* ---- wake.c: across CPUs ---- */

/* Makes a task ready that is in no queue, on the CPU it names. */
void sched_deliver(struct task *task);

/* Puts a task that is in no queue into the inbox of another CPU, which it names. Takes no lock. */
void sched_give(struct percpu *cpu, struct task *task);

/* How often priorities and affinities have changed. Who changes one counts after that, before it
 * looks for the task in an inbox; who gives a task looks whether it was counted meanwhile. */
extern uint32_t sched_changes;

/* Takes what others have put into the inbox; the run lock is held. */
void inbox_take(struct percpu *cpu);
static inline void inbox_drain(struct percpu *cpu)
{
  if (__builtin_expect(__atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL, 0))
    inbox_take(cpu);
}

/* Has another CPU look at its queue. */
void sched_interrupt(struct percpu *cpu);

/* The handler of UHYVE_VECTOR_WAKE. */
void sched_handle_wake(struct percpu *cpu);

/* The handler of the deadline timer. */
void sched_handle_timer(struct percpu *cpu);

/* Sets reschedule, which the end of the masked section or of the upcall looks at. */
static inline void sched_request(struct percpu *cpu)
{
  cpu->reschedule = true;
  cpu->area.pending = 1;
}

/* ---- balance.c ---- */

bool task_may_use(const struct task *task, unsigned int cpu);

/* Whether a task has to leave a CPU that it may not use any more. Who holds a real-time ceiling
 * stays until the unlock. */
static inline bool task_must_leave(const struct task *task, const struct percpu *cpu)
{
  return __builtin_expect(task->cpus != NULL, 0) && task->priority < TASK_PRIORITIES &&
         !task_may_use(task, cpu->area.cpu);
}

/* The CPU for a task that is to start: an idle one, else this one, if it may use it. The run lock
 * of the CPU it is on is held, or nobody else knows it yet. */
unsigned int balance_place(const struct task *task);

/* Takes a waiting task from the busiest other CPU into this CPU's queue. Returns whether. */
bool balance_steal(struct percpu *cpu);

/* A task that waits here goes to an idle CPU, if there is one. Returns whether one went. */
bool balance_give(struct percpu *cpu);

extern uint32_t idle_cpus;

/* Whether tasks wait here that an idle CPU could take. */
static inline bool balance_wanted(const struct percpu *cpu)
{
  return cpu->queue.waiting != 0 && __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) != 0;
}

/* ---- away.c; unmasked code may call these ---- */

/* The running task goes into the monitor for a time nobody knows: what waits here may go to other
 * CPUs, and they do not wait for this one. Masked between the two; returns what sched_come_back()
 * is to be given. */
uint32_t sched_go_away(void);
void sched_come_back(uint32_t was_masked);

/* Masked, between the two: for how long nothing waits for this CPU, or, where others may have
 * something for it at any time, a moment; at most HC_WAIT_FOREVER. */
uint32_t sched_may_be_away_us(void);

/* Not 0: the interrupt of a signal from outside may come at any time. */
extern uint32_t sched_has_signals;

/* ---- idle.c ---- */

void idle_init(void);

/* On the upcall stack, nothing to run: returns when there is, with the run lock held. */
void idle_wait(struct percpu *cpu);

/* ---- task.c ---- */

/* Without a real-time ceiling: its own priority or what it inherits. */
static inline unsigned int task_plain_priority(const struct task *task)
{
  return task->base_priority > task->inherited ? task->base_priority : task->inherited;
}

/* Sets what it inherits. */
void task_inherit(struct task *task, unsigned int priority);

/* A task has left its CPU for good: buries it or tells who joins it. */
void task_ended(struct task *task);

#endif

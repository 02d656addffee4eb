/* Tasks: what the scheduler runs. Errors are negative errno.
 *
 * 32 priorities, the higher number first. Tasks of one priority share a CPU by time slices, the one
 * that has run least goes first. A task is moved to another CPU only while it waits to run.
 */
#ifndef GUEST_SCHED_TASK_H
#define GUEST_SCHED_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TASK_PRIORITIES          32
#define TASK_PRIORITY_DEFAULT    16
#define TASK_NAME_BYTES          16
#define TASK_SLICE_NS            4000000ul
#define TASK_STACK_DEFAULT_BYTES (256ul << 10)
#define TASK_STACK_MIN_BYTES     (16ul << 10)
#define TASK_GUARD_DEFAULT_BYTES 4096ul

struct task;

struct task_attributes
{
  const char *name;      /* copied; null: none */
  unsigned int priority; /* 0 to TASK_PRIORITIES - 1 */
  bool detached;         /* nobody joins it */
  size_t stack_bytes;    /* 0: TASK_STACK_DEFAULT_BYTES */
  size_t guard_bytes;    /* below a stack of ours; whole pages */
  void *stack;           /* lowest address of the caller's own stack, or null for one of ours */
  const uint64_t *cpus;  /* bitmap of the CPUs it may use, copied; null: all */
  size_t cpus_words;     /* of 64 bits in it */
};

#define TASK_ATTRIBUTES_DEFAULT                                                 \
  (struct task_attributes)                                                      \
  {                                                                             \
    .priority = TASK_PRIORITY_DEFAULT, .guard_bytes = TASK_GUARD_DEFAULT_BYTES, \
  }

/* Creates a task that runs entry(argument) with thread-local storage of its own, on an idle CPU if
 * there is one, else on this one. Returns 0, -EAGAIN (no memory), -EINVAL (attributes). */
int task_create(struct task **task, void *(*entry)(void *), void *argument,
                const struct task_attributes *attributes);

/* Ends the running task. From the last task it does not end the program. */
_Noreturn void task_exit(void *result);

/* Waits for the end of a task that is not detached, and frees it. Returns 0, -ETIMEDOUT, -EDEADLK
 * for itself, -EINVAL if it is detached or another task joins it, -EINTR for a cancellation that
 * the running task heeds. deadline_ns as futex_wait. */
int task_join(struct task *task, void **result, uint64_t deadline_ns);
int task_detach(struct task *task);

struct task *task_current(void);

/* A number no other live task has; the first task's is 1. */
int task_id(const struct task *task);

/* Lets another task of at least this priority run on this CPU, if one is waiting. */
void task_yield(void);

/* Whether another task waits to run on this CPU. A guess, for who spins: no lock is taken. */
bool task_others_wait(void);

int task_set_priority(struct task *task, unsigned int priority);
unsigned int task_priority(const struct task *task);

/* -EINVAL when no CPU of the machine is in the set. The task has moved when the call returns if it
 * is the caller; else it moves when it next stops running. */
int task_set_affinity(struct task *task, const uint64_t *cpus, size_t cpus_words);
/* Whether it has been given CPUs. */
bool task_is_bound(const struct task *task);
/* Fills the words; CPUs that do not exist are left out. */
void task_affinity(const struct task *task, uint64_t *cpus, size_t cpus_words);

void task_set_name(struct task *task, const char *name);
const char *task_name(const struct task *task);

/* Processor time used so far. */
uint64_t task_cpu_time_ns(const struct task *task);
bool task_cpu_time_of_id(long id, uint64_t *ns); /* false: there is no such task */
uint64_t tasks_cpu_time_ns(void);                /* of all tasks, also those that have ended */

void task_stack(const struct task *task, uint64_t *low_gva, size_t *len_bytes, size_t *guard_bytes);

/* Blocks the running task until a point of CLOCK_MONOTONIC: 0; or -EINTR, as futex_wait(). */
int task_sleep_until_ns(uint64_t deadline_monotonic_ns);

/* Whether a cancellation of the running task ends its waits, with -EINTR. Returns whether it did.
 */
bool task_heed_cancellation(bool heed);

/* The CPU this runs on, which may change at any time; and how many there are. */
unsigned int task_cpu(void);
unsigned int cpus_online(void);

/* Whether to wait in a loop for another CPU can pay: there are several, and the host runs all. */
bool cpus_may_spin(void);

/* Whether the address lies in the guard of some task's stack. */
bool task_guard_hit(uint64_t gva);

#endif

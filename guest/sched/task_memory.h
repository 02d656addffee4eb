/* The memory of a task: its description, its stack and the guard below. */
#ifndef GUEST_SCHED_TASK_MEMORY_H
#define GUEST_SCHED_TASK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct task;

/* A task with a place for its vector state, all else zero; null when there is no memory. */
struct task *task_memory_allocate(void);

/* A stack with its guard below, or -EAGAIN; then, too, task_memory_free() is called for. */
int task_memory_map_stack(struct task *task, size_t stack_bytes, size_t guard_bytes);

/* For a task that does not run: from now on it may use every CPU. */
void task_memory_forget_affinity(struct task *task);

/* False when its stack could not be unmapped; it is to be tried again. */
bool task_memory_free(struct task *task);

/* Of a stack of ours: what is asked for, and the thread-local storage at its end. */
size_t task_memory_stack_bytes(size_t asked_bytes);

#endif

/* Where the scheduler meets signals: a task that has some to see to, TASK_SIGNALLED, is asked to.
 */
#ifndef GUEST_SIGNAL_DELIVERY_H
#define GUEST_SIGNAL_DELIVERY_H

#include <stdbool.h>

#include "percpu.h"
#include "sched/sched.h"

struct trap_registers;

/* Both are linked only into programs that use signals: nothing else sets TASK_SIGNALLED. Hidden:
 * in position-independent programs the linker makes a PLT for other weak functions. */
#define SIGNAL_HOOK __attribute__((weak, visibility("hidden")))

/* Runs handlers as calls on the task's stack. Unmasked; may not return. */
SIGNAL_HOOK void signal_deliver(void);

/* At the end of an upcall: the interrupted code, *registers and the save area, goes on in a handler
 * first, on its own stack, of which this writes nothing. Masked. */
SIGNAL_HOOK void signal_redirect(struct percpu *cpu, struct trap_registers *registers);

/* Whether a task has signals to see to now. Real-time code sees to none. */
static inline bool signals_wait(const struct task *task)
{
  return task != NULL &&
         __builtin_expect(
             (__atomic_load_n(&task->attention, __ATOMIC_RELAXED) & TASK_SIGNALLED) != 0, 0) &&
         task->priority < TASK_PRIORITIES;
}

#endif

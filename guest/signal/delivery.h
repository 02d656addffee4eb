/* Where the rest of the kernel library meets signals.
 *
 * A task that has some to see to, TASK_SIGNALLED, is asked to at the next unmask or end of an
 * upcall. The functions here are linked only into programs that use signals, by what else they
 * call: null without.
 */
#ifndef GUEST_SIGNAL_DELIVERY_H
#define GUEST_SIGNAL_DELIVERY_H

#include <signal.h>
#include <stdbool.h>

#include "percpu.h"
#include "sched/sched.h"

struct trap_registers;

/* Hidden: in position-independent programs the linker makes a PLT for other weak functions. */
#define SIGNAL_HOOK __attribute__((weak, visibility("hidden")))

/* Runs handlers as calls on the task's stack. Unmasked; may not return. */
SIGNAL_HOOK void signal_deliver(void);

/* At the end of an upcall: the interrupted code, *registers and the save area, goes on in a handler
 * first, on its own stack, of which this writes nothing. Masked. */
SIGNAL_HOOK void signal_redirect(struct percpu *cpu, struct trap_registers *registers);

/* The same for an exception of that code. False if nobody handles it: a crash. */
struct signal_fault
{
  int number;
  int code;
  uint64_t address_gva;
  uint32_t vector;
  uint32_t error_code;
  uint64_t fault_gva;
};
SIGNAL_HOOK bool signal_redirect_fault(struct percpu *cpu, struct trap_registers *registers,
                                       const struct signal_fault *fault);

/* Sends a signal to the running task, or to the process; as raise() and kill(). 0 or a negative
 * errno. */
SIGNAL_HOOK int signal_raise(int number);
SIGNAL_HOOK int signal_kill(int number);

/* The running thread takes signals from here on; it takes none any more. */
SIGNAL_HOOK void signal_thread_begin(void);
SIGNAL_HOOK void signal_thread_end(void);

/* SIGABRT ends the program whatever has been done about it, but for a handler that does not
 * return. */
SIGNAL_HOOK void signal_abort(void);

/* What the monitor was started with to ignore is ignored, before anything else of the program. */
SIGNAL_HOOK void signal_begin(void);

/* The handler of UHYVE_VECTOR_SIGNAL. */
SIGNAL_HOOK void signal_interrupt(void);

/* Asynchronous cancellation: the running task sees to it, unmasked on its own stack, before its
 * signals. */
SIGNAL_HOOK void thread_cancel_check(void);

/* Whether the running task is no thread that can be cancelled now. */
SIGNAL_HOOK bool thread_is_immune(void);

static inline bool signal_is_ignored_by_default(int number)
{
  return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT;
}

static inline bool signal_stops(int number)
{
  return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* Whether a task has signals to see to now. Real-time code sees to none, and who holds something
 * when it has let go. */
static inline bool signals_wait(const struct task *task)
{
  return task != NULL &&
         __builtin_expect(
             (__atomic_load_n(&task->attention, __ATOMIC_RELAXED) & TASK_SIGNALLED) != 0, 0) &&
         task->priority < TASK_PRIORITIES && (task->heeds & TASK_HOLDS) == 0;
}

/* Calls that signals interrupt note the state when they begin. After -EINTR of a wait one of these
 * says whether to wait again: `any` handler interrupts a sleep, only one without SA_RESTART other
 * calls. A cancellation that is heeded always does. */
struct signal_mark
{
  uint32_t handled;
  uint32_t interruptions;
};

static inline struct signal_mark signal_mark(void)
{
  const struct task_signals *signals = &cpu_current()->signals;
  return (struct signal_mark){__atomic_load_n(&signals->handled, __ATOMIC_RELAXED),
                              __atomic_load_n(&signals->interruptions, __ATOMIC_RELAXED)};
}

static inline bool signal_must_cancel(void)
{
  const struct task *task = cpu_current();
  return (__atomic_load_n(&task->attention, __ATOMIC_RELAXED) & task->heeds & TASK_CANCELLED) != 0;
}

static inline bool signal_sleep_again(const struct signal_mark *mark)
{
  return signal_mark().handled == mark->handled && !signal_must_cancel();
}

static inline bool signal_restart(const struct signal_mark *mark)
{
  return signal_mark().interruptions == mark->interruptions && !signal_must_cancel();
}

#endif

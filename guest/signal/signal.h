/* Signals within the program: actions, masks, sending, waiting. Errors are negative errno.
 *
 * One spinlock guards actions and queues. A task's mask is its own: it is written without the lock,
 * and after it has changed, the task looks at what waits, as who sends looks at the mask after it
 * has queued the signal. docs/signals.md explains.
 */
#ifndef GUEST_SIGNAL_SIGNAL_H
#define GUEST_SIGNAL_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/sched.h"
#include "signal/task_signals.h"

#define SIGNAL_BIT(number)  (1ull << ((number) -1))
#define SIGNALS_UNBLOCKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))

/* From here on signals queue. */
#define SIGNAL_FIRST_REALTIME 32

/* ---- queue.c ---- */

/* A signal in a queue. Most are from a pool; a timer has its own. */
struct signal_node
{
  struct signal_node *next, *previous;
  struct signal_info info;
  bool is_own;                /* not of the pool */
  struct signal_queue *queue; /* null: in none */
  int told_overruns;          /* of a timer: what its last signal told */
};

/* How many signals may wait in all. */
#define SIGNAL_NODES 1024

extern struct spinlock signal_lock;
extern struct signal_queue signal_process_queue;
extern struct signal_action signal_actions[NSIG];

/* All with the lock. Adds a signal, by `own` if that is not null; one below
 * SIGNAL_FIRST_REALTIME only once, but for those of timers. -EAGAIN when too many wait; only
 * sigqueue() and its like heed that, other signals lose what is told about them. */
int signal_queue_add(struct signal_queue *queue, const struct signal_info *info,
                     struct signal_node *own);

void signal_queue_drop(struct signal_queue *queue, uint64_t set);

/* Takes a node out of the queue that it may be in. */
void signal_queue_remove(struct signal_node *node);

/* Takes the next signal of a set that waits for the task: one of its own before one of the
 * process's. */
bool signal_take_of(struct task *task, uint64_t set, struct signal_info *info);

/* ---- send.c ---- */

/* Sends a signal to a task, or to the process if task is null. In upcalls too; the lock is free.
 * The caller sees to it that the task lives. -EAGAIN as signal_queue_add(). */
int signal_send(struct task *task, const struct signal_info *info);

int signal_send_locked(struct task *task, const struct signal_info *info, struct signal_node *own);

/* The same by task_id(); number 0 only looks. -ESRCH: there is no such thread. */
int signal_send_to_id(int id, const struct signal_info *info);
int signal_send_to_id_locked(int id, const struct signal_info *info, struct signal_node *own);

/* What raise(), kill() and their like tell. */
struct signal_info signal_info_sent(int number, int code);

/* With the lock: has somebody see to signals of the process that the running task blocks now. */
void signal_pass_on(uint64_t set);

bool signal_is_ignored(int number);

/* ---- delivery.c ---- */

/* With the lock: takes the next signal that the task must see to, and sets the mask for its
 * handler. False: there is none. */
bool signal_take(struct task *task, struct signal_taken *taken);

/* With the lock: prepares for the handler of a signal that was taken. */
void signal_begin_handler(struct task *task, struct signal_taken *taken);

/* Sets the mask of the running task; handlers of what that lets in run before it returns, unless
 * the caller is masked: then when that ends. */
void signal_set_mask(uint64_t mask);

/* Has a task see to its signals, or to a cancellation, at once. Masked; it must live. */
void signal_attend(struct task *task);

/* Where the stack of a handler begins, with the interrupted one's stack pointer. */
uint64_t signal_stack_top(const struct task *task, const struct signal_action *action,
                          uint64_t rsp_gva);

static inline bool signal_on_alternate(const struct task *task, uint64_t rsp_gva)
{
  return rsp_gva - task->signals.alternate_gva - 1 < task->signals.alternate_bytes;
}

/* ---- action.c ---- */

int signal_set_action(int number, const struct signal_action *action, struct signal_action *former);

/* ---- outside.c ---- */

/* Those that were ever blocked or waited for. */
extern uint64_t signals_held;

/* The monitor learns what has become of a set of signals. With the lock. */
void signal_tell_locked(uint64_t set);
void signal_tell_held(uint64_t set);

/* From now on the end by a signal from outside is done here: something is to be written before. */
void signal_keep_ends(void);

/* A set is about to be blocked or waited for: what comes of it from outside is for the program. */
static inline void signal_hold(uint64_t set)
{
  set &= ~__atomic_load_n(&signals_held, __ATOMIC_RELAXED);
  if (__builtin_expect(set != 0, 0))
    signal_tell_held(set);
}

/* ---- wait.c ---- */

/* Waits for one of a set and takes it: its number, -EAGAIN after the deadline, -EINTR. */
int signal_wait(uint64_t set, struct signal_info *info, uint64_t deadline_ns);

/* Waits under another mask until a handler has run: -EINTR. */
int signal_suspend(uint64_t mask);

#endif

/* Tells the monitor where tasks are kept, for the report of a crash. No code here. */
#include "hypercalls/task_layout.h"

#include <stddef.h>

#include "sched/lifetime.h"
#include "sched/sched.h"

extern const struct uhyve_task_layout task_layout;

/* The linker script names it. */
const struct uhyve_task_layout task_layout = {
    .version = UHYVE_TASK_LAYOUT_VERSION,
    .task_bytes = sizeof(struct task),
    .first_gva = (uint64_t) &all_tasks,
    .current = offsetof(struct percpu, current),
    .next = offsetof(struct task, all_next),
    .id = offsetof(struct task, id),
    .name = offsetof(struct task, name),
    .name_bytes = TASK_NAME_BYTES,
    .is_queued = offsetof(struct task, is_queued),
    .is_preempted = offsetof(struct task, is_preempted),
    .wait_end = offsetof(struct task, wait_end),
    .end_state = offsetof(struct task, end_state),
    .ended = TASK_ENDED,
    .fs_base = offsetof(struct task, fs_base),
    .stack_gva = offsetof(struct task, stack_gva),
    .stack_bytes = offsetof(struct task, stack_bytes),
    .context = offsetof(struct task, context),
    .frame = offsetof(struct task, frame),
    .vector_state = offsetof(struct task, vector_state),
};

_Static_assert(WAIT_PENDING == 0, "as task_layout.h says");
_Static_assert(sizeof(bool) == 1, "as task_layout.h says");
_Static_assert(sizeof(((struct task *) 0)->id) == sizeof(int32_t), "as task_layout.h says");
_Static_assert(offsetof(struct context, rsp) == 0, "as task_layout.h says");
_Static_assert(offsetof(struct percpu, area) == 0, "as task_layout.h says");

#define SAME_PLACE(member)                                           \
  _Static_assert(offsetof(struct trap_registers, member) ==          \
                     offsetof(struct uhyve_saved_registers, member), \
                 "as task_layout.h says");
SAME_PLACE(rax)
SAME_PLACE(rbx)
SAME_PLACE(rbp)
SAME_PLACE(rsi)
SAME_PLACE(rdi)
SAME_PLACE(r8)
SAME_PLACE(r15)
_Static_assert(sizeof(struct trap_registers) == sizeof(struct uhyve_saved_registers) &&
                   offsetof(struct trap_frame, rip) == offsetof(struct uhyve_saved_frame, rip) &&
                   offsetof(struct trap_frame, rsp) == offsetof(struct uhyve_saved_frame, rsp) &&
                   sizeof(struct trap_frame) == sizeof(struct uhyve_saved_frame),
               "as task_layout.h says");

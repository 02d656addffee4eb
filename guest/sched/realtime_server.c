/* The server of a CPU's real-time tasks: its creation, and nesting on its stack.
 *
 * Upcalls write on this stack, the only one they do: it is brought in before anything runs on it,
 * and each nested task is given a checked piece of it.
 */
#include "sched/realtime_server.h"

#include <errno.h>
#include <signal.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vector_state.h"
#include "crash.h"
#include "mm/kernel_heap.h"
#include "sched/futex.h"
#include "start_info.h"

/* An interrupted task must leave that much for the one that is nested. */
#define LEAST_STACK_BYTES (16ul << 10)

#define STACK_PAGE_BYTES  4096ul
#define RED_ZONE_BYTES    128
#define NESTED_RFLAGS     0x202

/* ---- Creation ---- */

int realtime_create_on(struct task **task, unsigned int cpu, bool detached,
                       void *(*entry)(void *argument), void *argument)
{
  size_t words = (start_info->cpu_count + 63) / 64;
  uint64_t *cpus = kernel_allocate_zeroed(words * sizeof(cpus[0]));
  if (cpus == NULL)
    return -EAGAIN;
  cpus[cpu / 64] = 1ull << cpu % 64;
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  attributes.name = "real-time";
  attributes.priority = TASK_PRIORITIES - 1;
  attributes.detached = detached;
  attributes.cpus = cpus;
  attributes.cpus_words = words;
  int error = task_create(task, entry, argument, &attributes);
  kernel_free(cpus, words * sizeof(cpus[0]));
  return error;
}

int realtime_make_server(unsigned int cpu, void *(*entry)(void *argument))
{
  struct realtime *realtime = kernel_allocate_zeroed(sizeof(*realtime));
  if (realtime == NULL)
    return -EAGAIN;
  int error = realtime_create_on(&realtime->server, cpu, true, entry, realtime);
  if (error != 0)
  {
    kernel_free(realtime, sizeof(*realtime));
    return error;
  }
  while (__atomic_load_n(&realtime->is_ready, __ATOMIC_ACQUIRE) == 0)
    futex_wait(&realtime->is_ready, 0, FUTEX_FOREVER);
  return 0;
}

static void touch_stack(const struct task *server)
{
  for (size_t i = 0; i < server->stack_bytes; i += STACK_PAGE_BYTES)
  {
    volatile char *byte =
        (volatile char *) (server->stack_gva + i); /* NOLINT(performance-no-int-to-ptr) */
    *byte = *byte;                                 /* cppcheck-suppress selfAssignment */
  }
}

_Noreturn void realtime_serve(void *argument)
{
  struct realtime *realtime = argument;
  struct task *server = realtime->server;
  touch_stack(server);
  cpu_mask_interrupts();
  struct percpu *cpu = cpu_this();
  spinlock_lock(run_lock(cpu));
  server->heeds = 0;
  server->priority = RUN_PRIORITY_REALTIME;
  __atomic_store_n(&cpu->running_priority, RUN_PRIORITY_REALTIME, __ATOMIC_RELAXED);
  spinlock_unlock(run_lock(cpu));
  __atomic_store_n(&cpu->realtime, realtime, __ATOMIC_RELEASE);
  __atomic_store_n(&realtime->is_ready, 1, __ATOMIC_RELEASE);
  futex_wake(&realtime->is_ready, 1);
  for (;;)
  {
    realtime_run_all(cpu);
    realtime->is_waiting = true;
    wait_begin(server);
    sched_block(TIMER_NEVER);
  }
}

/* ---- Nesting ---- */

/* What was interrupted, on the server's stack. */
struct nested_frame
{
  struct trap_frame frame;
  void *vector_state;
};

void realtime_run_nested(struct percpu *cpu)
{
  realtime_run_all(cpu);
}

/* Runs on the server's stack, below what was interrupted. */
static _Noreturn void run_nested(struct nested_frame *nested)
{
  cpu_mask_interrupts();
  struct percpu *cpu = cpu_this();
  vector_state_begin();
  realtime_run_all(cpu);
  trap_put_back(&cpu->area, &nested->frame);
  vector_state_restore(nested->vector_state);
  context_return(&nested->frame);
}

static _Noreturn void report_stack(const struct uhyve_upcall_area *area,
                                   const struct trap_registers *registers)
{
  struct crash crash = {.cause = HC_CRASH_SIGNAL,
                        .signal = SIGSEGV,
                        .cpu = area->cpu,
                        .message = "a real-time task has no stack left, or another one",
                        .regs = trap_interrupted(registers, area)};
  crash_report(&crash);
}

void realtime_nest(struct percpu *cpu, struct trap_registers *registers)
{
  const struct task *server = cpu->current;
  struct uhyve_upcall_area *area = &cpu->area;
  cpu->reschedule = false;
  if (realtime_best(cpu->realtime) <= cpu->realtime_level)
    return;
  uint64_t align = VECTOR_STATE_ALIGN_BYTES;
  size_t state_bytes = (vector_state_bytes() + align - 1) & ~(align - 1);
  /* Only on the server's own stack may an upcall write. */
  if (area->rsp - server->stack_gva > server->stack_bytes ||
      area->rsp - server->stack_gva < LEAST_STACK_BYTES + state_bytes)
    report_stack(area, registers);
  uint64_t state_gva = (area->rsp - RED_ZONE_BYTES - state_bytes) & ~(align - 1);
  struct nested_frame *nested =
      (struct nested_frame *) (state_gva - sizeof(*nested)); /* NOLINT(performance-no-int-to-ptr) */
  nested->frame = trap_take(area, registers);
  nested->vector_state = (void *) state_gva; /* NOLINT(performance-no-int-to-ptr) */
  vector_state_prepare(nested->vector_state);
  vector_state_save(nested->vector_state);
  /* As a call leaves it; who unwinds the stack finds its end. */
  uint64_t *stack =
      (uint64_t *) (((uint64_t) nested & ~15ul) - 16); /* NOLINT(performance-no-int-to-ptr) */
  *--stack = 0;
  area->rip = (uint64_t) run_nested;
  area->rsp = (uint64_t) stack;
  area->rflags = NESTED_RFLAGS;
  registers->rdi = (uint64_t) nested;
  registers->rbp = 0;
}

/* The threads of a guest that has stopped, with the registers of each. */
#ifndef UHYVE_GUEST_THREADS_H
#define UHYVE_GUEST_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backtrace.h"
#include "hypercalls/hypercalls.h"
#include "stopped_cpu.h"

#define GUEST_THREADS_MAX       4096
#define GUEST_THREAD_NAME_BYTES 16

enum guest_thread_state
{
  GUEST_THREAD_RUNNING,
  GUEST_THREAD_READY,
  GUEST_THREAD_WAITING,
  GUEST_THREAD_ENDED, /* and not yet joined; it has no registers */
};

/* All of it is what the guest says, and may be nonsense. */
struct guest_thread
{
  uint64_t gva; /* of what the kernel library keeps of it */
  int32_t id;
  char name[GUEST_THREAD_NAME_BYTES + 1];
  enum guest_thread_state state;
  unsigned int cpu; /* where it runs */
  bool has_registers;
  struct hc_registers registers;
  uint64_t fs_base;
  uint64_t stack_gva;
  uint64_t stack_bytes;
  bool is_preempted;         /* the registers come from where an interrupt has saved them */
  uint64_t vector_state_gva; /* its vector registers, if it was preempted and does not run; or 0 */
};

struct guest_threads
{
  struct guest_thread *list; /* owned */
  size_t count;              /* 0: the image does not say where they are, or nonsense is there */
  size_t crashed;            /* which one; count: none */
  bool is_cut;               /* there are more */
};

struct guest_threads_input
{
  uint64_t layout_gva; /* struct uhyve_task_layout; 0: none */
  const struct stopped_cpu *cpus;
  unsigned int cpu_count;
  unsigned int crashed_cpu;
  const struct hc_registers *crashed_registers;
  backtrace_read_fn read;
  void *read_context;
};

/* Returns 0 or -ENOMEM; then there is nothing to free. */
int guest_threads_read(struct guest_threads *threads, const struct guest_threads_input *input);

void guest_threads_free(struct guest_threads *threads);

#endif

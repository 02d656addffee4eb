/* Gathers what a crashed guest has left, for the report and for the core file. */
#include "crash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "crash_report.h"
#include "exit_status.h"
#include "guest_threads.h"
#include "symbols.h"

static struct crash_report_input describe_end(struct vm *vm)
{
  const struct vm_end *end = &vm->end;
  struct crash_report_input input = {
      .program = vm->options->file,
      .cpu_count = vm->vcpu_count,
      .all_threads = vm->options->verbosity > 0,
      .read = vm_read_virtual,
      .read_context = vm,
  };
  if (end->kind == VM_END_CRASH)
  {
    input.crash = &end->crash;
    input.message = end->crash_text;
    input.message_len_bytes = end->crash.message_len_bytes;
  }
  else if (end->kind == VM_END_NUCLEUS_FAILURE)
  {
    input.nucleus = &end->nucleus_frame;
    input.nucleus_registers = &end->registers;
    input.nucleus_fault_gva = end->fault_gva;
    input.nucleus_cpu = end->cpu;
  }
  else
  {
    input.broken = end->message;
    input.broken_registers = &end->registers;
    input.broken_cpu = end->cpu;
  }
  return input;
}

/* Without memory for it there are no threads: the report is made all the same. */
static void read_threads(struct vm *vm, const struct hc_registers *crashed,
                         struct guest_threads *threads)
{
  struct stopped_cpu *cpus = calloc(vm->vcpu_count, sizeof(cpus[0]));
  *threads = (struct guest_threads){.count = 0};
  if (cpus == NULL)
    return;
  for (unsigned int cpu = 0; cpu < vm->vcpu_count; cpu++)
    stopped_cpu_read(vm, cpu, &cpus[cpu]);
  const struct guest_threads_input input = {
      .layout_gva = vm->image.task_layout != 0 ? vm->layout.image_gva + vm->image.task_layout : 0,
      .cpus = cpus,
      .cpu_count = vm->vcpu_count,
      .crashed_cpu = vm->end.cpu,
      .crashed_registers = crashed,
      .read = vm_read_virtual,
      .read_context = vm,
  };
  guest_threads_read(threads, &input);
  free(cpus);
}

/* Symbols are read when there is something to report, not before. */
static void print_report(struct vm *vm, struct crash_report_input *input)
{
  struct symbols *symbols = NULL;
  if (symbols_open(&symbols, vm->image.fd, vm->layout.load_bias) != 0)
    symbols = NULL;
  input->symbols = symbols;
  crash_report_print(stderr, input);
  symbols_close(symbols);
}

int crash_finish(struct vm *vm)
{
  struct crash_report_input input = describe_end(vm);
  const struct hc_registers registers = crash_report_registers(&input);
  int status = vm->end.kind == VM_END_CRASH ? crash_report_status(&vm->end.crash) : STATUS_BROKEN;
  struct guest_threads threads;
  read_threads(vm, &registers, &threads);
  input.threads = &threads;
  print_report(vm, &input);
  if (vm->core.path != NULL)
    core_dump(vm, &threads, &registers, status > STATUS_SIGNAL ? status - STATUS_SIGNAL : 0);
  guest_threads_free(&threads);
  return status;
}

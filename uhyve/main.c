/* uhyve: runs one unikernel program in its own virtual machine, as if it were a process. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "describe.h"
#include "exit_status.h"
#include "guest_signals.h"
#include "memory_watch.h"
#include "options.h"
#include "sandbox/sandbox.h"
#include "signals.h"
#include "terminal.h"
#include "timeout.h"
#include "uhyve_version.h"
#include "vm.h"
#include "vm_net.h"

static struct vm vm;

static int complain(const char *message, int status)
{
  fprintf(stderr, "uhyve: %s\n", message);
  return status;
}

/* Says how the guest ended, as far as there is something to say. Returns the exit status. */
static int finish(void)
{
  switch (vm.end.kind)
  {
  case VM_END_EXIT:
    return vm.end.status;
  case VM_END_SIGNAL:
    return STATUS_SIGNAL + vm.end.status;
  case VM_END_CRASH:
  case VM_END_NUCLEUS_FAILURE:
  case VM_END_BROKEN:
    return crash_finish(&vm);
  case VM_END_MONITOR:
    break;
  }
  return complain(vm.end.message, STATUS_MONITOR);
}

/* To say it may take as long as nobody reads standard error. */
static bool has_to_say(const struct options *options)
{
  return (vm.end.kind != VM_END_EXIT && vm.end.kind != VM_END_SIGNAL) || options->timeline ||
         options->stats != OPTIONS_STATS_NONE;
}

/* Whatever the program did then, but for SIGKILL: as timeout(1). */
static bool ended_by_timeout(void)
{
  bool is_end_of_program = vm.end.kind == VM_END_EXIT || vm.end.kind == VM_END_CRASH ||
                           (vm.end.kind == VM_END_SIGNAL && vm.end.status != SIGKILL);
  return timeout_is_over() && is_end_of_program;
}

static int finish_output(void)
{
  return fflush(stdout) == 0 && ferror(stdout) == 0
             ? EXIT_SUCCESS
             : complain("cannot write to standard output", STATUS_MONITOR);
}

int main(int argc, char **argv, char **envp)
{
  timeline_start(&vm.timeline);
  streams_keep_places(&vm.streams);
  /* All that options name would be opened with rights that the caller has not. */
  if (!surroundings_are_callers())
    return complain("it must not be installed with a set-user or set-group bit: put users into the "
                    "group of /dev/kvm instead",
                    STATUS_MONITOR);
  struct options options;
  char message[256];
  if (options_parse(&options, argc, argv, envp, message) != 0)
    return complain(message, STATUS_MONITOR);
  if (options.action == OPTIONS_HELP)
  {
    options_print_help(stdout);
    return finish_output();
  }
  if (options.action == OPTIONS_VERSION)
  {
    printf("uhyve %s (interface version %d)\n", UHYVE_VERSION, UHYVE_INTERFACE_VERSION);
    return finish_output();
  }

  sandbox_choose(options.isolation);
  /* For another one malloc() reads a file, which the sandbox forbids. */
  mallopt(M_ARENA_MAX, 1);
  surroundings_read(&vm.surroundings);
  signals_install();
  if (options.core != NULL && core_file_open(&vm.core, options.core, message) != 0)
    return complain(message, STATUS_MONITOR);
  if (timeout_start(&options) != 0)
    return complain("cannot start a thread for --timeout", STATUS_MONITOR);
  if (vm_create(&vm, &options) != 0)
    return complain(vm.end.message, vm.end.status);
  if (options.verbosity > 0)
    vm_describe(stderr, &vm);
  vm_run(&vm);
  if (has_to_say(&options))
    guest_signals_stop();
  int status = finish();
  if (options.stats != OPTIONS_STATS_NONE)
  {
    stats_read_guest(&vm);
    stats_print(stderr, &vm, options.stats == OPTIONS_STATS_JSON);
  }
  if (options.timeline)
  {
    uint64_t tsc_khz = vm.vcpus[0].tsc_khz;
    vm_destroy(&vm);
    timeline_print(stderr, &vm.timeline, tsc_khz);
  }
  memory_watch_stop();
  /* Then ports that were published are free again when this process has ended. */
  vm_net_close(&vm);
  core_file_close(&vm.core);
  if (vm.end.kind != VM_END_EXIT)
    terminal_restore();
  if (ended_by_timeout())
    return STATUS_TIMEOUT;
  if (vm.end.kind == VM_END_SIGNAL)
    signals_end(vm.end.status);
  /* Otherwise the kernel frees everything at once, faster than piece by piece. */
  return status;
}

/* Bring-up, run and end of a virtual machine. */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "affinity.h"
#include "cpu_tables.h"
#include "exit_status.h"
#include "guest_signals.h"
#include "image_loader.h"
#include "page_tables.h"
#include "signals.h"
#include "start_block.h"
#include "vm_files.h"
#include "vm_memory.h"
#include "vm_net.h"
#include "vm_sandbox.h"
#include "vm_threads.h"

#define CPUID_80000001_EDX_HUGE_PAGES (1u << 26)

static int fail(struct vm *vm, int error, const char *what)
{
  snprintf(vm->end.message, sizeof(vm->end.message), "%s: %s", what, strerror(-error));
  vm->end.status = STATUS_MONITOR;
  return error;
}

static bool has_huge_pages(const struct kvm *kvm)
{
  const struct kvm_cpuid_entry2 *entry = kvm_find_cpuid(kvm, 0x80000001, 0);
  return entry != NULL && (entry->edx & CPUID_80000001_EDX_HUGE_PAGES) != 0;
}

static int open_image(struct vm *vm)
{
  int error = elf_image_open(&vm->image, vm->options->file, vm->end.message);
  if (error != 0)
    vm->end.status = STATUS_CANNOT_RUN;
  return error;
}

static int create_machine(struct vm *vm)
{
  int error = kvm_create_vm(&vm->kvm, vm->end.message);
  if (error != 0)
  {
    vm->end.status = STATUS_MONITOR;
    return error;
  }
  error = kvm_read_cpuid(&vm->kvm);
  if (error != 0)
  {
    kvm_close(&vm->kvm);
    return fail(vm, error, "cannot read the host's CPUID");
  }
  return 0;
}

static int create_memory(struct vm *vm)
{
  int error = guest_memory_reserve(&vm->memory, vm->options->memory_bytes);
  if (error != 0)
    return fail(vm, error, "cannot reserve the guest's memory (see --memory-size)");
  return 0;
}

/* vCPU 0 first: its TSC frequency goes into the start information. */
static int create_cpus(struct vm *vm)
{
  int most = ioctl(vm->kvm.fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
  if (most > 0 && vm->vcpu_count > (unsigned int) most)
  {
    snprintf(vm->end.message, sizeof(vm->end.message),
             "this host's KVM allows a guest %d CPUs at most: lower --cpu-count", most);
    vm->end.status = STATUS_MONITOR;
    return -EINVAL;
  }
  vm->vcpus = calloc(vm->vcpu_count, sizeof(vm->vcpus[0]));
  vm->threads = calloc(vm->vcpu_count, sizeof(vm->threads[0]));
  int error = vm->vcpus != NULL && vm->threads != NULL ? 0 : -ENOMEM;
  unsigned int created = 0;
  while (error == 0 && created < vm->vcpu_count)
  {
    error = vcpu_create(&vm->vcpus[created], &vm->kvm, created);
    if (error == 0)
      created++;
  }
  if (error == 0)
    error = stats_create(&vm->stats, vm->vcpu_count, vm->options->stats != OPTIONS_STATS_NONE);
  if (error == 0)
    return 0;
  while (created > 0)
    vcpu_destroy(&vm->vcpus[--created], &vm->kvm);
  free(vm->vcpus);
  free(vm->threads);
  return fail(vm, error,
              error == -ENOTSUP  ? "this host's time stamp counter has no constant rate"
              : error == -EMFILE ? "too few open files are allowed for the guest's CPUs (ulimit -n)"
                                 : "cannot create the guest's CPUs");
}

static void destroy_cpus(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->vcpu_count; i++)
    vcpu_destroy(&vm->vcpus[i], &vm->kvm);
  free(vm->vcpus);
  free(vm->threads);
  stats_destroy(&vm->stats);
}

/* How many host CPUs the guest's CPUs share, with the threads of its interfaces. One by itself
 * needs one. */
static unsigned int count_host_cpus(const struct vm *vm)
{
  const struct options *options = vm->options;
  long count = 1;
  if (vm->vcpu_count > 1 || options->net.count > 0)
    count = options->affinity_given ? CPU_COUNT(&options->affinity) : affinity_count_own();
  return count > 0 ? (unsigned int) count : 1;
}

/* Plans and fills the guest's memory. */
static int fill_memory(struct vm *vm)
{
  struct start_block_input start = {
      .argc = vm->options->guest_argc,
      .argv = vm->options->guest_argv,
      .envp = vm->options->guest_env,
      .cpu_count = vm->vcpu_count,
      .host_cpu_count = count_host_cpus(vm),
      .tsc_khz = vm->vcpus[0].tsc_khz,
      .clock = clock_view_start(clock_pair_read(), vm->vcpus[0].tsc_khz),
      .stream_fds = vm->streams.fds,
      .stream_modes = vm->streams.modes,
      .surroundings = &vm->surroundings,
      .signals_ignored = signals_ignored(),
      .mappings = &vm->mappings,
      .working_folder = vm->working_folder,
      .host_name =
          vm->options->host_name != NULL ? vm->options->host_name : vm->surroundings.host_name,
      .stack_limit = vm->options->stack_limit,
      .descriptor_limit = vm->options->descriptor_limit,
      .net = &vm->options->net,
  };
  const struct guest_layout_request request = {
      .cpu_count = vm->vcpu_count,
      .start_block_bytes = start_block_bytes(&start),
      .initrd_bytes = vm->initrd.len_bytes,
      .stack_bytes = vm->options->stack_limit.given ? vm->options->stack_limit.soft : 0,
      .interface_count = vm->options->net.count,
      .randomize = vm->options->aslr,
  };
  int error = guest_layout_plan(&vm->layout, &vm->image, &vm->memory, &request);
  if (error == -ENOMEM)
    return fail(vm, error,
                "the program, its initrd and its stack do not fit into the guest's memory (see "
                "--memory-size)");
  if (error == -E2BIG)
    return fail(vm, error,
                "more memory or a larger initrd than a guest can have (see --memory-size)");
  if (error != 0)
    return fail(vm, error, "cannot plan the guest's memory");
  error = image_load(&vm->image, &vm->layout, &vm->memory, vm->end.message);
  if (error != 0)
  {
    vm->end.status = error == -ENOEXEC ? STATUS_CANNOT_RUN : STATUS_MONITOR;
    return error;
  }
  error = initrd_load(&vm->initrd, &vm->layout, &vm->memory);
  if (error != 0)
    return fail(vm, error, "cannot map the initrd into the guest");
  error =
      kvm_attach_memory(&vm->kvm, &vm->memory, guest_layout_first_bytes(&vm->layout, &vm->memory));
  if (error != 0)
    return fail(vm, error, "cannot give the guest its memory");
  error = guest_layout_map(&vm->layout, &vm->image, &vm->memory, vm->vcpu_count,
                           has_huge_pages(&vm->kvm));
  if (error != 0)
    return fail(vm, error, "cannot build the guest's page tables");
  error = vm_memory_prepare(vm);
  if (error != 0)
    return fail(vm, error, "this host's kernel cannot merge pages (--ksm)");
  cpu_tables_write(&vm->layout, &vm->image, &vm->memory, vm->vcpu_count);
  error = start_block_write(&start, &vm->layout, &vm->memory);
  if (error != 0)
    return fail(vm, error, "cannot write the start information");
  guest_signals_prepare(vm->kvm.vm_fd);
  stream_watch_prepare(&vm->watch, &vm->streams, vm->kvm.vm_fd);
  clock_follow_prepare(&vm->clock, &start_block_info(&vm->layout, &vm->memory)->clock,
                       &start.clock);
  return 0;
}

static int prepare_cpus(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->vcpu_count; i++)
  {
    struct cpu_start start = cpu_tables_start(&vm->layout, &vm->image, i);
    int error = vcpu_prepare(&vm->vcpus[i], &vm->kvm, &start, vm->layout.tables_gpa);
    if (error != 0)
      return fail(vm, error, "cannot set the state of the guest's CPUs");
  }
  return 0;
}

int vm_create(struct vm *vm, const struct options *options)
{
  vm->options = options;
  vm->vcpu_count = options->cpu_count;
  pthread_mutex_init(&vm->memory_lock, NULL);
  pthread_mutex_init(&vm->start_lock, NULL);
  int error = open_image(vm);
  if (error != 0)
    return error;
  timeline_mark(&vm->timeline, TIMELINE_ELF);
  error = streams_open(&vm->streams, options, vm->image.fd, vm->end.message);
  if (error != 0)
  {
    vm->end.status = STATUS_MONITOR;
    goto close_image;
  }
  error = vm_files_open(vm);
  if (error != 0)
    goto close_streams;
  error = vm_net_open(vm);
  if (error != 0)
    goto close_files;
  error = create_machine(vm);
  if (error != 0)
    goto close_net;
  timeline_mark(&vm->timeline, TIMELINE_VM);
  error = create_memory(vm);
  if (error != 0)
    goto close_machine;
  error = create_cpus(vm);
  if (error != 0)
    goto release_memory;
  timeline_mark(&vm->timeline, TIMELINE_VCPU);
  timeline_set_frequency(&vm->timeline, vm->vcpus[0].tsc_khz);
  error = fill_memory(vm);
  if (error != 0)
    goto close_cpus;
  timeline_mark(&vm->timeline, TIMELINE_MEMORY);
  error = prepare_cpus(vm);
  if (error != 0)
    goto close_cpus;
  error = vm_net_start(vm);
  if (error != 0)
    goto close_cpus;
  vm_memory_limit_own(vm);
  error = vm_sandbox_enter(vm);
  if (error != 0)
    goto close_cpus;
  return 0;

close_cpus:
  vm_net_stop(vm);
  page_tables_free(&vm->layout.tables);
  destroy_cpus(vm);
release_memory:
  guest_memory_release(&vm->memory);
close_machine:
  kvm_close(&vm->kvm);
close_net:
  vm_net_close(vm);
close_files:
  vm_files_close(vm);
close_streams:
  streams_close(&vm->streams);
close_image:
  elf_image_close(&vm->image);
  return error;
}

void vm_run(struct vm *vm)
{
  timeline_mark(&vm->timeline, TIMELINE_RUN);
  vm_threads_run(vm);
  vm_net_stop(vm);
  clock_follow_stop(&vm->clock);
  stream_watch_stop(&vm->watch);
  timeline_mark(&vm->timeline, TIMELINE_ENDED);
  const struct uhyve_start_info *info = start_block_info(&vm->layout, &vm->memory);
  timeline_set(&vm->timeline, TIMELINE_RING3, info->mark_tsc[UHYVE_MARK_RING3]);
  timeline_set(&vm->timeline, TIMELINE_MAIN, info->mark_tsc[UHYVE_MARK_MAIN]);
  timeline_set(&vm->timeline, TIMELINE_EXIT, info->mark_tsc[UHYVE_MARK_EXIT]);
}

void vm_destroy(struct vm *vm)
{
  destroy_cpus(vm);
  page_tables_free(&vm->layout.tables);
  vm_net_close(vm);
  guest_memory_release(&vm->memory);
  kvm_close(&vm->kvm);
  vm_files_close(vm);
  streams_close(&vm->streams);
  elf_image_close(&vm->image);
  timeline_mark(&vm->timeline, TIMELINE_GONE);
}

/* Counts and prints what a run has done. */
#include "stats.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "hypercall_table.h"
#include "net/net_interface.h"
#include "vm.h"

static const char *const exit_names[STATS_EXIT_REASONS] = {
    [KVM_EXIT_UNKNOWN] = "unknown",
    [KVM_EXIT_IO] = "io",
    [KVM_EXIT_DEBUG] = "debug",
    [KVM_EXIT_HLT] = "hlt",
    [KVM_EXIT_MMIO] = "mmio",
    [KVM_EXIT_SHUTDOWN] = "shutdown",
    [KVM_EXIT_FAIL_ENTRY] = "fail-entry",
    [KVM_EXIT_INTR] = "interrupted",
    [KVM_EXIT_INTERNAL_ERROR] = "internal-error",
};

int stats_create(struct stats *stats, unsigned int cpu_count, bool is_printed)
{
  stats->cpus = calloc(cpu_count, sizeof(stats->cpus[0]));
  if (stats->cpus == NULL)
    return -ENOMEM;
  stats->status_fd = is_printed ? open("/proc/self/status", O_RDONLY | O_CLOEXEC) : -1;
  return 0;
}

void stats_destroy(struct stats *stats)
{
  free(stats->cpus);
  if (stats->status_fd >= 0)
    close(stats->status_fd);
}

void stats_count_exit(struct stats *stats, unsigned int cpu, uint32_t reason)
{
  stats->cpus[cpu].exits[reason < STATS_EXIT_REASONS ? reason : STATS_EXIT_REASONS - 1]++;
}

void stats_count_hypercall(struct stats *stats, unsigned int cpu, uint16_t port)
{
  if (port >= HC_PORT_FIRST && port < HC_PORT_END)
    stats->cpus[cpu].hypercalls[(port - HC_PORT_FIRST) / HC_PORT_STEP]++;
}

/* The guest's counters, in the order they are printed. */
#define GUEST_COUNTERS(X) \
  X(switches)             \
  X(wake_ups)             \
  X(ipis)                 \
  X(timer_interrupts)     \
  X(other_interrupts)     \
  X(upcalls)              \
  X(nucleus_calls)        \
  X(page_faults)          \
  X(tlb_shootdowns)       \
  X(steals)

void stats_read_guest(struct vm *vm)
{
  for (unsigned int cpu = 0; cpu < vm->vcpu_count; cpu++)
  {
    const uint8_t *area =
        guest_layout_boot_hva(&vm->layout, &vm->memory,
                              guest_layout_upcall_gva(&vm->layout, cpu) + CPU_UPCALL_AREA_OFFSET);
    struct uhyve_cpu_counters counters;
    memcpy(&counters, area + offsetof(struct uhyve_upcall_area, counters), sizeof(counters));
#define ADD(name) vm->stats.guest.name += counters.name;
    GUEST_COUNTERS(ADD)
#undef ADD
  }
}

/* One figure as it is printed, in either form. */
struct printer
{
  FILE *out;
  bool json;
  bool first; /* nothing printed in this object yet */
};

static void print_figure(struct printer *printer, const char *group, const char *name,
                         uint64_t value)
{
  if (printer->json)
    fprintf(printer->out, "%s\"%s%s%s\": %llu", printer->first ? "" : ", ", group,
            group[0] != '\0' ? "_" : "", name, (unsigned long long) value);
  else
    fprintf(printer->out, "  %-12s %-16s %12llu\n", group, name, (unsigned long long) value);
  printer->first = false;
}

static void print_exits(struct printer *printer, const struct vm *vm)
{
  uint64_t others = 0;
  for (uint32_t reason = 0; reason < STATS_EXIT_REASONS; reason++)
  {
    uint64_t sum = 0;
    for (unsigned int cpu = 0; cpu < vm->vcpu_count; cpu++)
      sum += vm->stats.cpus[cpu].exits[reason];
    if (sum > 0)
    {
      if (exit_names[reason] != NULL)
        print_figure(printer, "vm_exits", exit_names[reason], sum);
      else
        others += sum;
    }
  }
  if (others > 0)
    print_figure(printer, "vm_exits", "other", others);
}

static void print_hypercalls(struct printer *printer, const struct vm *vm)
{
  for (uint16_t i = 0; i < STATS_HYPERCALLS; i++)
  {
    const char *name = hypercall_name((uint16_t) (HC_PORT_FIRST + i * HC_PORT_STEP));
    uint64_t sum = 0;
    for (unsigned int cpu = 0; cpu < vm->vcpu_count; cpu++)
      sum += vm->stats.cpus[cpu].hypercalls[i];
    if (name != NULL && sum > 0)
      print_figure(printer, "hypercalls", name, sum);
  }
}

static void print_guest(struct printer *printer, const struct uhyve_cpu_counters *guest)
{
#define PRINT(name) print_figure(printer, "guest", #name, guest->name);
  GUEST_COUNTERS(PRINT)
#undef PRINT
}

/* Of each interface; of each of its queues if there are several. */
static void print_frames(struct printer *printer, const struct vm *vm)
{
  for (unsigned int i = 0; i < vm->net.interface_count; i++)
  {
    const struct virtio_net *net = &vm->net.interfaces[i]->net;
    for (unsigned int queue = 0; queue < net->pair_count; queue++)
    {
      char name[32];
      size_t length = (size_t) snprintf(name, sizeof(name), "eth%u_", i);
      if (net->pair_count > 1)
        length += (size_t) snprintf(name + length, sizeof(name) - length, "%u_", queue);
      snprintf(name + length, sizeof(name) - length, "received");
      print_figure(printer, "frames", name, net->pairs[queue].received_frames);
      snprintf(name + length, sizeof(name) - length, "sent");
      print_figure(printer, "frames", name, net->pairs[queue].sent_frames);
    }
  }
}

static uint64_t span_us(const struct vm *vm, enum timeline_point from, enum timeline_point to)
{
  uint64_t begin = vm->timeline.tsc[from];
  uint64_t end = vm->timeline.tsc[to];
  if (begin == 0 || end < begin || vm->vcpus[0].tsc_khz == 0)
    return 0;
  return (end - begin) * 1000 / vm->vcpus[0].tsc_khz;
}

/* Peak resident memory, in KiB, of this program: getrusage() would count what its parent had when
 * it called vfork(). 0 where it cannot be read. */
static uint64_t peak_memory_kib(int status_fd)
{
  static const char name[] = "\nVmHWM:";
  char text[4096];
  ssize_t bytes = pread(status_fd, text, sizeof(text) - 1, 0);
  text[bytes > 0 ? bytes : 0] = '\0';
  const char *found = strstr(text, name);
  return found != NULL ? strtoull(found + strlen(name), NULL, 10) : 0;
}

void stats_print(FILE *out, const struct vm *vm, bool json)
{
  struct printer printer = {.out = out, .json = json, .first = true};
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  fputs(json ? "{" : "uhyve: statistics\n", out);
  print_figure(&printer, "launch_us", "to_guest", span_us(vm, TIMELINE_EXEC, TIMELINE_RUN));
  print_figure(&printer, "launch_us", "to_main", span_us(vm, TIMELINE_RUN, TIMELINE_MAIN));
  print_figure(&printer, "run_us", "main", span_us(vm, TIMELINE_MAIN, TIMELINE_EXIT));
  print_figure(&printer, "memory_kib", "peak", peak_memory_kib(vm->stats.status_fd));
  print_figure(&printer, "page_faults", "host", (uint64_t) (usage.ru_minflt + usage.ru_majflt));
  print_exits(&printer, vm);
  print_hypercalls(&printer, vm);
  print_guest(&printer, &vm->stats.guest);
  print_frames(&printer, vm);
  fputs(json ? "}\n" : "", out);
}

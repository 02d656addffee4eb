/* What /proc says of the machine, in Linux's formats. */
#include <sys/utsname.h>

#include "arch/x86_64/cpu.h"
#include "fs/mounts.h"
#include "fs/proc_text.h"
#include "mm/physical.h"
#include "posix/sys.h"
#include "sched/lifetime.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"

#define NS_PER_S    1000000000ul
#define NS_PER_TICK 10000000ul /* of sysconf(_SC_CLK_TCK) */
#define KIB         1024ul

static uint64_t idle_ns(void)
{
  uint64_t all_ns = clock_elapsed_ns() * start_info->cpu_count;
  uint64_t used_ns = tasks_cpu_time_ns();
  return all_ns > used_ns ? all_ns - used_ns : 0;
}

static void print_seconds(struct proc_text *text, uint64_t ns)
{
  proc_print(text, "%lu.%02lu", ns / NS_PER_S, ns % NS_PER_S / NS_PER_TICK);
}

void proc_uptime(struct proc_text *text)
{
  print_seconds(text, clock_elapsed_ns());
  proc_print(text, " ");
  print_seconds(text, idle_ns());
  proc_print(text, "\n");
}

void proc_version(struct proc_text *text)
{
  struct utsname names;
  sys_uname(&names);
  proc_print(text, "%s version %s %s\n", names.sysname, names.release, names.version);
}

/* ---- Tasks and CPUs ---- */

struct task_count
{
  unsigned int all;
  int last_id;
};

static bool count_task(struct task *task, void *context)
{
  struct task_count *count = context;
  count->all++;
  if (task_id(task) > count->last_id)
    count->last_id = task_id(task);
  return false;
}

static struct task_count count_tasks(void)
{
  struct task_count count = {0};
  uint32_t was_masked = cpu_mask_save();
  tasks_visit(count_task, &count);
  cpu_mask_restore(was_masked);
  return count;
}

/* Tasks that run or could. */
static unsigned int count_ready(void)
{
  unsigned int ready = 0;
  for (unsigned int i = 0; i < start_info->cpu_count; i++)
  {
    const struct percpu *cpu = cpu_of(i);
    ready += __atomic_load_n(&cpu->queue.waiting, __ATOMIC_RELAXED);
    ready += __atomic_load_n(&cpu->running_priority, __ATOMIC_RELAXED) >= 0 ? 1u : 0u;
  }
  return ready;
}

/* Nobody keeps averages: all three are the number of now. */
void proc_loadavg(struct proc_text *text)
{
  struct task_count count = count_tasks();
  unsigned int ready = count_ready();
  proc_print(text, "%u.00 %u.00 %u.00 %u/%u %u\n", ready, ready, ready, ready, count.all,
             (unsigned int) count.last_id);
}

/* Time is not counted by CPU: each has its share of all. */
void proc_system_stat(struct proc_text *text)
{
  uint64_t user_ticks = tasks_cpu_time_ns() / NS_PER_TICK;
  uint64_t idle_ticks = idle_ns() / NS_PER_TICK;
  uint64_t interrupts = 0;
  uint64_t switches = 0;
  proc_print(text, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", user_ticks, idle_ticks);
  for (unsigned int i = 0; i < start_info->cpu_count; i++)
  {
    const struct uhyve_cpu_counters *counters = &cpu_of(i)->area.counters;
    proc_print(text, "cpu%u %lu 0 0 %lu 0 0 0 0 0 0\n", i, user_ticks / start_info->cpu_count,
               idle_ticks / start_info->cpu_count);
    interrupts += counters->timer_interrupts + counters->other_interrupts;
    switches += counters->switches;
  }
  proc_print(text, "intr %lu\nctxt %lu\nbtime %lu\nprocesses %u\n", interrupts, switches,
             (clock_realtime_ns() - clock_elapsed_ns()) / NS_PER_S,
             (unsigned int) count_tasks().last_id);
  proc_print(text, "procs_running %u\nprocs_blocked 0\n", count_ready());
}

/* ---- Memory and mounts ---- */

static void print_kib(struct proc_text *text, const char *name, uint64_t bytes)
{
  proc_print(text, "%s %8lu kB\n", name, bytes / KIB);
}

void proc_meminfo(struct proc_text *text)
{
  struct physical_usage usage = physical_usage();
  uint64_t free_bytes = usage.total_bytes - usage.committed_bytes;
  print_kib(text, "MemTotal:       ", usage.total_bytes);
  print_kib(text, "MemFree:        ", free_bytes);
  print_kib(text, "MemAvailable:   ", free_bytes);
  print_kib(text, "Buffers:        ", 0);
  print_kib(text, "Cached:         ", 0);
  print_kib(text, "SwapCached:     ", 0);
  print_kib(text, "SwapTotal:      ", 0);
  print_kib(text, "SwapFree:       ", 0);
  print_kib(text, "CommitLimit:    ", usage.total_bytes);
  print_kib(text, "Committed_AS:   ", usage.committed_bytes);
}

static void print_escaped(struct proc_text *text, const char *path)
{
  for (; *path != '\0'; path++)
  {
    if (*path == ' ' || *path == '\t' || *path == '\n' || *path == '\\')
      proc_print(text, "\\%u%u%u", (unsigned int) *path >> 6, (unsigned int) *path >> 3 & 7,
                 (unsigned int) *path & 7);
    else
      proc_add_bytes(text, path, 1);
  }
}

void proc_mounts(struct proc_text *text)
{
  for (struct mount *mount = mounts_next(NULL); mount != NULL; mount = mounts_next(mount))
  {
    const char *name = mount->file_system->name;
    proc_print(text, "%s ", name);
    print_escaped(text, mount->point_len > 0 ? mount->point : "/");
    proc_print(text, " %s %s 0 0\n", name, mount->is_read_only ? "ro" : "rw");
  }
}

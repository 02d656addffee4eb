/* What /proc/self says of the process, in Linux's formats. */
#include <string.h>

#include "arch/x86_64/cpu.h"
#include "fs/descriptors.h"
#include "fs/proc_text.h"
#include "fs/working_folder.h"
#include "mm/physical.h"
#include "posix/sys.h"
#include "sched/lifetime.h"
#include "sched/sched.h"
#include "start_info.h"

#define NS_PER_TICK 10000000ul
#define KIB         1024ul
#define PAGE        4096ul
#define NAME_BYTES  15 /* of a process on Linux */

static const char *const *strings_at(uint64_t gva)
{
  return (const char *const *) gva; /* NOLINT(performance-no-int-to-ptr) */
}

static void print_strings(struct proc_text *text, const char *const *strings)
{
  for (; *strings != NULL; strings++)
    proc_add_bytes(text, *strings, strlen(*strings) + 1);
}

void proc_self_cmdline(struct proc_text *text)
{
  print_strings(text, strings_at(start_info->argv_gva));
}

void proc_self_environ(struct proc_text *text)
{
  print_strings(text, strings_at(start_info->envp_gva));
}

const char *proc_program_name(void)
{
  const char *path = start_info->argc > 0 ? strings_at(start_info->argv_gva)[0] : "";
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static void print_name(struct proc_text *text)
{
  const char *name = proc_program_name();
  proc_add_bytes(text, name, strnlen(name, NAME_BYTES));
}

void proc_self_comm(struct proc_text *text)
{
  print_name(text);
  proc_print(text, "\n");
}

struct sizes
{
  uint64_t promised_bytes; /* mapped, and counted on */
  uint64_t resident_bytes; /* without the main stack's, which nobody counts */
};

static struct sizes get_sizes(void)
{
  struct physical_usage usage = physical_usage();
  uint64_t image_bytes = start_info->image_len_bytes;
  uint64_t used_bytes = usage.attached_bytes - usage.free_clean_bytes - usage.free_used_bytes;
  return (struct sizes){usage.committed_bytes + image_bytes + start_info->stack_len_bytes,
                        used_bytes + image_bytes};
}

static bool count_task(struct task *task, void *context)
{
  (void) task;
  ++*(unsigned int *) context;
  return false;
}

static unsigned int count_tasks(void)
{
  unsigned int count = 0;
  uint32_t was_masked = cpu_mask_save();
  tasks_visit(count_task, &count);
  cpu_mask_restore(was_masked);
  return count;
}

void proc_self_status(struct proc_text *text)
{
  struct sizes sizes = get_sizes();
  proc_print(text, "Name:\t");
  print_name(text);
  proc_print(text, "\nUmask:\t%u%u%u%u\nState:\tR (running)\n", 0u, file_mask() >> 6 & 7,
             file_mask() >> 3 & 7, file_mask() & 7);
  proc_print(text, "Tgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t0\nTracerPid:\t0\n",
             (unsigned int) sys_getpid(), (unsigned int) sys_getpid());
  proc_print(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u);
  proc_print(text, "FDSize:\t%u\nGroups:\t0 \n", descriptor_limit());
  proc_print(text, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\n", sizes.promised_bytes / KIB,
             sizes.promised_bytes / KIB);
  proc_print(text, "VmLck:\t%8lu kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n", 0ul,
             sizes.resident_bytes / KIB, sizes.resident_bytes / KIB);
  proc_print(text, "VmStk:\t%8lu kB\nVmExe:\t%8lu kB\nVmSwap:\t%8lu kB\n",
             start_info->stack_len_bytes / KIB, start_info->image_len_bytes / KIB, 0ul);
  proc_print(text, "Threads:\t%u\n", count_tasks());
}

void proc_self_statm(struct proc_text *text)
{
  struct sizes sizes = get_sizes();
  proc_print(text, "%lu %lu 0 %lu 0 %lu 0\n", sizes.promised_bytes / PAGE,
             sizes.resident_bytes / PAGE, start_info->image_len_bytes / PAGE,
             sizes.promised_bytes / PAGE);
}

void proc_self_stat(struct proc_text *text)
{
  struct sizes sizes = get_sizes();
  proc_print(text, "%u (", (unsigned int) sys_getpid());
  print_name(text);
  /* state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt */
  proc_print(text, ") R 0 1 1 0 1 0 0 0 0 0");
  /* utime stime cutime cstime priority nice num_threads itrealvalue starttime */
  proc_print(text, " %lu 0 0 0 20 0 %u 0 0", tasks_cpu_time_ns() / NS_PER_TICK, count_tasks());
  /* vsize rss rsslim startcode endcode startstack, and 23 that are 0 here */
  proc_print(text, " %lu %lu %lu %lu %lu %lu", sizes.promised_bytes, sizes.resident_bytes / PAGE,
             UINT64_MAX, start_info->image_gva, start_info->image_gva + start_info->image_len_bytes,
             start_info->stack_gva + start_info->stack_len_bytes);
  for (int i = 0; i < 23; i++)
    proc_print(text, " 0");
  proc_print(text, "\n");
}

/* Runs a command and measures it from outside. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_TEXT_BYTES 8192

struct process_result
{
  uint64_t wall_ns;              /* from before fork to reaped */
  uint64_t peak_rss_kib;         /* with PROCESS_PEAK */
  uint64_t output_bytes;         /* with PROCESS_OUTPUT */
  int status;                    /* exit status, 128+n for a signal */
  char text[PROCESS_TEXT_BYTES]; /* what it wrote on standard error with PROCESS_TEXT */
};

/* To be called once before the others: orphans of commands become children of this process, so
 * that process_run() notices them. Returns 0 or a negative errno. */
int process_setup(void);

#define PROCESS_TEXT 1 /* keep what it writes on standard error */

/* Start it by fork, not by vfork: slower, but the kernel counts what is resident here when a
 * command is started by vfork as the command's own (Linux fs/exec.c, exec_mmap()). */
#define PROCESS_PEAK 2

/* Its standard output is a pipe, whose bytes are read here and counted. */
#define PROCESS_OUTPUT 4

/* No command takes longer; one that does is killed. */
#define PROCESS_LIMIT_S 120

/* Runs argv (searched in PATH) with standard input and output on /dev/null, and standard error
 * too without PROCESS_TEXT, output without PROCESS_OUTPUT. Returns 0, -EBUSY if a process of the
 * command outlives it, -ETIMEDOUT, or another negative errno. Blocks until the command has ended.
 */
int process_run(char *const argv[], unsigned int flags, struct process_result *result);

/* The same in two parts. After process_start has returned 0, process_finish must be called. */
struct process
{
  pid_t pid;
  int text_fd;   /* -1 without PROCESS_TEXT */
  int output_fd; /* -1 without PROCESS_OUTPUT */
  uint64_t begin_ns;
};

int process_start(char *const argv[], unsigned int flags, struct process *process);
int process_finish(struct process *process, struct process_result *result);

/* Processor time of all threads of a process that is started and not finished. */
int process_cpu_time_ns(const struct process *process, uint64_t *time_ns);

/* How many CPUs this process had at process_setup(), and the first of them as "0,2". */
unsigned int process_cpus(void);
void process_cpu_list(unsigned int count, char *list, size_t bytes);

/* Commands run from now on stay on the last CPU this process may use; or, with 0, on any. */
int process_pin(int pinned);

#endif

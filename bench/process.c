/* Runs a command and measures it from outside. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATUS_NOT_FOUND 127

static cpu_set_t all_cpus;
static volatile pid_t to_kill; /* when the alarm goes off; 0: it was */

static void on_alarm(int signal)
{
  (void) signal;
  if (to_kill > 0)
    kill(to_kill, SIGKILL);
  to_kill = 0;
}

static uint64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

int process_setup(void)
{
  if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus) != 0)
    return -errno;
  struct sigaction action = {.sa_handler = on_alarm};
  if (sigaction(SIGALRM, &action, NULL) != 0)
    return -errno;
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int process_pin(int pinned)
{
  cpu_set_t cpus = all_cpus;
  if (pinned)
  {
    size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &all_cpus))
      last--;
    CPU_ZERO(&cpus);
    CPU_SET(last, &cpus);
  }
  return sched_setaffinity(0, sizeof(cpus), &cpus) == 0 ? 0 : -errno;
}

unsigned int process_cpus(void)
{
  return (unsigned int) CPU_COUNT(&all_cpus);
}

void process_cpu_list(unsigned int count, char *list, size_t bytes)
{
  size_t length = 0;
  list[0] = '\0';
  for (size_t cpu = 0; cpu < CPU_SETSIZE && count > 0 && length < bytes; cpu++)
  {
    if (!CPU_ISSET(cpu, &all_cpus))
      continue;
    length += (size_t) snprintf(list + length, bytes - length, "%s%zu", length > 0 ? "," : "", cpu);
    count--;
  }
}

static int spawn(char *const argv[], int output_fd, int error_fd, pid_t *child)
{
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0)
    return -error;
  error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (error == 0 && output_fd >= 0)
    error = posix_spawn_file_actions_adddup2(&actions, output_fd, STDOUT_FILENO);
  else if (error == 0)
    error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  if (error == 0 && error_fd >= 0)
    error = posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
  else if (error == 0)
    error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  if (error == 0)
    error = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return -error;
}

static int fork_and_exec(char *const argv[], int output_fd, int error_fd, pid_t *child)
{
  *child = fork();
  if (*child < 0)
    return -errno;
  if (*child > 0)
    return 0;
  int null_fd = open("/dev/null", O_RDWR);
  dup2(null_fd, STDIN_FILENO);
  dup2(output_fd >= 0 ? output_fd : null_fd, STDOUT_FILENO);
  dup2(error_fd >= 0 ? error_fd : null_fd, STDERR_FILENO);
  execvp(argv[0], argv);
  _exit(STATUS_NOT_FOUND);
}

/* Reads until the command has closed its end; keeps the beginning. */
static void read_text(int fd, char text[static PROCESS_TEXT_BYTES])
{
  size_t length = 0;
  char rest[512] = "";
  for (;;)
  {
    size_t room = PROCESS_TEXT_BYTES - 1 - length;
    ssize_t got = read(fd, room > 0 ? text + length : rest, room > 0 ? room : sizeof(rest));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    if (room > 0)
      length += (size_t) got;
  }
  text[length] = '\0';
}

static uint64_t count_output(int fd)
{
  static char bytes[65536];
  uint64_t count = 0;
  for (;;)
  {
    ssize_t got = read(fd, bytes, sizeof(bytes));
    if (got > 0)
      count += (uint64_t) got;
    else if (got == 0 || errno != EINTR)
      return count;
  }
}

static void close_one(int fd)
{
  if (fd >= 0)
    close(fd);
}

int process_start(char *const argv[], unsigned int flags, struct process *process)
{
  int text[2] = {-1, -1};
  int output[2] = {-1, -1};
  if ((flags & PROCESS_TEXT) != 0 && pipe2(text, O_CLOEXEC) != 0)
    return -errno;
  if ((flags & PROCESS_OUTPUT) != 0 && pipe2(output, O_CLOEXEC) != 0)
  {
    int error = -errno;
    close_one(text[0]);
    close_one(text[1]);
    return error;
  }
  process->pid = -1;
  process->begin_ns = now_ns();
  int error = (flags & PROCESS_PEAK) != 0 ? fork_and_exec(argv, output[1], text[1], &process->pid)
                                          : spawn(argv, output[1], text[1], &process->pid);
  process->text_fd = text[0];
  process->output_fd = output[0];
  close_one(text[1]);
  close_one(output[1]);
  if (error != 0)
  {
    close_one(text[0]);
    close_one(output[0]);
  }
  return error;
}

static int wait_for_end(const struct process *process, struct process_result *result)
{
  int status;
  struct rusage usage;
  while (wait4(process->pid, &status, 0, &usage) < 0)
  {
    if (errno != EINTR)
      return -errno;
  }
  result->wall_ns = now_ns() - process->begin_ns;
  result->peak_rss_kib = (uint64_t) usage.ru_maxrss;
  result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return 0;
}

int process_finish(struct process *process, struct process_result *result)
{
  result->text[0] = '\0';
  to_kill = process->pid;
  alarm(PROCESS_LIMIT_S);
  result->output_bytes = process->output_fd >= 0 ? count_output(process->output_fd) : 0;
  close_one(process->output_fd);
  if (process->text_fd >= 0)
  {
    read_text(process->text_fd, result->text);
    close(process->text_fd);
  }
  int error = wait_for_end(process, result);
  alarm(0);
  if (error != 0)
    return error;
  if (to_kill == 0)
    return -ETIMEDOUT;
  /* No child left, by birth or by adoption. */
  return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -EBUSY;
}

int process_run(char *const argv[], unsigned int flags, struct process_result *result)
{
  struct process process = {.pid = -1, .text_fd = -1, .output_fd = -1};
  int error = process_start(argv, flags, &process);
  return error == 0 ? process_finish(&process, result) : error;
}

int process_cpu_time_ns(const struct process *process, uint64_t *time_ns)
{
  clockid_t clock;
  struct timespec time;
  int error = clock_getcpuclockid(process->pid, &clock);
  if (error != 0)
    return -error;
  if (clock_gettime(clock, &time) != 0)
    return -errno;
  *time_ns = (uint64_t) time.tv_sec * 1000000000u + (uint64_t) time.tv_nsec;
  return 0;
}

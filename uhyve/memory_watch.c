/* Watches for a kill by the kernel for the memory limit of the control group.
 *
 * Nothing can be said by a process that is killed; another one waits for it, on a pipe whose other
 * end closes with it, or which tells that all is well. It lives a moment longer than this process
 * only after a SIGKILL. */
#include "memory_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "memory_limit.h"

/* What else is in the group, beside the guest's memory: monitor, KVM's tables, neighbours. */
#define OTHERS_BYTES (256ull << 20)

static uint64_t limit_bytes;
static int events_fd = -1;
static int pipe_end = -1;
static _Atomic pid_t watcher;

void memory_watch_prepare(uint64_t ram_bytes)
{
  struct memory_limit limit;
  memory_limit_read(&limit);
  if (limit.bytes >= ram_bytes + OTHERS_BYTES)
    return;
  limit_bytes = limit.bytes;
  events_fd = memory_limit_open_events(&limit);
}

bool memory_watch_is_wanted(void)
{
  return events_fd >= 0;
}

int memory_watch_fd(void)
{
  return events_fd >= 0 ? events_fd : pipe_end;
}

static _Noreturn void watch(int pipe_fd, int events, uint64_t kills_before)
{
  int fds[] = {pipe_fd, events};
  child_keep_only(STDERR_FILENO + 1, fds, 2);
  char all_is_well;
  if (read(fds[0], &all_is_well, 1) == 0 && memory_limit_kills(fds[1]) > kills_before)
    fprintf(
        stderr,
        "uhyve: killed, it seems by the kernel: the memory limit of its control group (%llu MiB) "
        "was reached: raise it or lower --memory-size\n",
        (unsigned long long) (limit_bytes >> 20));
  _exit(EXIT_SUCCESS);
}

void memory_watch_start(void)
{
  int ends[2];
  if (events_fd < 0 || pipe2(ends, O_CLOEXEC) != 0)
    return;
  uint64_t kills_before = memory_limit_kills(events_fd);
  pid_t child = child_fork();
  if (child == 0)
  {
    close(ends[1]);
    watch(ends[0], events_fd, kills_before);
  }
  close(ends[0]);
  close(events_fd);
  events_fd = -1;
  pipe_end = ends[1];
  /* The other end stays open until this process ends. */
  if (child > 0)
    atomic_store(&watcher, child);
  else
    close(ends[1]);
}

void memory_watch_stop(void)
{
  static const char all_is_well;
  /* Once: its number may be another process's after that. */
  pid_t child = atomic_exchange(&watcher, 0);
  if (child == 0)
    return;
  ssize_t written = write(pipe_end, &all_is_well, 1);
  (void) written; /* an empty pipe takes a byte; if nobody reads, the child is gone */
  waitpid(child, NULL, 0);
}

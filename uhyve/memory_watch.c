/* Watches for a kill by the kernel for the memory limit of the control group.
 *
 * Nothing can be said by a process that is killed; another one waits for it, on a pipe whose other
 * end closes with it. It lives a moment longer than this process only after a SIGKILL. */
#include "memory_watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "memory_limit.h"

/* What else is in the group, beside the guest's memory: monitor, KVM's tables, neighbours. */
#define OTHERS_BYTES (256ull << 20)

static _Atomic pid_t watcher;

static _Noreturn void watch(const struct memory_limit *limit, uint64_t kills_before, int pipe_end)
{
  /* A virtual machine lives as long as anybody has it open. */
  dup2(pipe_end, 3);
  if (close_range(4, ~0U, 0) != 0)
    _exit(EXIT_FAILURE);
  char nothing;
  while (read(3, &nothing, 1) > 0)
    ;
  if (memory_limit_kills(limit) > kills_before)
    fprintf(
        stderr,
        "uhyve: killed, it seems by the kernel: the memory limit of its control group (%llu MiB) "
        "was reached: raise it or lower --memory-size\n",
        (unsigned long long) (limit->bytes >> 20));
  _exit(EXIT_SUCCESS);
}

void memory_watch_start(uint64_t ram_bytes)
{
  static bool tried;
  if (tried)
    return;
  tried = true;
  struct memory_limit limit;
  memory_limit_read(&limit);
  int ends[2];
  if (limit.bytes >= ram_bytes + OTHERS_BYTES || pipe2(ends, O_CLOEXEC) != 0)
    return;
  uint64_t kills_before = memory_limit_kills(&limit);
  pid_t child = child_fork();
  if (child == 0)
    watch(&limit, kills_before, ends[0]);
  close(ends[0]);
  /* The other end stays open until this process ends. */
  if (child > 0)
    atomic_store(&watcher, child);
  else
    close(ends[1]);
}

void memory_watch_stop(void)
{
  /* Once: its number may be another process's after that. */
  pid_t child = atomic_exchange(&watcher, 0);
  if (child == 0)
    return;
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

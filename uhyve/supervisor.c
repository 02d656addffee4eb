/* Watches over a monitor that the kernel may kill for its memory. */
#include "supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_limit.h"

static volatile pid_t child;

static void forward(int signal)
{
  kill(child, signal);
}

static void forward_signals(void)
{
  static const int forwarded[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2};
  struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
  for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
    sigaction(forwarded[i], &action, NULL);
}

static int exit_status(int wait_status)
{
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

/* Dies as the child died, for a caller that looks at the signal. */
static void die_alike(int signal)
{
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(signal, &action, NULL);
  raise(signal);
}

static _Noreturn void supervise(const struct memory_limit *limit, uint64_t kills_before)
{
  int wait_status;
  while (waitpid(child, &wait_status, 0) < 0)
    ;
  if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL &&
      memory_limit_kills(limit) > kills_before)
    fprintf(stderr,
            "uhyve: killed by the kernel: guest and monitor reached the memory limit of their "
            "control group (%llu MiB): raise it or lower --memory-size\n",
            (unsigned long long) (limit->bytes >> 20));
  else if (WIFSIGNALED(wait_status))
    die_alike(WTERMSIG(wait_status));
  _exit(exit_status(wait_status));
}

void supervisor_start(uint64_t guest_memory_bytes)
{
  struct memory_limit limit;
  memory_limit_read(&limit);
  if (limit.bytes >= guest_memory_bytes)
    return;
  uint64_t kills_before = memory_limit_kills(&limit);
  pid_t parent = getpid();
  child = fork();
  if (child < 0)
    return; /* then nobody says it, as for any process */
  if (child == 0)
  {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
      _exit(EXIT_FAILURE);
    return;
  }
  forward_signals();
  supervise(&limit, kills_before);
}

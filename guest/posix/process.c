/* The process: its end, its number, and what a unikernel has not. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "hypercall.h"
#include "posix/sys.h"
#include "start_info.h"

#define GUEST_PID 1

_Noreturn void sys_exit(int status)
{
  HC_BLOCK(struct hc_exit) block = {.status = status};
  for (;;)
    hypercall(HC_exit, &block);
}

pid_t sys_getpid(void)
{
  return GUEST_PID;
}

/* Signals whose default is to do nothing; stopping is nothing for a guest alone in its machine. */
static bool is_ignored_by_default(int signal)
{
  return signal == 0 || signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH ||
         signal == SIGCONT || signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
         signal == SIGTTOU;
}

int sys_kill(pid_t pid, int signal)
{
  if (signal < 0 || signal >= NSIG)
    return -EINVAL;
  if (pid != GUEST_PID && pid != 0)
    return -ESRCH;
  if (!is_ignored_by_default(signal))
    crash_by_signal(signal, NULL);
  return 0;
}

int sys_no_processes(void)
{
  static const char text[] =
      "uhyve: fork, exec and dlopen fail: a unikernel is one program in one process\n";
  static bool told;
  if (!told)
  {
    told = true;
    sys_write(STDERR_FILENO, text, sizeof(text) - 1);
  }
  return -ENOSYS;
}

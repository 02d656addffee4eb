/* The process: its end, its number, and what a unikernel has not. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "fs/file_system.h"
#include "hypercall.h"
#include "net/stack/ending.h"
#include "posix/sys.h"
#include "signal/delivery.h"
#include "start_info.h"

#define GUEST_PID 1

_Noreturn void sys_exit(int status)
{
  if (host_end != NULL)
    host_end();
  if (net_end != NULL)
    net_end(status);
  HC_BLOCK(struct hc_exit) block = {.status = status};
  for (;;)
    hypercall(HC_exit, &block);
}

pid_t sys_getpid(void)
{
  return GUEST_PID;
}

/* A program that handles no signals is linked without what does: then all have their default. */
static int send_by_default(int number)
{
  if (number < 0 || number >= NSIG)
    return -EINVAL;
  if (number == 0 || signal_is_ignored_by_default(number) ||
      (number != SIGSTOP && (start_info->signals_ignored >> (number - 1) & 1) != 0))
    return 0;
  if (signal_stops(number))
    sys_stop(number);
  else
    crash_by_signal(number, NULL);
  return 0;
}

int sys_kill(pid_t pid, int number)
{
  if (pid != GUEST_PID && pid != 0)
    return number < 0 || number >= NSIG ? -EINVAL : -ESRCH;
  return signal_kill != NULL ? signal_kill(number) : send_by_default(number);
}

int sys_raise(int number)
{
  return signal_raise != NULL ? signal_raise(number) : send_by_default(number);
}

_Noreturn void sys_abort(void)
{
  if (signal_abort != NULL)
    signal_abort();
  crash_by_signal(SIGABRT, NULL);
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

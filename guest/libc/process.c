/* The process: POSIX names over the system calls, and what a unikernel has not. */
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "fs/descriptors.h"
#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"
#include "sched/task.h"
#include "signal/signal.h"
#include "start_info.h"

void _exit(int status)
{
  start_info->mark_tsc[UHYVE_MARK_EXIT] = cpu_tsc();
  sys_exit(status);
}

pid_t getpid(void)
{
  return sys_getpid();
}

int kill(pid_t pid, int signal)
{
  return (int) libc_result(sys_kill(pid, signal));
}

/* There is one group. */
int killpg(pid_t group, int signal)
{
  return (int) libc_result(sys_kill(group == 0 ? sys_getpid() : group, signal));
}

int raise(int signal)
{
  return (int) libc_result(sys_raise(signal));
}

_Noreturn void abort(void)
{
  sys_abort();
}

int getentropy(void *buffer, size_t len_bytes)
{
  return (int) libc_result(sys_getentropy(buffer, len_bytes));
}

ssize_t getrandom(void *buffer, size_t len_bytes, unsigned int flags)
{
  (void) flags;
  size_t piece;
  for (size_t done = 0; done < len_bytes; done += piece)
  {
    piece = len_bytes - done < SYS_ENTROPY_MAX_BYTES ? len_bytes - done : SYS_ENTROPY_MAX_BYTES;
    sys_getentropy((char *) buffer + done, piece);
  }
  return (ssize_t) len_bytes;
}

int getpagesize(void)
{
  return 4096;
}

long sysconf(int name)
{
  switch (name)
  {
  case _SC_PAGESIZE:
    return getpagesize();
  case _SC_NPROCESSORS_CONF:
    return start_info->cpu_count;
  case _SC_NPROCESSORS_ONLN:
    return cpus_online();
  case _SC_PHYS_PAGES:
  case _SC_AVPHYS_PAGES:
  {
    long all;
    long available;
    sys_memory_pages(&all, &available);
    return name == _SC_PHYS_PAGES ? all : available;
  }
  case _SC_SIGQUEUE_MAX:
    return SIGNAL_NODES;
  case _SC_TIMER_MAX:
    return 1024;
  case _SC_DELAYTIMER_MAX:
    return INT_MAX;
  case _SC_RTSIG_MAX:
    return SIGRTMAX - SIGRTMIN + 1;
  case _SC_REALTIME_SIGNALS:
  case _SC_TIMERS:
  case _SC_BARRIERS:
  case _SC_CLOCK_SELECTION:
  case _SC_MONOTONIC_CLOCK:
  case _SC_READER_WRITER_LOCKS:
  case _SC_SEMAPHORES:
  case _SC_SPIN_LOCKS:
  case _SC_THREADS:
  case _SC_THREAD_CPUTIME:
  case _SC_THREAD_PRIO_INHERIT:
  case _SC_THREAD_PRIO_PROTECT:
  case _SC_THREAD_PROCESS_SHARED:
  case _SC_THREAD_SAFE_FUNCTIONS:
  case _SC_TIMEOUTS:
  case _SC_THREAD_ATTR_STACKADDR:
  case _SC_THREAD_ATTR_STACKSIZE:
  case _SC_THREAD_PRIORITY_SCHEDULING:
  case _SC_FSYNC:
  case _SC_MAPPED_FILES:
  case _SC_SYNCHRONIZED_IO:
    return _POSIX_VERSION;
  case _SC_THREAD_KEYS_MAX:
    return PTHREAD_KEYS_MAX;
  case _SC_THREAD_DESTRUCTOR_ITERATIONS:
    return PTHREAD_DESTRUCTOR_ITERATIONS;
  case _SC_THREAD_STACK_MIN:
    return PTHREAD_STACK_MIN;
  case _SC_SEM_VALUE_MAX:
    return SEM_VALUE_MAX;
  case _SC_CLK_TCK:
    return 100;
  case _SC_OPEN_MAX:
    return (long) descriptor_limit();
  case _SC_IOV_MAX:
    return IOV_MAX;
  case _SC_SYMLOOP_MAX:
    return 40;
  case _SC_STREAM_MAX:
    return FOPEN_MAX;
  case _SC_TTY_NAME_MAX:
    return 32;
  case _SC_HOST_NAME_MAX:
    return 64;
  case _SC_LOGIN_NAME_MAX:
    return 256;
  case _SC_GETPW_R_SIZE_MAX:
  case _SC_GETGR_R_SIZE_MAX:
    return 1024;
  case _SC_ARG_MAX:
    return 131072;
  default:
    errno = EINVAL;
    return -1;
  }
}

/* ---- No second process, no second program, no shared objects ---- */

pid_t fork(void)
{
  return (pid_t) libc_result(sys_no_processes());
}

pid_t vfork(void)
{
  return (pid_t) libc_result(sys_no_processes());
}

int _execve(const char *path, char *const *argv, char *const *envp);

int _execve(const char *path, char *const *argv, char *const *envp)
{
  (void) path;
  (void) argv;
  (void) envp;
  return (int) libc_result(sys_no_processes());
}

int system(const char *command)
{
  thread_test_cancel();
  return command == NULL ? 0 : (int) libc_result(sys_no_processes());
}

FILE *popen(const char *command, const char *mode)
{
  (void) command;
  (void) mode;
  libc_result(sys_no_processes());
  return NULL;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
  (void) pid;
  (void) status;
  (void) options;
  thread_test_cancel();
  return (pid_t) libc_result(-ECHILD);
}

pid_t wait(int *status)
{
  return waitpid(-1, status, 0);
}

static const char *dl_error;

void *dlopen(const char *path, int flags)
{
  (void) path;
  (void) flags;
  libc_result(sys_no_processes());
  dl_error = "a unikernel has no shared objects";
  return NULL;
}

void *dlsym(void *handle, const char *name)
{
  (void) handle;
  (void) name;
  errno = ENOSYS;
  dl_error = "a unikernel has no shared objects";
  return NULL;
}

int dlclose(void *handle)
{
  (void) handle;
  errno = ENOSYS;
  dl_error = "a unikernel has no shared objects";
  return -1;
}

char *dlerror(void)
{
  const char *error = dl_error;
  dl_error = NULL;
  return (char *) (uintptr_t) error;
}

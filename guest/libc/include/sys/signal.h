/* Signal numbers, flags and structures as Linux x86-64 has them; <signal.h> includes this file. */
#ifndef _SYS_SIGNAL_H
#define _SYS_SIGNAL_H

#include <sys/_sigset.h>
#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPWR    30
#define SIGSYS    31
#define SIGIOT    SIGABRT
#define SIGPOLL   SIGIO
#define SIGCLD    SIGCHLD

/* Nothing reserves a real-time signal for itself, so the range starts where the kernel has it. */
#define SIGRTMIN 32
#define SIGRTMAX 64
/* One more than the highest signal number. */
#define NSIG         65
#define _NSIG        NSIG

#define SIG_BLOCK    0
#define SIG_UNBLOCK  1
#define SIG_SETMASK  2

#define SA_NOCLDSTOP 0x00000001
#define SA_NOCLDWAIT 0x00000002
#define SA_SIGINFO   0x00000004
#define SA_RESTORER  0x04000000
#define SA_ONSTACK   0x08000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000
#define SA_NOMASK    SA_NODEFER
#define SA_ONESHOT   SA_RESETHAND

union sigval
{
  int sival_int;
  void *sival_ptr;
};
typedef union sigval sigval_t;

/* 128 bytes, as the Linux kernel's. */
typedef struct
{
  int si_signo;
  int si_errno;
  int si_code;
  int __si_pad0;
  union
  {
    char __pad[112];
    struct
    {
      pid_t si_pid;
      uid_t si_uid;
      union
      {
        union sigval si_value;
        struct
        {
          int si_status;
          clock_t si_utime;
          clock_t si_stime;
        } __si_child;
      } __si_detail;
    } __si_sender;
    struct
    {
      int si_timerid;
      int si_overrun;
      union sigval si_value;
    } __si_timer;
    struct
    {
      void *si_addr;
      short si_addr_lsb;
    } __si_fault;
    struct
    {
      void *si_call_addr;
      int si_syscall;
      unsigned int si_arch;
    } __si_system_call;
    struct
    {
      long si_band;
      int si_fd;
    } __si_poll;
  } __si_fields;
} siginfo_t;

#define si_pid        __si_fields.__si_sender.si_pid
#define si_uid        __si_fields.__si_sender.si_uid
#define si_value      __si_fields.__si_sender.__si_detail.si_value
#define si_int        si_value.sival_int
#define si_ptr        si_value.sival_ptr
#define si_status     __si_fields.__si_sender.__si_detail.__si_child.si_status
#define si_utime      __si_fields.__si_sender.__si_detail.__si_child.si_utime
#define si_stime      __si_fields.__si_sender.__si_detail.__si_child.si_stime
#define si_timerid    __si_fields.__si_timer.si_timerid
#define si_overrun    __si_fields.__si_timer.si_overrun
#define si_addr       __si_fields.__si_fault.si_addr
#define si_addr_lsb   __si_fields.__si_fault.si_addr_lsb
#define si_call_addr  __si_fields.__si_system_call.si_call_addr
#define si_syscall    __si_fields.__si_system_call.si_syscall
#define si_arch       __si_fields.__si_system_call.si_arch
#define si_band       __si_fields.__si_poll.si_band
#define si_fd         __si_fields.__si_poll.si_fd

#define SI_USER       0
#define SI_KERNEL     128
#define SI_QUEUE      (-1)
#define SI_TIMER      (-2)
#define SI_MESGQ      (-3)
#define SI_ASYNCIO    (-4)
#define SI_SIGIO      (-5)
#define SI_TKILL      (-6)
#define SI_ASYNCNL    (-60)

#define ILL_ILLOPC    1
#define ILL_ILLOPN    2
#define ILL_ILLADR    3
#define ILL_ILLTRP    4
#define ILL_PRVOPC    5
#define ILL_PRVREG    6
#define ILL_COPROC    7
#define ILL_BADSTK    8

#define FPE_INTDIV    1
#define FPE_INTOVF    2
#define FPE_FLTDIV    3
#define FPE_FLTOVF    4
#define FPE_FLTUND    5
#define FPE_FLTRES    6
#define FPE_FLTINV    7
#define FPE_FLTSUB    8

#define SEGV_MAPERR   1
#define SEGV_ACCERR   2
#define SEGV_BNDERR   3
#define SEGV_PKUERR   4

#define BUS_ADRALN    1
#define BUS_ADRERR    2
#define BUS_OBJERR    3
#define BUS_MCEERR_AR 4
#define BUS_MCEERR_AO 5

#define TRAP_BRKPT    1
#define TRAP_TRACE    2
#define TRAP_BRANCH   3
#define TRAP_HWBKPT   4
#define TRAP_UNK      5

#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_TRAPPED   4
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

#define POLL_IN       1
#define POLL_OUT      2
#define POLL_MSG      3
#define POLL_ERR      4
#define POLL_PRI      5
#define POLL_HUP      6

typedef void (*_sig_func_ptr)(int);

/*
 * The kernel's order of members rather than that of a Linux C library: the mask is 64 bits here,
 * so that one structure serves both sides of sigaction.
 */
struct sigaction
{
  union
  {
    _sig_func_ptr sa_handler;
    void (*sa_sigaction)(int, siginfo_t *, void *);
  } __sa_action;
  int sa_flags;
  int __sa_pad;
  void (*sa_restorer)(void);
  sigset_t sa_mask;
};

#define sa_handler      __sa_action.sa_handler
#define sa_sigaction    __sa_action.sa_sigaction

#define SIGEV_SIGNAL    0
#define SIGEV_NONE      1
#define SIGEV_THREAD    2
#define SIGEV_THREAD_ID 4

/* 64 bytes, as the Linux kernel's. */
struct sigevent
{
  union sigval sigev_value;
  int sigev_signo;
  int sigev_notify;
  union
  {
    char __pad[48];
    pid_t sigev_notify_thread_id;
    struct
    {
      void (*sigev_notify_function)(union sigval);
      pthread_attr_t *sigev_notify_attributes;
    } __sigev_thread;
  } __sigev_fields;
};

typedef struct sigevent sigevent_t;

#define sigev_notify_thread_id  __sigev_fields.sigev_notify_thread_id
#define sigev_notify_function   __sigev_fields.__sigev_thread.sigev_notify_function
#define sigev_notify_attributes __sigev_fields.__sigev_thread.sigev_notify_attributes

#define SS_ONSTACK              1
#define SS_DISABLE              2
#define MINSIGSTKSZ             2048
#define SIGSTKSZ                8192

typedef struct sigaltstack
{
  void *ss_sp;
  int ss_flags;
  size_t ss_size;
} stack_t;

__END_DECLS

#if __POSIX_VISIBLE >= 200809 || __XSI_VISIBLE >= 4 || __GNU_VISIBLE
#include <sys/ucontext.h>
#endif

__BEGIN_DECLS

#if __POSIX_VISIBLE
int kill(pid_t, int);
int sigaction(int, const struct sigaction *__restrict, struct sigaction *__restrict);
int sigprocmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int sigaddset(sigset_t *, int);
int sigdelset(sigset_t *, int);
int sigismember(const sigset_t *, int);
int sigfillset(sigset_t *);
int sigemptyset(sigset_t *);
int sigpending(sigset_t *);
int sigsuspend(const sigset_t *);
int sigwait(const sigset_t *__restrict, int *__restrict);
#endif
#if __POSIX_VISIBLE >= 199309
int sigwaitinfo(const sigset_t *__restrict, siginfo_t *__restrict);
int sigtimedwait(const sigset_t *__restrict, siginfo_t *__restrict,
                 const struct timespec *__restrict);
int sigqueue(pid_t, int, union sigval);
#endif
#if __POSIX_VISIBLE >= 199506
int pthread_sigmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int pthread_kill(pthread_t, int);
#endif
#if __BSD_VISIBLE || __XSI_VISIBLE >= 4 || __POSIX_VISIBLE >= 200809
int killpg(pid_t, int);
int sigaltstack(const stack_t *__restrict, stack_t *__restrict);
int siginterrupt(int, int);
#endif
#if __POSIX_VISIBLE >= 200809
void psiginfo(const siginfo_t *, const char *);
#endif
#if __XSI_VISIBLE || __GNU_VISIBLE
#define SIG_HOLD ((_sig_func_ptr) 2)
_sig_func_ptr sigset(int, _sig_func_ptr);
int sighold(int);
int sigrelse(int);
int sigignore(int);
int sigpause(int);
#endif
#if __GNU_VISIBLE
int sigisemptyset(const sigset_t *);
int sigandset(sigset_t *, const sigset_t *, const sigset_t *);
int sigorset(sigset_t *, const sigset_t *, const sigset_t *);
int pthread_sigqueue(pthread_t, int, const union sigval);
int tgkill(pid_t, pid_t, int);
const char *sigabbrev_np(int);
const char *sigdescr_np(int);
#endif
#if __BSD_VISIBLE
#define sigmask(signal) ((int) (1u << ((signal) -1)))
#endif
#if __MISC_VISIBLE
int sig2str(int, char *);
int str2sig(const char *__restrict, int *__restrict);
/* Room for "RTMAX+" and the longest int, with its terminating zero. */
#define SIG2STR_MAX 17
#endif

#ifdef _LIBC
int _kill(pid_t, int);
#endif

__END_DECLS

/* Programs written for Linux take <sys/signal.h> for <signal.h>. */
#ifndef _SIGNAL_H_
#include <signal.h>
#endif

#endif

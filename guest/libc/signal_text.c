/* What signals are called, and what is told about them. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    [SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
    [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
    [SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
    [SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
    [SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
    [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
    [SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
    [SIGPOLL] = "POLL", [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};

/* Null for other numbers, as glibc has it. */
const char *sigabbrev_np(int number)
{
  return number > 0 && number < (int) (sizeof(names) / sizeof(names[0])) ? names[number] : NULL;
}

const char *sigdescr_np(int number)
{
  return sigabbrev_np(number) != NULL ? strsignal(number) : NULL;
}

static const char *code_text(const siginfo_t *info)
{
  switch (info->si_code)
  {
  case SI_USER:
    return "sent by kill()";
  case SI_TKILL:
    return "sent by raise() or pthread_kill()";
  case SI_QUEUE:
    return "sent by sigqueue()";
  case SI_TIMER:
    return "sent by a timer";
  case SI_KERNEL:
    return "sent by the kernel";
  default:
    return NULL;
  }
}

static void print_fault(const siginfo_t *info)
{
  fprintf(stderr, " (code %d at %p)\n", info->si_code, info->si_addr);
}

void psiginfo(const siginfo_t *info, const char *message)
{
  const char *text = code_text(info);
  if (message != NULL && message[0] != '\0')
    fprintf(stderr, "%s: ", message);
  fprintf(stderr, "%s", strsignal(info->si_signo));
  if (text == NULL)
    print_fault(info);
  else if (info->si_code == SI_QUEUE || info->si_code == SI_USER || info->si_code == SI_TKILL)
    fprintf(stderr, " (%s, process %d, user %u)\n", text, info->si_pid,
            (unsigned int) info->si_uid);
  else
    fprintf(stderr, " (%s)\n", text);
}

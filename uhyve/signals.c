/* Signals to the monitor itself. A handler does only what is safe at any instruction. */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exit_status.h"
#include "guest_signals.h"
#include "memory_watch.h"
#include "terminal.h"
#include "timeout.h"

static uint64_t ignored;
static atomic_bool kick_is_ignored; /* if others send it: its handler stays */

static void set_action(int number, void (*handler)(int), struct sigaction *former)
{
  struct sigaction action = {.sa_handler = handler};
  sigaction(number, &action, former);
}

/* What must not be left behind, whoever ends this process. */
static void put_right(void)
{
  terminal_restore();
  memory_watch_stop();
}

static void let_in(int number)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void send_self(int number)
{
  syscall(SYS_tgkill, getpid(), (pid_t) syscall(SYS_gettid), number);
}

/* Also of those that the C library keeps for itself. The system call's own struct is all 0 then. */
static void set_default(int number)
{
  static const uint64_t action[4];
  syscall(SYS_rt_sigaction, number, action, NULL, sizeof(uint64_t));
}

void signals_end(int number)
{
  put_right();
  /* The core file would be the monitor's. */
  prctl(PR_SET_DUMPABLE, 0);
  set_default(number);
  send_self(number);
  let_in(number);
}

void signals_stop(int number)
{
  struct sigaction former = {.sa_handler = SIG_DFL};
  set_action(number, SIG_DFL, &former);
  send_self(number);
  sigaction(number, &former, NULL);
}

static bool is_kick(int number, const siginfo_t *info)
{
  return number == SIGNALS_KICK && info->si_code == SI_TKILL && info->si_pid == getpid();
}

static bool ends_process(int number)
{
  return number != SIGCHLD && number != SIGCONT && number != SIGTSTP && number != SIGTTIN &&
         number != SIGTTOU && number != SIGURG && number != SIGWINCH;
}

static bool stops_process(int number)
{
  return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* What the guest does not see to. Of those that do not end one the guest has seen to this until a
 * moment ago; what stops does so when the handler returns. */
static void act_by_default(int number)
{
  if (ends_process(number))
  {
    if (number == SIGTERM && timeout_is_over())
    {
      put_right();
      _exit(STATUS_TIMEOUT);
    }
    signals_end(number);
    _exit(STATUS_SIGNAL + number);
  }
  if (stops_process(number))
  {
    set_default(number);
    send_self(number);
  }
}

static void on_signal(int number, siginfo_t *info, void *context)
{
  int error = errno;
  (void) context;
  /* A child of the monitor is none of the guest's, nor its timer; of its writes the guest has the
   * errors. */
  bool is_own = is_kick(number, info) || (number == SIGNALS_KICK && kick_is_ignored) ||
                (number == SIGCHLD && info->si_code > 0) ||
                (number == SIGCONT && info->si_code == SI_TIMER) ||
                (number == SIGPIPE && info->si_pid == getpid());
  if (!is_own && !guest_signals_offer(number, info))
    act_by_default(number);
  errno = error;
}

/* A page of guest memory or of the program's file is not to be had. */
static void on_bus_error(int signal)
{
  static const char text[] = "uhyve: the host has no memory for the guest, or the program's file "
                             "has become shorter while it ran\n";
  (void) signal;
  ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
  (void) written;
  put_right();
  _exit(STATUS_MONITOR);
}

void signals_catch(int number)
{
  if (number == SIGNALS_KICK)
    kick_is_ignored = false;
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigaction(number, &action, NULL);
}

void signals_ignore(int number)
{
  if (number == SIGNALS_KICK)
    kick_is_ignored = true;
  else
    set_action(number, SIG_IGN, NULL);
}

void signals_leave(int number)
{
  if (ends_process(number))
    signals_catch(number);
  else
    set_action(number, SIG_DFL, NULL);
}

void signals_catch_rest(void)
{
  for (int number = 1; number <= SIGRTMAX; number++)
  {
    struct sigaction found;
    bool is_default = sigaction(number, NULL, &found) == 0 && found.sa_handler == SIG_DFL;
    if (is_default && ends_process(number) && number != SIGKILL && number != SIGSTOP)
      signals_catch(number);
  }
}

uint64_t signals_ignored(void)
{
  return ignored;
}

static bool note_ignored(int number, const struct sigaction *found)
{
  if (found->sa_handler != SIG_IGN)
    return false;
  ignored |= SIGNALS_BIT(number);
  return true;
}

void signals_install(void)
{
  static const int ending[] = {SIGHUP,  SIGINT,  SIGQUIT,   SIGABRT, SIGUSR1, SIGUSR2,
                               SIGPIPE, SIGALRM, SIGTERM,   SIGIO,   SIGPWR,  SIGSTKFLT,
                               SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF};
  static const int others[] = {SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH};
  struct sigaction found;
  for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
  {
    sigaction(ending[i], NULL, &found);
    if (!note_ignored(ending[i], &found))
      signals_catch(ending[i]);
  }
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
  {
    sigaction(others[i], NULL, &found);
    note_ignored(others[i], &found);
  }
  signals_catch(SIGNALS_KICK);
  kick_is_ignored = (ignored & SIGNALS_BIT(SIGNALS_KICK)) != 0;
  set_action(SIGBUS, on_bus_error, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Tests of signals to the monitor: uhyve/signals.c, uhyve/guest_signals.c. Each in a process of its
 * own, for what is done about a signal is the process's. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uhyve/guest_signals.h"
#include "uhyve/memory_watch.h"
#include "uhyve/signals.h"
#include "uhyve/terminal.h"
#include "uhyve/timeout.h"
#include "unit_test.h"

void terminal_restore(void)
{
}

void memory_watch_stop(void)
{
}

bool timeout_is_over(void)
{
  return false;
}

static struct hc_signals serve(enum hc_signals_operation operation, uint64_t mask)
{
  char message[256];
  struct hc_signals block = {.operation = operation, .mask = mask};
  if (!guest_signals_serve(&block, message) || block.result != 0)
    _exit(99);
  return block;
}

/* How a process with a group of its own, which stops can stop, ends or stops first. */
static int run(void (*act)(int number), int number)
{
  int status;
  pid_t child = fork();
  if (child == 0)
  {
    setpgid(0, 0);
    act(number);
    _exit(0);
  }
  assert_int_equal(waitpid(child, &status, WUNTRACED), child);
  if (WIFSTOPPED(status))
  {
    int end;
    kill(child, SIGCONT);
    assert_int_equal(waitpid(child, &end, 0), child);
    assert_true(WIFEXITED(end) && WEXITSTATUS(end) == 0);
  }
  return status;
}

static void let_come(int number)
{
  serve(HC_SIGNALS_CATCH, SIGNALS_BIT(number));
  raise(number);
  if (serve(HC_SIGNALS_TAKE, 0).mask != SIGNALS_BIT(number))
    _exit(1);
}

static void leave(int number)
{
  let_come(number);
  serve(HC_SIGNALS_DEFAULT, SIGNALS_BIT(number));
  raise(number);
}

/* As one that comes while the guest leaves it to the monitor, and after the guest's end. */
static void come_late(int number)
{
  let_come(number);
  guest_signals_stop();
  raise(number);
}

static void signals_do_their_default(void **state)
{
  (void) state;
  static const int ending[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGPROF, 40, 64};
  static const int passing[] = {SIGURG, SIGWINCH, SIGCONT, SIGCHLD};
  static const int stopping[] = {SIGTSTP, SIGTTIN, SIGTTOU};
  void (*const ways[])(int) = {leave, come_late};
  for (size_t way = 0; way < COUNT_OF(ways); way++)
  {
    for (size_t i = 0; i < COUNT_OF(ending); i++)
    {
      int status = run(ways[way], ending[i]);
      assert_true(WIFSIGNALED(status));
      assert_int_equal(WTERMSIG(status), ending[i]);
    }
    for (size_t i = 0; i < COUNT_OF(passing); i++)
      assert_int_equal(run(ways[way], passing[i]), 0);
    for (size_t i = 0; i < COUNT_OF(stopping); i++)
    {
      int status = run(ways[way], stopping[i]);
      assert_true(WIFSTOPPED(status));
      assert_int_equal(WSTOPSIG(status), stopping[i]);
    }
  }
}

static void ignore(int number)
{
  signals_install();
  serve(HC_SIGNALS_IGNORE, SIGNALS_BIT(number) | SIGNALS_BIT(SIGNALS_KICK));
  raise(number);
  kill(getpid(), SIGNALS_KICK);
  let_come(number);
}

static void ignore_before(int number)
{
  signal(number, SIG_IGN);
  signals_install();
  kill(getpid(), number);
}

/* Those that wait are taken. */
static unsigned int count_pending(const sigset_t *set)
{
  static const struct timespec no_time;
  unsigned int count = 0;
  while (sigtimedwait(set, NULL, &no_time) > 0)
    count++;
  return count;
}

static void kick_often(int number)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_SETMASK, &set, NULL);
  for (unsigned int i = 0; i < 1000; i++)
  {
    if (pthread_kill(pthread_self(), number) != 0)
      _exit(2);
  }
  _exit(count_pending(&set) == 1 ? 0 : 1);
}

static void kicks_do_not_pile_up(void **state)
{
  (void) state;
  assert_int_equal(run(kick_often, SIGNALS_KICK), 0);
}

static void stop(int number)
{
  serve(HC_SIGNALS_CATCH, SIGNALS_BIT(number));
  serve(HC_SIGNALS_STOP, SIGNALS_BIT(number));
  if (serve(HC_SIGNALS_TAKE, 0).mask != 0)
    _exit(1);
  if (number != SIGSTOP)
    let_come(number);
}

static void signals_are_ignored_and_stop(void **state)
{
  (void) state;
  static const int stopping[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  assert_int_equal(run(ignore, SIGTERM), 0);
  assert_int_equal(run(ignore_before, SIGTERM), 0);
  assert_int_equal(run(ignore_before, SIGNALS_KICK), 0);
  for (size_t i = 0; i < COUNT_OF(stopping); i++)
  {
    int status = run(stop, stopping[i]);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(WSTOPSIG(status), stopping[i]);
  }
}

static void begin_blocked(int number)
{
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  signals_install();
  raise(SIGNALS_KICK);
  raise(number);
}

static void nothing_stays_blocked(void **state)
{
  (void) state;
  int status = run(begin_blocked, SIGTERM);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void faults_are_never_caught(void **state)
{
  (void) state;
  static const int never[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
  uint64_t mask = 0;
  for (size_t i = 0; i < COUNT_OF(never); i++)
    mask |= SIGNALS_BIT(never[i]);
  struct sigaction before, after;
  for (size_t i = 0; i < COUNT_OF(never); i++)
  {
    sigaction(never[i], NULL, &before);
    serve(HC_SIGNALS_CATCH, mask);
    serve(HC_SIGNALS_IGNORE, mask);
    sigaction(never[i], NULL, &after);
    assert_ptr_equal(before.sa_sigaction, after.sa_sigaction);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(signals_do_their_default), cmocka_unit_test(signals_are_ignored_and_stop),
      cmocka_unit_test(kicks_do_not_pile_up),     cmocka_unit_test(nothing_stays_blocked),
      cmocka_unit_test(faults_are_never_caught),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is done about a signal: sigaction() with all flags, handlers of raise(), their arguments. */
#include "signal_check.h"

static volatile int count;
static volatile int last;
static volatile int depth;
static volatile int deepest;
static volatile bool was_blocked;
static volatile bool other_was_blocked;
static siginfo_t told;
static ucontext_t context_told;

static void on_signal(int number)
{
  count++;
  last = number;
  was_blocked = is_blocked(number);
  other_was_blocked = is_blocked(SIGUSR2);
}

static void on_info(int number, siginfo_t *info, void *context)
{
  count++;
  last = number;
  told = *info;
  context_told = *(ucontext_t *) context;
}

static void on_nested(int number)
{
  count++;
  if (++depth > deepest)
    deepest = depth;
  if (count < 5)
    raise(number);
  depth--;
}

static void test_raise(void)
{
  act(SIGUSR1, on_signal, 0);
  CHECK(raise(SIGUSR1) == 0);
  CHECK(count == 1 && last == SIGUSR1);
  CHECK(was_blocked && !other_was_blocked);
  CHECK(!is_blocked(SIGUSR1));
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK(count == 2);
  CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
  CHECK(count == 3);
  CHECK(raise(0) == 0 && kill(getpid(), 0) == 0 && pthread_kill(pthread_self(), 0) == 0);
  CHECK(count == 3);
}

static void test_errors(void)
{
  struct sigaction action = {.sa_handler = on_signal};
  errno = 0;
  CHECK(raise(-1) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(raise(65) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(kill(getpid(), 65) == -1 && errno == EINVAL);
  CHECK(pthread_kill(pthread_self(), 65) == EINVAL);
  CHECK(pthread_kill(pthread_self(), -1) == EINVAL);
  errno = 0;
  CHECK(kill(999999, SIGUSR1) == -1 && errno == ESRCH);
  const int wrong[] = {0, -1, 65, SIGKILL, SIGSTOP};
  for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
  {
    errno = 0;
    CHECK(sigaction(wrong[i], &action, NULL) == -1 && errno == EINVAL);
    errno = 0;
    CHECK(signal(wrong[i], on_signal) == SIG_ERR && errno == EINVAL);
  }
  CHECK(sigaction(SIGKILL, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
  errno = 0;
  CHECK(sigaction(0, NULL, &action) == -1 && errno == EINVAL);
}

static void test_query(void)
{
  struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO | SA_RESTART};
  struct sigaction before;
  action.sa_mask = set_of(SIGTERM, SIGKILL);
  CHECK(sigaction(SIGUSR2, &action, &before) == 0);
  CHECK(before.sa_handler == SIG_DFL);
  CHECK(sigaction(SIGUSR2, NULL, &before) == 0);
  CHECK(before.sa_sigaction == on_info);
  CHECK((before.sa_flags & (SA_SIGINFO | SA_RESTART | SA_NODEFER)) == (SA_SIGINFO | SA_RESTART));
  CHECK(sigismember(&before.sa_mask, SIGTERM) == 1);
  CHECK(sigismember(&before.sa_mask, SIGUSR1) == 0);
  CHECK(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
  CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
  CHECK(signal(SIGUSR2, on_signal) == SIG_DFL);
  CHECK(signal(SIGUSR2, SIG_DFL) == on_signal);
}

static void test_flags(void)
{
  struct sigaction action;
  count = 0;
  act(SIGUSR1, on_nested, 0);
  raise(SIGUSR1);
  CHECK(count == 5 && deepest == 1); /* one after the other */
  count = 0;
  deepest = 0;
  act(SIGUSR1, on_nested, SA_NODEFER);
  raise(SIGUSR1);
  CHECK(count == 5 && deepest == 5);

  count = 0;
  act(SIGUSR1, on_signal, SA_RESETHAND);
  raise(SIGUSR1);
  CHECK(count == 1);
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);

  action = (struct sigaction){.sa_handler = on_signal, .sa_mask = set_of(SIGUSR2, 0)};
  CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
  raise(SIGUSR1);
  CHECK(was_blocked && other_was_blocked);
  CHECK(!is_blocked(SIGUSR1) && !is_blocked(SIGUSR2));
  act(SIGUSR1, on_signal, SA_NODEFER);
  raise(SIGUSR1);
  CHECK(!was_blocked);

  count = 0;
  act(SIGUSR1, SIG_IGN, 0);
  CHECK(raise(SIGUSR1) == 0 && count == 0);
  act(SIGCHLD, SIG_DFL, SA_NOCLDSTOP | SA_NOCLDWAIT);
  CHECK(raise(SIGCHLD) == 0 && raise(SIGURG) == 0 && raise(SIGWINCH) == 0 && raise(SIGCONT) == 0);

  act(SIGUSR1, on_signal, 0);
  CHECK(siginterrupt(SIGUSR1, 0) == 0);
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && (action.sa_flags & SA_RESTART) != 0);
  CHECK(siginterrupt(SIGUSR1, 1) == 0);
  CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && (action.sa_flags & SA_RESTART) == 0);
}

static void test_told(void)
{
  act_info(SIGUSR1, on_info, 0);
  block(SIGTERM);
  memset(&told, 0xff, sizeof(told));
  raise(SIGUSR1);
  CHECK(told.si_signo == SIGUSR1 && told.si_code == SI_TKILL && told.si_errno == 0);
  CHECK(told.si_pid == getpid() && told.si_uid == getuid());
  CHECK(sigismember(&context_told.uc_sigmask, SIGTERM) == 1);
  CHECK(sigismember(&context_told.uc_sigmask, SIGUSR1) == 0);
  CHECK(context_told.uc_mcontext.gregs[REG_RIP] != 0);
  CHECK(context_told.uc_mcontext.fpregs != NULL);
  unblock(SIGTERM);
  kill(getpid(), SIGUSR1);
  CHECK(told.si_code == SI_USER && told.si_pid == getpid());
  union sigval value = {.sival_ptr = &told};
  CHECK(sigqueue(getpid(), SIGUSR1, value) == 0);
  CHECK(told.si_code == SI_QUEUE && told.si_value.sival_ptr == &told && told.si_pid == getpid());
  CHECK(pthread_sigqueue(pthread_self(), SIGUSR1, value) == 0);
  CHECK(told.si_code == SI_QUEUE && told.si_value.sival_ptr == &told);
  errno = 0;
  CHECK(sigqueue(getpid(), 65, value) == -1 && errno == EINVAL);
  CHECK(sigqueue(getpid(), 0, value) == 0);
}

static void change_mask(int number, siginfo_t *info, void *context)
{
  (void) number;
  (void) info;
  ucontext_t *interrupted = context;
  sigaddset(&interrupted->uc_sigmask, SIGTERM);
  sigaddset(&interrupted->uc_sigmask, SIGKILL);
  interrupted->uc_mcontext.fpregs->mxcsr |= 0x8000; /* flush to zero */
}

/* A handler may change what goes on after it. */
static void test_changed(void)
{
  act_info(SIGUSR1, change_mask, 0);
  raise(SIGUSR1);
  CHECK(is_blocked(SIGTERM) && !is_blocked(SIGKILL));
  CHECK((__builtin_ia32_stmxcsr() & 0x8000) != 0);
  __builtin_ia32_ldmxcsr(0x1f80);
  unblock(SIGTERM);
}

static void spoil_control(int number)
{
  (void) number;
  count = (int) (__builtin_ia32_stmxcsr() & 0xffc0);
  __builtin_ia32_ldmxcsr(0x7f80);
  volatile long double third = 1;
  third /= 3;
}

/* The way of rounding is that of the interrupted code again, and the standard one in handlers. */
static void test_control(void)
{
  for (int flags = 0; flags <= SA_ONSTACK; flags += SA_ONSTACK)
  {
    act(SIGUSR1, spoil_control, flags);
    __builtin_ia32_ldmxcsr(0x3f80);
    raise(SIGUSR1);
    unsigned int after = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1f80);
    CHECK(after == 0x3f80);
    CHECK(count == 0x1f80);
  }
}

static void test_older(void)
{
  count = 0;
  CHECK(sigset(SIGUSR1, on_signal) != SIG_ERR);
  CHECK(sighold(SIGUSR1) == 0 && is_blocked(SIGUSR1));
  raise(SIGUSR1);
  CHECK(count == 0);
  CHECK(sigrelse(SIGUSR1) == 0 && count == 1 && !is_blocked(SIGUSR1));
  CHECK(sigset(SIGUSR1, SIG_HOLD) == on_signal && is_blocked(SIGUSR1));
  CHECK(sigset(SIGUSR1, SIG_DFL) == SIG_HOLD && !is_blocked(SIGUSR1));
  CHECK(sigignore(SIGUSR1) == 0 && raise(SIGUSR1) == 0);
  errno = 0;
  CHECK(sighold(65) == -1 && errno == EINVAL);
}

static void test_texts(void)
{
  CHECK(strcmp(sigabbrev_np(SIGUSR1), "USR1") == 0 && strcmp(sigabbrev_np(SIGSYS), "SYS") == 0);
  CHECK(sigabbrev_np(0) == NULL && sigabbrev_np(65) == NULL && sigdescr_np(-1) == NULL);
  CHECK(strcmp(sigdescr_np(SIGSEGV), "Segmentation fault") == 0);
  CHECK(strcmp(strsignal(SIGTERM), "Terminated") == 0);
}

int main(void)
{
  test_texts();
  test_raise();
  test_errors();
  test_query();
  test_flags();
  test_told();
  test_changed();
  test_control();
  test_older();
  return check_finish();
}

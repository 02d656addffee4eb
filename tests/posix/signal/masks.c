/* Signals that wait: masks, what is pending, order, queues, who of the threads gets one. */
#include "signal_check.h"

#ifdef __uhyve__
#include <uhyve/realtime.h>
#endif

static volatile int order[2100];
static volatile int values[2100];
static volatile int count;

static void note(int number, siginfo_t *info, void *context)
{
  (void) context;
  if (count < 2100)
  {
    order[count] = number;
    values[count] = info->si_value.sival_int;
  }
  count++;
}

static void test_sets(void)
{
  sigset_t set;
  sigset_t other;
  CHECK(sigemptyset(&set) == 0 && sigisemptyset(&set) == 1);
  CHECK(sigaddset(&set, SIGUSR1) == 0 && sigismember(&set, SIGUSR1) == 1);
  CHECK(sigismember(&set, SIGUSR2) == 0 && sigisemptyset(&set) == 0);
  CHECK(sigaddset(&set, SIGRTMAX) == 0 && sigismember(&set, SIGRTMAX) == 1);
  CHECK(sigdelset(&set, SIGUSR1) == 0 && sigismember(&set, SIGUSR1) == 0);
  errno = 0;
  CHECK(sigaddset(&set, 0) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(sigaddset(&set, 65) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(sigdelset(&set, -1) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(sigismember(&set, 1000) == -1 && errno == EINVAL);
  CHECK(sigfillset(&other) == 0 && sigismember(&other, SIGTERM) == 1);
  CHECK(sigandset(&other, &other, &set) == 0 && sigismember(&other, SIGRTMAX) == 1);
  CHECK(sigismember(&other, SIGTERM) == 0);
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  CHECK(sigorset(&other, &other, &set) == 0);
  CHECK(sigismember(&other, SIGTERM) == 1 && sigismember(&other, SIGRTMAX) == 1);
}

static void test_mask(void)
{
  sigset_t set = set_of(SIGUSR1, SIGKILL);
  sigset_t before;
  CHECK(sigprocmask(SIG_SETMASK, &set, &before) == 0);
  CHECK(sigismember(&before, SIGUSR1) == 0);
  CHECK(is_blocked(SIGUSR1) && !is_blocked(SIGKILL) && !is_blocked(SIGUSR2));
  set = set_of(SIGUSR2, 0);
  CHECK(sigprocmask(SIG_BLOCK, &set, &before) == 0);
  CHECK(sigismember(&before, SIGUSR1) == 1);
  CHECK(is_blocked(SIGUSR1) && is_blocked(SIGUSR2));
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
  CHECK(is_blocked(SIGUSR1) && !is_blocked(SIGUSR2));
  errno = 0;
  CHECK(sigprocmask(77, &set, NULL) == -1 && errno == EINVAL);
  CHECK(pthread_sigmask(77, &set, NULL) == EINVAL);
  CHECK(pthread_sigmask(77, NULL, &before) == 0);
  unblock(SIGUSR1);
}

static void test_pending(void)
{
  count = 0;
  act_info(SIGUSR1, note, 0);
  act_info(SIGUSR2, note, 0);
  block(SIGUSR1);
  block(SIGUSR2);
  CHECK(!is_pending(SIGUSR1));
  raise(SIGUSR2);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1); /* of the process: another one */
  raise(SIGUSR1);          /* of the thread: the same */
  CHECK(count == 0 && is_pending(SIGUSR1) && is_pending(SIGUSR2) && !is_pending(SIGTERM));
  sigset_t none;
  sigemptyset(&none);
  CHECK(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
  CHECK(count == 3);
  CHECK(!is_pending(SIGUSR1) && !is_pending(SIGUSR2));

  /* Ignored while it waits: gone. */
  block(SIGUSR1);
  count = 0;
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1);
  CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
  CHECK(!is_pending(SIGUSR1));
  act_info(SIGUSR1, note, 0);
  unblock(SIGUSR1);
  CHECK(count == 0);
}

/* They come by number, and as sent. */
static void test_queue(void)
{
  const int first = FIRST_REALTIME;
  sigset_t set = set_of(first, first + 1);
  sigaddset(&set, first + 2);
  count = 0;
  for (int i = 0; i < 3; i++)
  {
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO, .sa_mask = set};
    CHECK(sigaction(first + i, &action, NULL) == 0);
  }
  CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  for (int i = 0; i < 4; i++)
  {
    for (int which = 2; which >= 0; which--)
      CHECK(sigqueue(getpid(), first + which, (union sigval){.sival_int = 10 * which + i}) == 0);
  }
  CHECK(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
  CHECK(count == 12);
  bool is_right = true;
  for (int i = 0; i < 12; i++)
    is_right = is_right && order[i] == first + i / 4 && values[i] == 10 * (i / 4) + i % 4;
  CHECK(is_right);
}

#ifdef __uhyve__
/* As many as wait; the next one says so, and all others come. */
static void test_full(void)
{
  const int number = FIRST_REALTIME;
  sigset_t set = set_of(number, 0);
  sigprocmask(SIG_BLOCK, &set, NULL);
  count = 0;
  int sent = 0;
  while (sent < 2000 && sigqueue(getpid(), number, (union sigval){.sival_int = sent}) == 0)
    sent++;
  CHECK(errno == EAGAIN);
  CHECK(sent == sysconf(_SC_SIGQUEUE_MAX));
  act_info(SIGUSR1, note, 0);
  CHECK(raise(SIGUSR1) == 0); /* needs none */
  block(SIGUSR1);
  CHECK(raise(SIGUSR1) == 0);
  unblock(SIGUSR1);
  CHECK(count == 2);
  count = 0;
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  CHECK(count == sent);
  bool is_right = true;
  for (int i = 0; i < sent; i++)
    is_right = is_right && values[i] == i;
  CHECK(is_right);
}
#endif

#ifdef __uhyve__
/* Who holds a real-time ceiling gets none until it lets go. */
static void test_ceiling(void)
{
  count = 0;
  act_info(SIGUSR1, note, 0);
  unsigned int former = uhyve_realtime_lock(5);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1);
  CHECK(count == 0);
  uhyve_realtime_unlock(former);
  CHECK(count == 2);
}

static unsigned int former_ceiling;

/* The main thread is told of SIGUSR2, and does not look before its mask is back. */
static void let_in(int number)
{
  sigset_t set = set_of(SIGUSR2, 0);
  (void) number;
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  former_ceiling = uhyve_realtime_lock(5);
  kill(getpid(), SIGUSR2);
}

static void *be_other(void *argument)
{
  struct timespec wait = {.tv_sec = 2};
  unblock(SIGUSR2);
  __atomic_store_n((bool *) argument, true, __ATOMIC_RELEASE);
  while (count == 0 && nanosleep(&wait, &wait) != 0)
    ;
  return NULL;
}

static void test_passed_on(void)
{
  pthread_t thread;
  bool is_ready = false;
  count = 0;
  block(SIGUSR2);
  act(SIGUSR1, let_in, 0);
  act_info(SIGUSR2, note, 0);
  CHECK(pthread_create(&thread, NULL, be_other, &is_ready) == 0);
  while (!__atomic_load_n(&is_ready, __ATOMIC_ACQUIRE))
    sched_yield();
  raise(SIGUSR1);
  uhyve_realtime_unlock(former_ceiling);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(count == 1 && !is_pending(SIGUSR2));
  unblock(SIGUSR2);
}
#endif

/* ---- Threads ---- */

static volatile bool inherited;
static volatile bool saw_pending;

static void *look(void *argument)
{
  (void) argument;
  inherited = is_blocked(SIGUSR2) && !is_blocked(SIGUSR1);
  saw_pending = is_pending(SIGUSR2);
  return NULL;
}

static void test_inherited(void)
{
  pthread_t thread;
  act_info(SIGUSR2, note, 0);
  block(SIGUSR2);
  raise(SIGUSR2); /* not the new thread's */
  CHECK(pthread_create(&thread, NULL, look, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(inherited && !saw_pending);
  kill(getpid(), SIGUSR2); /* everybody's */
  CHECK(pthread_create(&thread, NULL, look, NULL) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(saw_pending);
  signal(SIGUSR2, SIG_IGN);
  unblock(SIGUSR2);
}

static pthread_t handled_by;
static volatile int handled;
static bool is_open;
static bool may_end;

static void note_thread(int number)
{
  (void) number;
  handled_by = pthread_self();
  __atomic_store_n(&handled, 1, __ATOMIC_RELEASE);
}

static void *take_usr1(void *argument)
{
  (void) argument;
  unblock(SIGUSR1);
  __atomic_store_n(&is_open, true, __ATOMIC_RELEASE);
  while (!__atomic_load_n(&handled, __ATOMIC_ACQUIRE) ||
         !__atomic_load_n(&may_end, __ATOMIC_ACQUIRE))
    sched_yield();
  return NULL;
}

/* The thread that does not block SIGUSR1; what it looks at is reset only while it is not there. */
static pthread_t start_taker(void)
{
  pthread_t thread;
  handled = 0;
  is_open = false;
  may_end = false;
  CHECK(pthread_create(&thread, NULL, take_usr1, NULL) == 0);
  return thread;
}

static void end_taker(pthread_t thread)
{
  while (!__atomic_load_n(&handled, __ATOMIC_ACQUIRE))
    sched_yield();
  CHECK(pthread_equal(handled_by, thread));
  CHECK(!is_pending(SIGUSR1));
  __atomic_store_n(&may_end, true, __ATOMIC_RELEASE);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* A signal to the process goes to the one thread that does not block it, or waits for one. */
static void test_choice(void)
{
  act(SIGUSR1, note_thread, 0);
  block(SIGUSR1);
  handled = 0;
  kill(getpid(), SIGUSR1);
  CHECK(is_pending(SIGUSR1) && handled == 0);
  end_taker(start_taker());

  pthread_t thread = start_taker();
  while (!__atomic_load_n(&is_open, __ATOMIC_ACQUIRE))
    sched_yield();
  CHECK(kill(getpid(), SIGUSR1) == 0);
  end_taker(thread);
  unblock(SIGUSR1);
}

static void *end_at_once(void *argument)
{
  return argument;
}

/* To a thread that has ended, or is about to, and was not joined. */
static void test_ended(void)
{
  pthread_t thread;
  handled = 0;
  block(SIGUSR1);
  CHECK(pthread_create(&thread, NULL, end_at_once, NULL) == 0);
  unblock(SIGUSR1);
  sleep_ns(5 * MS);
  for (int i = 0; i < 100; i++)
  {
    int error = pthread_kill(thread, SIGUSR1);
    if (error != 0 && error != ESRCH)
      CHECK(error == 0);
  }
  CHECK(handled == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

int main(void)
{
  test_sets();
  test_mask();
  test_pending();
  test_queue();
#ifdef __uhyve__
  test_full();
  test_ceiling();
  test_passed_on();
#endif
  test_inherited();
  test_choice();
  test_ended();
  return check_finish();
}

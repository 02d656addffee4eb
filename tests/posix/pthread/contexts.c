/* getcontext() and its like: coroutines, arguments, links, masks, control words, other threads. */
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <ucontext.h>

#include "pthread_check.h"

#define STACK_BYTES 65536

static char stacks[4][STACK_BYTES] __attribute__((aligned(64)));
static ucontext_t main_context, contexts[4];

static void prepare(int i, ucontext_t *link)
{
  CHECK(getcontext(&contexts[i]) == 0);
  contexts[i].uc_stack.ss_sp = stacks[i];
  contexts[i].uc_stack.ss_size = STACK_BYTES;
  contexts[i].uc_link = link;
}

/* ---- Back to where it was taken ---- */

static void check_again(void)
{
  volatile int times = 0;
  ucontext_t here;
  CHECK(getcontext(&here) == 0);
  times = times + 1;
  if (times < 5)
    setcontext(&here);
  CHECK(times == 5);
}

/* ---- Coroutines ---- */

static volatile int sum;

static void generate(int from, int to)
{
  for (int i = from; i < to; i++)
  {
    sum = i;
    CHECK(swapcontext(&contexts[0], &main_context) == 0);
  }
  sum = -1;
}

static void check_coroutine(void)
{
  prepare(0, &main_context);
  makecontext(&contexts[0], (void (*)(void)) generate, 2, 10, 20);
  for (int i = 10; i < 20; i++)
  {
    CHECK(swapcontext(&main_context, &contexts[0]) == 0);
    CHECK(sum == i);
  }
  CHECK(swapcontext(&main_context, &contexts[0]) == 0);
  CHECK(sum == -1);
}

/* ---- Arguments, alignment, links ---- */

static volatile int taken;

static void take_ten(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j)
{
  char aligned[16] __attribute__((aligned(16)));
  CHECK(((uintptr_t) aligned & 15) == 0);
  memset(aligned, a, sizeof(aligned));
  char text[80];
  snprintf(text, sizeof(text), "%d %d %d %d %d %d %d %d %d %d %.1f", a, b, c, d, e, f, g, h, i, j,
           0.5);
  CHECK(strcmp(text, "-1 2 3 4 5 6 -7 8 9 10 0.5") == 0);
  taken++;
}

static void take_seven(int a, int b, int c, int d, int e, int f, int g)
{
  char aligned[16] __attribute__((aligned(16)));
  CHECK(((uintptr_t) aligned & 15) == 0);
  memset(aligned, a, sizeof(aligned));
  CHECK(a + b + c + d + e + f + g == 28);
  taken++;
}

static void take_none(void)
{
  taken++;
}

static void check_arguments(void)
{
  prepare(1, &main_context);
  prepare(2, &contexts[1]);
  prepare(3, &contexts[2]);
  makecontext(&contexts[1], (void (*)(void)) take_ten, 10, -1, 2, 3, 4, 5, 6, -7, 8, 9, 10);
  makecontext(&contexts[2], (void (*)(void)) take_seven, 7, 1, 2, 3, 4, 5, 6, 7);
  makecontext(&contexts[3], take_none, 0);
  CHECK(swapcontext(&main_context, &contexts[3]) == 0);
  CHECK(taken == 3);
}

/* ---- What belongs to a context: mask and control words ---- */

static void change_them(void)
{
  sigset_t mask;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  CHECK(sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  CHECK(pthread_sigmask(SIG_SETMASK, &mask, NULL) == 0);
  CHECK(fegetround() == FE_TONEAREST);
  fesetround(FE_UPWARD);
  CHECK(swapcontext(&contexts[0], &main_context) == 0);
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
  CHECK(!sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGUSR2));
  CHECK(fegetround() == FE_UPWARD);
}

static void check_state(void)
{
  sigset_t mask;
  prepare(0, &main_context);
  sigaddset(&contexts[0].uc_sigmask, SIGUSR1);
  makecontext(&contexts[0], change_them, 0);
  for (int i = 0; i < 2; i++)
  {
    CHECK(swapcontext(&main_context, &contexts[0]) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    CHECK(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
    CHECK(fegetround() == FE_TONEAREST);
    double third = 1.0;
    third /= 3.0;
    CHECK(third > 0.3333 && third < 0.3334);
  }
}

/* ---- Between threads ---- */

static pthread_t running;
static volatile int stage;
static ucontext_t thread_contexts[2];

static void run_in_threads(void)
{
  CHECK(pthread_equal(running, pthread_self()));
  stage = 1;
  CHECK(swapcontext(&contexts[1], &thread_contexts[0]) == 0);
  stage = 2;
  CHECK(swapcontext(&contexts[1], &thread_contexts[1]) == 0);
}

static void *go_into(void *argument)
{
  running = pthread_self();
  ucontext_t *own = argument;
  CHECK(swapcontext(own, &contexts[1]) == 0);
  return argument;
}

static void end_thread(void)
{
  stage = 3;
}

static void *end_in_context(void *argument)
{
  (void) argument;
  prepare(2, NULL); /* the thread ends where it returns */
  makecontext(&contexts[2], end_thread, 0);
  setcontext(&contexts[2]);
  return NULL;
}

static void check_threads(void)
{
  prepare(1, NULL);
  makecontext(&contexts[1], run_in_threads, 0);
  CHECK(result_of(start(go_into, &thread_contexts[0])) == &thread_contexts[0]);
  CHECK(stage == 1);
  CHECK(result_of(start(go_into, &thread_contexts[1])) == &thread_contexts[1]);
  CHECK(stage == 2);
#ifdef __uhyve__ /* glibc ends the program */
  CHECK(result_of(start(end_in_context, NULL)) == NULL);
  CHECK(stage == 3);
#else
  (void) end_in_context;
#endif
}

/* ---- Many switches ---- */

static int rounds;

static void go_on(int next)
{
  while (rounds > 0)
  {
    rounds--;
    swapcontext(&contexts[(next + 2) % 3], &contexts[next]);
  }
}

static void check_many(void)
{
  rounds = 30000;
  for (int i = 0; i < 3; i++)
  {
    prepare(i, &main_context);
    makecontext(&contexts[i], (void (*)(void)) go_on, 1, (i + 1) % 3);
  }
  CHECK(swapcontext(&main_context, &contexts[0]) == 0);
  CHECK(rounds == 0);
}

int main(void)
{
  check_again();
  check_coroutine();
  check_arguments();
  check_state();
  check_threads();
  check_many();
  return check_finish();
}

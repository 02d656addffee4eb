/* Signals: a timer of processor time samples where the program spends it, and a handler of bad
 * accesses lets the program go on.
 *
 * uhyve-cc -O2 sampler.c -o sampler && uhyve sampler */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static volatile sig_atomic_t phase; /* what the program is at */
static volatile sig_atomic_t samples[2];
static sigjmp_buf after_access;
static void *volatile bad_address;

static void on_sample(int number)
{
  (void) number;
  samples[phase]++;
}

static void on_bad_access(int number, siginfo_t *info, void *context)
{
  (void) context;
  bad_address = info->si_addr;
  siglongjmp(after_access, number);
}

/* The sum of 1 + 1/2 + 1/3 ... */
static double sum_up(int terms)
{
  double sum = 0;
  for (int i = 1; i <= terms; i++)
    sum += 1.0 / i;
  return sum;
}

int main(void)
{
  struct sigaction sample = {.sa_handler = on_sample, .sa_flags = SA_RESTART};
  struct sigaction access = {.sa_sigaction = on_bad_access, .sa_flags = SA_SIGINFO};
  struct itimerval millisecond = {{0, 1000}, {0, 1000}};
  sigaction(SIGPROF, &sample, NULL);
  sigaction(SIGSEGV, &access, NULL);

  setitimer(ITIMER_PROF, &millisecond, NULL);
  volatile double sum = 0;
  for (int round = 0; round < 40; round++)
  {
    phase = round % 2;
    sum += sum_up(phase == 0 ? 1000000 : 2000000);
  }
  setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  printf("%d samples in phase 0, %d in phase 1\n", (int) samples[0], (int) samples[1]);

  int number = sigsetjmp(after_access, 1);
  if (number == 0)
    *(volatile int *) 0x5eed = 1;
  printf("%s: nothing is at %p\n", strsignal(number), bad_address);
  return 0;
}

/* Two threads hand a turn to each other by a condition variable. usage: cond_pingpong same|two
 * Prints the time of one handover, on one CPU or from one CPU to another. */
#include <string.h>

#include "threads.h"

/* A handover, of both threads together, takes longer from CPU to CPU. */
#define HANDOVERS_SAME 4000
#define HANDOVERS_TWO  1000
#define ROUNDS         6 /* the first is a warm-up */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed[2] = {PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER};
static int turn;
static int handovers; /* a round */
static uint64_t handing_over_cycles;

/* Waits for the turn and gives it back, half of the round's handovers. */
static void take_turns(int self)
{
  uint64_t handing_over = 0;
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < handovers / 2; i++)
  {
    while (turn != self)
      pthread_cond_wait(&changed[self], &mutex);
    turn = !self;
    uint64_t begin = __builtin_ia32_rdtsc();
    pthread_cond_signal(&changed[!self]);
    handing_over += __builtin_ia32_rdtsc() - begin;
  }
  pthread_mutex_unlock(&mutex);
  if (self == 0)
    handing_over_cycles = handing_over;
}

static void *other(void *argument)
{
  for (int i = 0; i < ROUNDS; i++)
    take_turns(1);
  return argument;
}

int main(int argc, char **argv)
{
  cpu_set_t cpus[2];
  int two = argc == 2 && strcmp(argv[1], "two") == 0;
  if (argc != 2 || (!two && strcmp(argv[1], "same") != 0))
    return 2;
  handovers = two ? HANDOVERS_TWO : HANDOVERS_SAME;
  threads_find_cpus(cpus, two ? 2 : 1);
  threads_pin_self(&cpus[0]);
  pthread_t thread = threads_start_on(&cpus[two], other, NULL);

  uint64_t took[ROUNDS];
  uint64_t in_signal[ROUNDS];
  for (int i = 0; i < ROUNDS; i++)
  {
    uint64_t begin = measure_now_cycles();
    take_turns(0);
    took[i] = measure_now_cycles() - begin;
    in_signal[i] = handing_over_cycles;
  }
  threads_join(thread);
  measure_print(two ? "cond_pingpong_two_cpus" : "cond_pingpong_same_cpu",
                (double) measure_percentile(took + 1, ROUNDS - 1, 50) / handovers, "cycles");
  measure_print("in_cond_signal",
                (double) measure_percentile(in_signal + 1, ROUNDS - 1, 50) / (handovers / 2.0),
                "cycles");
  measure_print("operations", (double) handovers * ROUNDS, "times");
  return 0;
}

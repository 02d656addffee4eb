/* No wake-up is lost while an idle CPU begins to run: two tasks are given to it one after the
 * other, at all distances, and the second, of higher priority, must not wait for the first.
 * Run with two CPUs; the argument is how long, in ms. */
#define _GNU_SOURCE
#include <semaphore.h>

#include "thread_check.h"

static sem_t first_gate;
static sem_t second_gate;
static volatile unsigned int posted; /* the round whose posts are done */
static volatile unsigned int first_round;
static volatile unsigned int second_round;
static volatile bool is_lost;
static volatile bool stop;

/* Keeps the CPU until the second has run. */
static void *run_first(void *argument)
{
  for (unsigned int round = 1; !stop; round++)
  {
    sem_wait(&first_gate);
    first_round = round;
    while (posted < round && !stop)
      ;
    uint64_t end_ns = uhyve_now() + 100 * MS;
    while (second_round < round && uhyve_now() < end_ns && !stop)
      ;
    if (second_round < round && !stop)
      is_lost = true;
  }
  return argument;
}

static void *run_second(void *argument)
{
  for (unsigned int round = 1; !stop; round++)
  {
    sem_wait(&second_gate);
    second_round = round;
  }
  return argument;
}

int main(int argc, char **argv)
{
  uint64_t end_ns = uhyve_now() + (argc > 1 ? (uint64_t) atoi(argv[1]) : 1500) * MS;
  sem_init(&first_gate, 0, 0);
  sem_init(&second_gate, 0, 0);
  bind_to(pthread_self(), 0);
  pthread_t first = start_thread(run_first, NULL, 16, 1);
  pthread_t second = start_thread(run_second, NULL, 20, 1);
  unsigned int round;
  for (round = 1; (uhyve_now() < end_ns || round <= 10) && !is_lost; round++)
  {
    /* The other CPU waits for work, sometimes just about to. */
    spin_ns(2 * US + round % 977);
    sem_post(&first_gate);
    spin_ns(round * 7 % 500);
    sem_post(&second_gate);
    posted = round;
    while ((first_round != round || second_round != round) && !is_lost)
      ;
  }
  CHECK(!is_lost);
  stop = true;
  sem_post(&first_gate);
  sem_post(&second_gate);
  pthread_join(first, NULL);
  pthread_join(second, NULL);
  return check_finish();
}

/* Priorities and CPUs of tasks change while these run, wait to run, sleep or wake up. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <unistd.h>

#include "thread_check.h"

/* Below what this thread has, above what threads get by default. */
#define LOW  10
#define HIGH 20
#define MINE 25

static sem_t gate;
static volatile bool stop;
static volatile bool has_begun;
static volatile bool has_run;
static volatile int ran_on;
static volatile unsigned int turns;

static void begin(void)
{
  sem_init(&gate, 0, 0);
  stop = has_begun = has_run = false;
  ran_on = -1;
  set_priority(pthread_self(), MINE);
}

static void *spin(void *argument)
{
  has_begun = true;
  while (!stop)
  {
    ran_on = sched_getcpu();
    turns++;
  }
  return argument;
}

static void *mark(void *argument)
{
  has_run = true;
  return argument;
}

static void *pass_gate(void *argument)
{
  ran_on = sched_getcpu();
  has_begun = true;
  sem_wait(&gate);
  ran_on = sched_getcpu();
  has_run = true;
  return argument;
}

/* ---- Priorities ---- */

/* One that waits to run becomes the equal of the one that runs, which goes on but not for long. */
static void check_raised_to_equal(void)
{
  begin();
  pthread_t other = start_thread(mark, NULL, LOW, (int) uhyve_cpu());
  set_priority(other, MINE);
  CHECK(comes_while_running(&has_run));
  pthread_join(other, NULL);
}

/* The running one becomes the equal of one that waits, or goes below it. */
static void check_lowered_self(void)
{
  begin();
  pthread_t other = start_thread(mark, NULL, HIGH, (int) uhyve_cpu());
  CHECK(!has_run);
  set_priority(pthread_self(), HIGH);
  CHECK(comes_while_running(&has_run));
  pthread_join(other, NULL);

  begin();
  other = start_thread(mark, NULL, HIGH, (int) uhyve_cpu());
  CHECK(!has_run);
  set_priority(pthread_self(), LOW);
  CHECK(has_run);
  pthread_join(other, NULL);
}

/* The same for one that runs on another CPU. */
static void check_lowered_other(int to)
{
  begin();
  pthread_t spinner = start_thread(spin, NULL, HIGH, 1);
  CHECK(comes_while_asleep(&has_begun));
  pthread_t other = start_thread(mark, NULL, 15, 1);
  uhyve_task_sleep(10 * MS);
  CHECK(!has_run);
  set_priority(spinner, to);
  CHECK(comes_while_asleep(&has_run));
  stop = true;
  pthread_join(spinner, NULL);
  pthread_join(other, NULL);
}

/* One that another CPU has been given but has not looked at is raised above what runs there. */
static void check_raised_in_inbox(void)
{
  begin();
  pthread_t low = start_thread(pass_gate, NULL, LOW, 1);
  CHECK(comes_while_asleep(&has_begun));
  has_begun = false;
  pthread_t spinner = start_thread(spin, NULL, HIGH, 1);
  CHECK(comes_while_asleep(&has_begun));
  sem_post(&gate); /* this CPU stays busy: nothing makes the other one look */
  spin_ns(5 * MS);
  CHECK(!has_run);
  set_priority(low, HIGH + 2);
  CHECK(comes_while_running(&has_run));
  stop = true;
  pthread_join(spinner, NULL);
  pthread_join(low, NULL);
}

static volatile unsigned int round_begun, round_posted, round_run, round_ended;
static pthread_t raised;

static void *run_rounds(void *argument)
{
  for (unsigned int round = 1; !stop; round++)
  {
    sem_wait(&gate);
    round_run = round;
  }
  return argument;
}

/* Raises the other above itself: that must come soon, whenever it was woken. */
static void *raise_rounds(void *argument)
{
  bool *is_lost = argument;
  for (unsigned int round = 1; !stop; round++)
  {
    while (round_begun < round && !stop)
      ;
    spin_ns(round * 7 % 3000);
    set_priority(raised, HIGH + 2);
    while (round_posted < round && !stop)
      ;
    uint64_t end_ns = uhyve_now() + 200 * MS;
    while (round_run < round && uhyve_now() < end_ns && !stop)
      ;
    *is_lost = *is_lost || (round_run < round && !stop);
    set_priority(raised, LOW);
    round_ended = round;
  }
  return argument;
}

/* It is woken, for a CPU where a higher one runs, and raised above that one at the same time. */
static void check_raised_while_given(void)
{
  static bool is_lost;
  begin();
  raised = start_thread(run_rounds, NULL, LOW, 1);
  pthread_t raiser = start_thread(raise_rounds, &is_lost, HIGH, 1);
  uint64_t end_ns = uhyve_now() + 300 * MS;
  for (unsigned int round = 1; uhyve_now() < end_ns && !is_lost; round++)
  {
    round_begun = round;
    spin_ns(1000 + round % 977);
    sem_post(&gate);
    round_posted = round;
    while (round_ended < round)
      ;
  }
  CHECK(!is_lost);
  stop = true;
  sem_post(&gate);
  pthread_join(raiser, NULL);
  pthread_join(raised, NULL);
}

/* ---- CPUs ---- */

/* One that another CPU has been given but has not looked at may use this one instead. */
static void check_moved_in_inbox(void)
{
  begin();
  pthread_t low = start_thread(pass_gate, NULL, LOW, 1);
  CHECK(comes_while_asleep(&has_begun));
  has_begun = false;
  pthread_t spinner = start_thread(spin, NULL, HIGH, 1);
  CHECK(comes_while_asleep(&has_begun));
  set_priority(pthread_self(), LOW - 1);
  sem_post(&gate); /* this CPU stays busy: nothing makes the other one look */
  spin_ns(5 * MS);
  CHECK(!has_run);
  bind_to(low, 0);
  CHECK(comes_while_running(&has_run));
  stop = true;
  pthread_join(spinner, NULL);
  pthread_join(low, NULL);
}

static void check_moved_while_blocked(void)
{
  for (int round = 0; round < 4; round++)
  {
    begin();
    pthread_t thread = start_thread(pass_gate, NULL, LOW, ANY_CPU);
    CHECK(comes_while_asleep(&has_begun));
    uhyve_task_sleep(2 * MS); /* so that it sleeps */
    int other = 1 - ran_on;
    bind_to(thread, (unsigned int) other);
    sem_post(&gate);
    pthread_join(thread, NULL);
    CHECK(ran_on == other);
  }
}

/* It never blocks, so it has to be taken off its CPU. */
static void check_moved_while_running(void)
{
  begin();
  pthread_t thread = start_thread(spin, NULL, LOW, ANY_CPU);
  CHECK(comes_while_asleep(&has_begun));
  bool is_moved = true;
  for (int round = 0; round < 50 && is_moved; round++)
  {
    int to = round % 2;
    bind_to(thread, (unsigned int) to);
    uint64_t end_ns = uhyve_now() + 1000 * MS;
    while (ran_on != to && uhyve_now() < end_ns)
      uhyve_task_sleep(200 * US);
    is_moved = ran_on == to;
  }
  CHECK(is_moved);
  stop = true;
  pthread_join(thread, NULL);
}

static void *keep_passing(void *argument)
{
  while (!stop)
  {
    sem_wait(&gate);
    ran_on = sched_getcpu();
    turns++;
  }
  return argument;
}

/* It falls asleep and wakes all the time, often before it has really slept: a change of its CPUs
 * meets it at any point. */
static void check_moved_while_waking(void)
{
  begin();
  pthread_t thread = start_thread(keep_passing, NULL, MINE, ANY_CPU);
  uint64_t stop_ns = uhyve_now() + 300 * MS;
  bool is_moved = true;
  for (unsigned int round = 0; uhyve_now() < stop_ns && is_moved; round++)
  {
    int to = (int) (round % 2);
    bind_to(thread, (unsigned int) to);
    uint64_t end_ns = uhyve_now() + 1000 * MS;
    while (ran_on != to && uhyve_now() < end_ns)
    {
      sem_post(&gate);
      if (round % 8 == 0 || to == (int) uhyve_cpu())
        uhyve_task_sleep(10 * US);
    }
    is_moved = ran_on == to;
  }
  CHECK(is_moved);
  stop = true;
  sem_post(&gate);
  pthread_join(thread, NULL);
}

/* ---- Where a new one begins ---- */

static void *report_cpu(void *argument)
{
  *(volatile int *) argument = sched_getcpu();
  has_run = true;
  return argument;
}

/* On a CPU that is idle; if there is none, on its creator's. The other one's host may be slow, so
 * that it is not yet idle for some rounds. */
static void check_first_cpu(bool other_is_busy)
{
  begin();
  pthread_t spinner = start_thread(other_is_busy ? spin : mark, NULL, HIGH, 1);
  CHECK(comes_while_asleep(other_is_busy ? &has_begun : &has_run));
  uhyve_task_sleep(2 * MS);
  int on_other = 0;
  uint64_t end_ns = uhyve_now() + 5000 * MS;
  for (int round = 0; round < 5 || (!other_is_busy && on_other == 0 && uhyve_now() < end_ns);
       round++)
  {
    volatile int began_on = -1;
    has_run = false;
    pthread_t thread = start_thread(report_cpu, (void *) &began_on, MINE + 1, ANY_CPU);
    CHECK(comes_while_running(&has_run));
    on_other += began_on;
    pthread_join(thread, NULL);
    spin_ns(MS); /* so that the other one has nothing to do again */
  }
  CHECK(other_is_busy ? on_other == 0 : on_other > 0);
  stop = true;
  pthread_join(spinner, NULL);
}

/* ---- Work for an idle CPU ---- */

/* Woken where a higher one runs, it must not wait for that while another CPU has nothing to do. */
static void check_taken_from_inbox(void)
{
  begin();
  pthread_t low = start_thread(pass_gate, NULL, LOW, 1);
  CHECK(comes_while_asleep(&has_begun));
  uhyve_task_sleep(2 * MS);
  CHECK(uhyve_task_set_cpu((struct uhyve_task *) low, UHYVE_ANY_CPU) == 0);
  has_begun = false;
  pthread_t spinner = start_thread(spin, NULL, HIGH, 1);
  CHECK(comes_while_asleep(&has_begun));
  sem_post(&gate);
  CHECK(comes_while_asleep(&has_run));
  stop = true;
  pthread_join(spinner, NULL);
  pthread_join(low, NULL);
}

int main(void)
{
  bind_to(pthread_self(), 0);
  check_raised_to_equal();
  check_lowered_self();
  if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
  {
    check_lowered_other(15);
    check_lowered_other(LOW);
    check_raised_in_inbox();
    check_raised_while_given();
    check_moved_in_inbox();
    check_moved_while_blocked();
    check_moved_while_running();
    check_moved_while_waking();
    check_first_cpu(false);
    check_first_cpu(true);
    check_taken_from_inbox();
  }
  return check_finish();
}

/* Real-time tasks: timers, other CPUs, a long run. An argument gives its length in ms. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <uhyve/realtime.h>
#include <uhyve/sync.h>

#include "realtime_check.h"

/* ---- Timers ---- */

struct periodic
{
  struct uhyve_realtime *task;
  uint64_t first_ns;
  uint64_t period_ns;
  uint64_t work_ns;
  volatile unsigned int runs;
  unsigned int last; /* stops itself then; 0: never */
  bool was_early;
  bool was_torn;
};

/* What the tasks of the long run share under a ceiling: equal outside of it. */
#define SHARED_CEILING 20
static volatile uint64_t shared[2];

static bool change_shared(uint64_t ns)
{
  unsigned int former = uhyve_realtime_lock(SHARED_CEILING);
  bool is_whole = shared[0] == shared[1];
  shared[0]++;
  spin_ns(ns);
  shared[1]++;
  uhyve_realtime_unlock(former);
  return is_whole;
}

static void run_periodic(void *argument)
{
  struct periodic *self = argument;
  uint64_t points = uhyve_realtime_runs(self->task) + uhyve_realtime_missed(self->task);
  if (uhyve_now() < self->first_ns + (points - 1) * self->period_ns)
    self->was_early = true;
  spin_ns(self->work_ns);
  if (!change_shared(self->work_ns / 4))
    self->was_torn = true;
  if (++self->runs == self->last)
    uhyve_realtime_clear_timer(self->task);
}

static void start_periodic(struct periodic *self, unsigned int priority)
{
  self->task = bind(CPU, priority, run_periodic, self);
  self->first_ns = uhyve_now() + MS;
  CHECK(uhyve_realtime_set_timer(self->task, self->first_ns, self->period_ns) == 0);
}

static uint64_t points_of(const struct periodic *self)
{
  return uhyve_realtime_runs(self->task) + uhyve_realtime_missed(self->task);
}

/* Every point in time that has passed is a run or missed, as soon as the interrupt for it has come.
 */
static void stop_periodic(struct periodic *self)
{
  uint64_t least = (uhyve_now() - self->first_ns) / self->period_ns;
  while (self->runs != self->last && points_of(self) + 1 < least)
    spin_ns(1000);
  CHECK(uhyve_realtime_clear_timer(self->task) == 0);
  uint64_t most = (uhyve_now() - self->first_ns) / self->period_ns + 1;
  uint64_t points = points_of(self);
  /* One that waited to run may be dropped. */
  if (!CHECK(points + 1 >= least && points <= most))
    fprintf(stderr, "%llu points, %llu to %llu expected\n", (unsigned long long) points,
            (unsigned long long) least, (unsigned long long) most);
  CHECK(self->runs == uhyve_realtime_runs(self->task));
  CHECK(!self->was_early && !self->was_torn);
  CHECK(uhyve_realtime_free(self->task) == 0);
}

static volatile unsigned int turns;

static void take_turn(void *argument)
{
  (void) argument;
  turns++;
}

static void check_timers(void)
{
  /* No whole number of cycles or microseconds. */
  static struct periodic even = {.period_ns = 333333};
  start_periodic(&even, 7);
  CHECK(uhyve_realtime_set_timer(even.task, 0, 0) == -EBUSY);
  uhyve_task_sleep(200 * MS);
  CHECK(wait_for(&even.runs, 20));
  stop_periodic(&even);
}

static void check_late_timer(void)
{
  /* Takes longer than its period. */
  static struct periodic late = {.period_ns = 300 * US, .work_ns = MS, .last = 20};
  start_periodic(&late, 7);
  CHECK(wait_for(&late.runs, 20));
  CHECK(uhyve_realtime_missed(late.task) >= 2 * 19);
  uhyve_task_sleep(5 * MS);
  CHECK(late.runs == 20);
  CHECK(!late.was_early);
  CHECK(uhyve_realtime_free(late.task) == 0);
}

static void check_single_starts(void)
{
  /* Once, and again; in the past is now. */
  struct uhyve_realtime *once = bind(CPU, 1, take_turn, NULL);
  for (unsigned int i = 1; i <= 3; i++)
  {
    CHECK(uhyve_realtime_set_timer(once, i == 2 ? 0 : uhyve_now() + MS, 0) == 0);
    CHECK(wait_for(&turns, i));
    uhyve_task_sleep(3 * MS);
    CHECK(turns == i);
  }
  CHECK(uhyve_realtime_set_timer(once, 0, MS) == 0);
  CHECK(wait_for(&turns, 6));
  CHECK(uhyve_realtime_clear_timer(once) == 0);
  unsigned int until_now = turns;
  uhyve_task_sleep(5 * MS);
  CHECK(turns == until_now);

  /* Raised while it waits it is missed; a waiting start is cleared. */
  uint64_t missed = uhyve_realtime_missed(once);
  CHECK(uhyve_realtime_set_source(once, 31) == 0);
  unsigned int former = uhyve_realtime_lock(1);
  for (int i = 0; i < 3; i++)
    uhyve_realtime_raise(CPU, 31);
  uhyve_realtime_unlock(former);
  CHECK(turns == until_now + 1 && uhyve_realtime_missed(once) == missed + 2);
  former = uhyve_realtime_lock(1);
  uhyve_realtime_raise(CPU, 31);
  CHECK(uhyve_realtime_clear_timer(once) == 0);
  uhyve_realtime_unlock(former);
  CHECK(turns == until_now + 1);

  CHECK(uhyve_realtime_free(once) == 0);
}

static void check_errors(void)
{
  struct uhyve_realtime *once = bind(CPU, 1, take_turn, NULL);
  CHECK(uhyve_realtime_set_timer(once, UHYVE_FOREVER, 0) == -EINVAL);
  CHECK(uhyve_realtime_set_timer(once, 0, UHYVE_FOREVER) == -EINVAL);
  CHECK(uhyve_realtime_set_source(once, UHYVE_REALTIME_SOURCES) == -EINVAL);
  CHECK(uhyve_realtime_clear_source(uhyve_cpu_count(), 0) == -EINVAL);
  CHECK(uhyve_realtime_raise(uhyve_cpu_count(), 0) == -EINVAL);
  CHECK(uhyve_realtime_raise(CPU, UHYVE_REALTIME_SOURCES) == -EINVAL);
  CHECK(uhyve_realtime_free(once) == 0);
  CHECK(uhyve_realtime_bind(&once, CPU, 0, take_turn, NULL) == -EINVAL);
  CHECK(uhyve_realtime_bind(&once, CPU, 32, take_turn, NULL) == -EINVAL);
  CHECK(uhyve_realtime_bind(&once, uhyve_cpu_count(), 1, take_turn, NULL) == -EINVAL);
}

/* ---- Another CPU ---- */

/* As many as there is time for. */
#define FAR_RAISES    500
#define FAR_LEAST     50
#define FAR_RAISES_NS (2000 * MS)

static volatile bool far_is_busy;
static volatile unsigned int far_turns;
static volatile bool was_elsewhere;

static void *keep_busy(void *argument)
{
  volatile unsigned int *rounds = argument;
  while (far_is_busy)
    (*rounds)++;
  return NULL;
}

static void run_far(void *argument)
{
  if (uhyve_cpu() != 1)
    was_elsewhere = true;
  far_turns++;
  uhyve_semaphore_post(argument);
}

static void raise_far(bool is_busy)
{
  static struct uhyve_semaphore arrived;
  static unsigned int rounds;
  struct uhyve_task *busy = NULL;
  far_is_busy = is_busy;
  if (is_busy)
    CHECK(uhyve_task_create(&busy, "busy", 31, 1, keep_busy, &rounds) == 0);
  struct uhyve_realtime *task = bind(1, 3, run_far, &arrived);
  CHECK(uhyve_realtime_set_source(task, 17) == 0);
  far_turns = 0;
  uint64_t end_ns = uhyve_now() + FAR_RAISES_NS;
  unsigned int raised = 0;
  for (; raised < FAR_RAISES && (raised < FAR_LEAST || uhyve_now() < end_ns); raised++)
  {
    CHECK(uhyve_realtime_raise(1, 17) == 0);
    CHECK(uhyve_semaphore_wait(&arrived, uhyve_now() + 5000 * MS) == 0);
  }
  CHECK(far_turns == raised);
  CHECK(uhyve_realtime_set_timer(task, 0, 200 * US) == 0);
  for (unsigned int i = 0; i < 50; i++)
    CHECK(uhyve_semaphore_wait(&arrived, uhyve_now() + 5000 * MS) == 0);
  CHECK(uhyve_realtime_clear_timer(task) == 0);
  unsigned int until_now = far_turns;
  uhyve_task_sleep(3 * MS);
  CHECK(far_turns == until_now && !was_elsewhere && uhyve_cpu() == CPU);
  CHECK(uhyve_realtime_free(task) == 0);
  CHECK(uhyve_realtime_raise(1, 17) == 0);
  while (uhyve_semaphore_try_wait(&arrived) == 0)
    ;
  far_is_busy = false;
  if (is_busy)
    CHECK(uhyve_task_join(busy, NULL, UHYVE_FOREVER) == 0);
}

/* ---- A long run against a busy ordinary task ---- */

#define SLOTS 10

static volatile bool long_run_ends;
static volatile unsigned int progress;
static volatile bool progress_was_torn;

static void *make_progress(void *argument)
{
  (void) argument;
  while (!long_run_ends)
  {
    if (!change_shared(2 * US))
      progress_was_torn = true;
    progress++;
  }
  return NULL;
}

static void check_long_run(uint64_t duration_ns)
{
  static struct periodic tasks[4] = {
      {.period_ns = 500 * US, .work_ns = 20 * US},
      {.period_ns = 1000 * US, .work_ns = 50 * US},
      {.period_ns = 3777777, .work_ns = 300 * US},
      {.period_ns = 10 * MS, .work_ns = 500 * US},
  };
  static const unsigned int priorities[4] = {SHARED_CEILING, 10, 5, 1};
  struct uhyve_task *busy = NULL;
  CHECK(uhyve_task_create(&busy, "busy", 3, CPU, make_progress, NULL) == 0);
  for (int i = 0; i < 4; i++)
    start_periodic(&tasks[i], priorities[i]);
  for (int i = 0; i < SLOTS; i++)
  {
    unsigned int before = progress;
    uhyve_task_sleep(duration_ns / SLOTS);
    CHECK(progress > before);
  }
  for (int i = 0; i < 4; i++)
  {
    /* A slow machine may take longer for so many. */
    CHECK(wait_for(&tasks[i].runs, (unsigned int) (duration_ns / tasks[i].period_ns / 20)));
    stop_periodic(&tasks[i]);
  }
  long_run_ends = true;
  CHECK(uhyve_task_join(busy, NULL, UHYVE_FOREVER) == 0);
  CHECK(!progress_was_torn && shared[0] == shared[1]);
}

int main(int argc, char **argv)
{
  uint64_t long_run_ms = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
  CHECK(uhyve_task_set_cpu(uhyve_task_current(), CPU) == 0);
  if (uhyve_cpu_count() > 1)
  {
    raise_far(true);
    raise_far(false);
  }
  check_timers();
  check_late_timer();
  check_single_starts();
  check_errors();
  check_long_run(long_run_ms * MS);
  return check_finish();
}

/* Priorities and CPUs of tasks change at random while they run, sleep and wait: all go on, and each
 * is where it was sent when it next begins to run. */
#include <uhyve/sync.h>

#include "stress.h"

#define TASKS    12
#define CHANGERS 3
#define FOLLOW   4 /* tasks that check where they are */

static uint32_t stop;
static struct uhyve_task *tasks[TASKS];
static uint64_t steps[TASKS];
static struct uhyve_mutex mutex;
static uint64_t by_mutex;
static uint64_t guarded; /* by the mutex */

static bool stopped(void)
{
  return __atomic_load_n(&stop, __ATOMIC_RELAXED) != 0;
}

static int random_cpu(struct random *random)
{
  uint64_t cpu = random_below(random, uhyve_cpu_count() + 1);
  return cpu == uhyve_cpu_count() ? UHYVE_ANY_CPU : (int) cpu;
}

static void spin(uint64_t most, struct random *random)
{
  for (volatile uint64_t i = random_below(random, most); i > 0; i--)
    ;
}

/* One that spins long at a high priority would keep the others from running: none does. */
static void *live(void *argument)
{
  uintptr_t number = (uintptr_t) argument;
  struct random random = random_begin(number);
  while (!stopped())
  {
    switch (random_below(&random, 5))
    {
    case 0:
      spin(20000, &random);
      break;
    case 1:
      uhyve_task_sleep(random_below(&random, 300 * US));
      break;
    case 2:
      uhyve_task_yield();
      break;
    case 3:
      uhyve_mutex_lock(&mutex);
      guarded++;
      spin(500, &random);
      uhyve_mutex_unlock(&mutex);
      __atomic_add_fetch(&by_mutex, 1, __ATOMIC_RELAXED);
      break;
    default:
      CHECK(uhyve_task_set_cpu(uhyve_task_current(), random_cpu(&random)) == 0);
      CHECK(uhyve_task_set_priority(uhyve_task_current(),
                                    (unsigned int) random_below(&random, 30)) == 0);
    }
    __atomic_add_fetch(&steps[number], 1, __ATOMIC_RELAXED);
    uhyve_task_sleep(random_below(&random, 50 * US));
  }
  return argument;
}

/* Some of what it does hits tasks that are just moving, being woken, or taken by an idle CPU. */
static void *change(void *argument)
{
  struct random random = random_begin(50 + (uintptr_t) argument);
  while (!stopped())
  {
    struct uhyve_task *task = tasks[random_below(&random, TASKS)];
    for (uint64_t i = random_below(&random, 20); i > 0; i--)
    {
      if (random_below(&random, 2) == 0)
        CHECK(uhyve_task_set_cpu(task, random_cpu(&random)) == 0);
      else
        CHECK(uhyve_task_set_priority(task, (unsigned int) random_below(&random, 30)) == 0);
    }
    uhyve_task_sleep(random_below(&random, 100 * US));
  }
  return argument;
}

/* ---- Where it was sent ---- */

struct follower
{
  struct uhyve_task *task;
  struct uhyve_semaphore go, done;
  unsigned int cpu; /* where it went on */
  bool over;
};

static void *follow(void *argument)
{
  struct follower *follower = argument;
  while (uhyve_semaphore_wait(&follower->go, UHYVE_FOREVER) == 0 && !follower->over)
  {
    uhyve_task_sleep(20 * US); /* it stops running for sure */
    follower->cpu = uhyve_cpu();
    uhyve_semaphore_post(&follower->done);
  }
  return argument;
}

/* Nobody else changes this one: it waits for the semaphore, or is on its way there. */
static void *lead(void *argument)
{
  struct follower *follower = argument;
  struct random random = random_begin((uintptr_t) argument);
  bool good = true;
  while (!stopped())
  {
    unsigned int cpu = (unsigned int) random_below(&random, uhyve_cpu_count());
    if (random_below(&random, 2) == 0)
      spin(5000, &random);
    good = good && uhyve_task_set_cpu(follower->task, (int) cpu) == 0;
    uhyve_semaphore_post(&follower->go);
    uhyve_semaphore_wait(&follower->done, UHYVE_FOREVER);
    good = good && follower->cpu == cpu;
  }
  CHECK(good);
  follower->over = true;
  uhyve_semaphore_post(&follower->go);
  return argument;
}

static void join(struct uhyve_task *task)
{
  CHECK(uhyve_task_join(task, NULL, UHYVE_FOREVER) == 0);
}

int main(int argc, char **argv)
{
  static struct follower followers[FOLLOW];
  struct uhyve_task *changers[CHANGERS], *leaders[FOLLOW];
  stress_begin(argc, argv, 100);
  CHECK(uhyve_task_set_priority(uhyve_task_current(), 31) == 0);
  for (uintptr_t i = 0; i < TASKS; i++)
    CHECK(uhyve_task_create(&tasks[i], NULL, 10, UHYVE_ANY_CPU, live, (void *) i) == 0);
  for (uintptr_t i = 0; i < CHANGERS; i++)
    CHECK(uhyve_task_create(&changers[i], NULL, 30, UHYVE_ANY_CPU, change, (void *) i) == 0);
  for (unsigned int i = 0; i < FOLLOW; i++)
  {
    CHECK(uhyve_task_create(&followers[i].task, NULL, 10 + 3 * i, UHYVE_ANY_CPU, follow,
                            &followers[i]) == 0);
    CHECK(uhyve_task_create(&leaders[i], NULL, 14, UHYVE_ANY_CPU, lead, &followers[i]) == 0);
  }
  bool all;
  do
  {
    uhyve_task_sleep(5 * MS);
    all = true;
    for (unsigned int i = 0; i < TASKS; i++)
      all = all && __atomic_load_n(&steps[i], __ATOMIC_RELAXED) >= stress_size;
  } while (!all || stress_goes_on());
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < CHANGERS; i++)
    join(changers[i]);
  for (unsigned int i = 0; i < TASKS; i++)
    join(tasks[i]);
  for (unsigned int i = 0; i < FOLLOW; i++)
  {
    join(leaders[i]);
    join(followers[i].task);
  }
  CHECK(guarded == by_mutex);
  return stress_finish();
}

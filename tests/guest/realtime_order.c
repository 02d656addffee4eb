/* Real-time tasks: order, ceilings, what they may call. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uhyve/realtime.h>
#include <uhyve/sync.h>

#include "realtime_check.h"

/* ---- Order ---- */

#define ORDERED 6

static unsigned int order[2 * ORDERED];
static unsigned int order_length;

static void note_turn(void *argument)
{
  order[order_length++ % (2 * ORDERED)] = *(unsigned int *) argument;
}

static void check_order(void)
{
  static unsigned int priorities[ORDERED] = {3, 12, 7, 31, 12, 1};
  static const unsigned int expected[ORDERED] = {31, 12, 12, 7, 3, 1};
  struct uhyve_realtime *tasks[ORDERED];
  for (unsigned int i = 0; i < ORDERED; i++)
  {
    tasks[i] = bind(CPU, priorities[i], note_turn, &priorities[i]);
    CHECK(uhyve_realtime_set_source(tasks[i], i) == 0);
  }
  unsigned int former = uhyve_realtime_lock(UHYVE_REALTIME_PRIORITIES);
  for (unsigned int i = 0; i < ORDERED; i++)
    CHECK(uhyve_realtime_raise(CPU, i) == 0);
  CHECK(order_length == 0);
  uhyve_realtime_unlock(former);
  CHECK(order_length == ORDERED && memcmp(order, expected, sizeof(expected)) == 0);
  /* One by one each has run when the call returns. */
  order_length = 0;
  for (unsigned int i = 0; i < ORDERED; i++)
  {
    CHECK(uhyve_realtime_raise(CPU, i) == 0);
    CHECK(order_length == i + 1 && order[i] == priorities[i]);
  }
  CHECK(uhyve_realtime_clear_source(CPU, 0) == 0);
  CHECK(uhyve_realtime_raise(CPU, 0) == 0 && order_length == ORDERED);
  for (unsigned int i = 0; i < ORDERED; i++)
  {
    CHECK(uhyve_realtime_runs(tasks[i]) == 2 && uhyve_realtime_missed(tasks[i]) == 0);
    CHECK(uhyve_realtime_free(tasks[i]) == 0);
    CHECK(uhyve_realtime_raise(CPU, i) == 0);
  }
  CHECK(order_length == ORDERED);
}

/* ---- Ceilings ---- */

static volatile unsigned int turns[4];

static void take_turn(void *argument)
{
  turns[(uintptr_t) argument]++;
}

static volatile bool held_back;

/* Priority 2; source 1 has priority 6, source 0 has 5. */
static void lock_inside(void *argument)
{
  (void) argument;
  unsigned int before = turns[0];
  unsigned int former = uhyve_realtime_lock(5);
  uhyve_realtime_raise(CPU, 0);
  bool is_right = turns[0] == before;
  unsigned int above = turns[1];
  uhyve_realtime_raise(CPU, 1);
  is_right = is_right && turns[1] == above + 1;
  unsigned int inner = uhyve_realtime_lock(1); /* lower: changes nothing */
  uhyve_realtime_unlock(inner);
  is_right = is_right && turns[0] == before;
  uhyve_realtime_unlock(former);
  held_back = is_right && turns[0] == before + 1;
}

static volatile bool waiter_ran;

static void *wait_here(void *argument)
{
  uhyve_semaphore_wait(argument, UHYVE_FOREVER);
  waiter_ran = true;
  return NULL;
}

static void check_ceilings(void)
{
  struct uhyve_realtime *tasks[4];
  static const unsigned int priorities[4] = {5, 6, 3, 2};
  for (unsigned int i = 0; i < 4; i++)
  {
    tasks[i] = bind(CPU, priorities[i], i == 3 ? lock_inside : take_turn, (void *) (uintptr_t) i);
    CHECK(uhyve_realtime_set_source(tasks[i], i) == 0);
  }

  unsigned int former = uhyve_realtime_lock(5);
  CHECK(former == 0);
  uhyve_realtime_raise(CPU, 0);
  CHECK(turns[0] == 0);
  uhyve_realtime_raise(CPU, 1);
  CHECK(turns[1] == 1 && turns[0] == 0);
  uhyve_realtime_unlock(former);
  CHECK(turns[0] == 1);

  former = uhyve_realtime_lock(3);
  unsigned int inner = uhyve_realtime_lock(8);
  CHECK(inner == 3);
  uhyve_realtime_raise(CPU, 1);
  uhyve_realtime_raise(CPU, 2);
  CHECK(turns[1] == 1 && turns[2] == 0);
  uhyve_realtime_unlock(inner);
  CHECK(turns[1] == 2 && turns[2] == 0);
  uhyve_realtime_unlock(former);
  CHECK(turns[2] == 1);

  uhyve_realtime_raise(CPU, 3);
  CHECK(held_back && turns[0] == 2 && turns[1] == 3);

  for (unsigned int i = 0; i < 4; i++)
    CHECK(uhyve_realtime_free(tasks[i]) == 0);
}

/* No other ordinary task goes first, whatever its priority and the holder's, who stays. */
static void check_holder(void)
{
  struct uhyve_task *self = uhyve_task_current();
  struct uhyve_realtime *task = bind(CPU, 1, take_turn, NULL);
  static struct uhyve_semaphore post;
  struct uhyve_task *waiter = NULL;
  CHECK(uhyve_task_create(&waiter, "waiter", 31, CPU, wait_here, &post) == 0);
  unsigned int former = uhyve_realtime_lock(1);
  CHECK(uhyve_task_priority(self) == UHYVE_PRIORITY_DEFAULT);
  CHECK(uhyve_task_set_priority(self, 7) == 0 && uhyve_task_priority(self) == 7);
  uhyve_semaphore_post(&post);
  spin_ns(10 * MS);
  CHECK(!waiter_ran);
  struct uhyve_realtime *none = NULL;
  CHECK(uhyve_realtime_bind(&none, CPU, 1, take_turn, NULL) == -EPERM);
  CHECK(uhyve_realtime_free(task) == -EPERM);
  if (uhyve_cpu_count() > 1)
    CHECK(uhyve_task_set_cpu(self, 1) == 0 && uhyve_cpu() == CPU);
  uhyve_realtime_unlock(former);
  CHECK(uhyve_task_priority(self) == 7);
  if (uhyve_cpu_count() > 1)
    CHECK(uhyve_cpu() == 1 && uhyve_task_set_cpu(self, CPU) == 0);
  CHECK(waiter_ran);
  CHECK(uhyve_task_join(waiter, NULL, UHYVE_FOREVER) == 0);
  CHECK(uhyve_task_set_priority(self, UHYVE_PRIORITY_DEFAULT) == 0);
  CHECK(uhyve_realtime_free(task) == 0);
}

/* Equals take turns though each holds a ceiling nearly all the time. */
#define TURNS 100
static uint64_t holders_end_ns;
static volatile unsigned int holders_rounds[2];

/* Where the host takes the CPU away it takes longer, but if one has it alone, that does to the end.
 */
static bool holders_go_on(void)
{
  uint64_t now_ns = uhyve_now();
  return now_ns < holders_end_ns || (now_ns < holders_end_ns + 5000 * MS &&
                                     (holders_rounds[0] <= TURNS || holders_rounds[1] <= TURNS));
}

static void *hold_often(void *argument)
{
  volatile unsigned int *rounds = argument;
  while (holders_go_on())
  {
    unsigned int former = uhyve_realtime_lock(9);
    spin_ns(20 * US);
    uhyve_realtime_unlock(former);
    (*rounds)++;
  }
  return NULL;
}

static void check_shares(void)
{
  struct uhyve_task *tasks[2];
  holders_end_ns = uhyve_now() + 200 * MS;
  for (int i = 0; i < 2; i++)
    CHECK(uhyve_task_create(&tasks[i], "holder", 12, CPU, hold_often,
                            (void *) &holders_rounds[i]) == 0);
  for (int i = 0; i < 2; i++)
    CHECK(uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER) == 0);
  CHECK(holders_rounds[0] > TURNS && holders_rounds[1] > TURNS);
}

/* ---- What it may call ---- */

static volatile bool calls_are_right;
static struct uhyve_realtime *caller;

static void make_calls(void *argument)
{
  struct uhyve_realtime *none = NULL;
  bool is_right = uhyve_realtime_bind(&none, CPU, 1, take_turn, NULL) == -EPERM;
  is_right = is_right && uhyve_realtime_free(caller) == -EPERM;
  if (uhyve_cpu_count() > 1)
    is_right = is_right && uhyve_realtime_clear_source(1, 0) == -EPERM;
  is_right = is_right && strcmp(uhyve_task_name(uhyve_task_current()), "real-time") == 0;
  is_right = is_right && uhyve_task_id(uhyve_task_current()) != 1 && uhyve_cpu() == CPU;
  uhyve_task_yield();
  /* What it prints with has a state of the C library. Nobody else uses the heap now. */
  char text[32];
  snprintf(text, sizeof(text), "%.3f %s", 2.0 / 3.0, "of it");
  is_right = is_right && strcmp(text, "0.667 of it") == 0;
  calls_are_right = is_right;
  uhyve_semaphore_post(argument);
}

/* Memory that nothing has touched. */
static char fresh[64 << 10];

static void touch_fresh(void *argument)
{
  char *heap = *(char **) argument;
  for (size_t i = 0; i < 4 << 20; i += 4096)
    heap[i] = 1;
  for (size_t i = 0; i < sizeof(fresh); i += 4096)
    fresh[i] = 1;
}

static void check_calls(void)
{
  static struct uhyve_semaphore called;
  caller = bind(CPU, 9, make_calls, &called);
  CHECK(uhyve_realtime_set_timer(caller, uhyve_now() + MS, 0) == 0);
  CHECK(uhyve_semaphore_wait(&called, uhyve_now() + 5000 * MS) == 0);
  CHECK(calls_are_right);
  CHECK(uhyve_realtime_free(caller) == 0);

  static char *heap;
  heap = malloc(4 << 20);
  struct uhyve_realtime *toucher = bind(CPU, 9, touch_fresh, &heap);
  CHECK(uhyve_realtime_set_source(toucher, 2) == 0);
  CHECK(uhyve_realtime_raise(CPU, 2) == 0);
  CHECK(uhyve_realtime_runs(toucher) == 1 && heap[4096] == 1);
  CHECK(uhyve_realtime_free(toucher) == 0);
  free(heap);
}

/* The server is made on a CPU that is idle. */
static void check_idle_cpu(void)
{
  unsigned int before = turns[0];
  struct uhyve_realtime *task = bind(1, 3, take_turn, NULL);
  CHECK(uhyve_realtime_set_source(task, 4) == 0);
  CHECK(uhyve_realtime_raise(1, 4) == 0);
  CHECK(wait_for(&turns[0], before + 1));
  CHECK(uhyve_realtime_free(task) == 0);
}

int main(void)
{
  CHECK(uhyve_task_set_cpu(uhyve_task_current(), CPU) == 0);
  check_order();
  check_ceilings();
  check_holder();
  check_shares();
  check_calls();
  if (uhyve_cpu_count() > 1)
    check_idle_cpu();
  return check_finish();
}

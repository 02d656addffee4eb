/* What real-time tasks must not do, one each run: the program ends with a report. */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uhyve/realtime.h>
#include <uhyve/sync.h>

#define CPU         0
#define MS          1000000ull
#define PATIENCE    (5000 * MS)
#define STACK_BYTES (256ul << 10)
#define LEAVE_OUT   (12ul << 10) /* less than what an interrupted task must leave */

static struct uhyve_semaphore never;
static struct uhyve_realtime *higher;

/* Something to do behind a call, so that it is one. */
static volatile unsigned int after;

static __attribute__((noinline)) void block_in_task(void *argument)
{
  uhyve_semaphore_wait(argument, UHYVE_FOREVER);
  after++;
}

static __attribute__((noinline)) void end_in_task(void *argument)
{
  pthread_exit(argument);
}

static __attribute__((noinline)) void access_in_task(void *argument)
{
  (void) argument;
  static int *volatile nowhere;
  *nowhere = 1; /* NOLINT(clang-analyzer-core.NullDereference) */
}

/* Waits for an interrupt by the higher one. A timer that is due before its call has ended comes by
 * a call instead, on little stack: then once more. */
static void nest_in_task(void *argument)
{
  (void) argument;
  uint64_t end_ns = uhyve_now() + PATIENCE;
  while (uhyve_now() < end_ns)
  {
    uint64_t runs = uhyve_realtime_runs(higher);
    uhyve_realtime_set_timer(higher, uhyve_now() + MS, 0);
    while (uhyve_realtime_runs(higher) == runs && uhyve_now() < end_ns)
      ;
  }
}

/* Uses that much of the stack. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static __attribute__((noinline)) unsigned int descend(uintptr_t from, size_t depth_bytes)
{
  volatile char here[1024];
  here[0] = 1;
  if (from - (uintptr_t) here < depth_bytes)
    return descend(from, depth_bytes) + (unsigned char) here[0];
  nest_in_task(NULL);
  return (unsigned char) here[0];
}

static __attribute__((noinline)) void overflow_in_task(void *argument)
{
  (void) argument;
  descend((uintptr_t) __builtin_frame_address(0), SIZE_MAX);
}

static void fill_in_task(void *argument)
{
  (void) argument;
  descend((uintptr_t) __builtin_frame_address(0), STACK_BYTES - LEAVE_OUT);
}

static void ignore(void *argument)
{
  (void) argument;
}

static __attribute__((noinline)) void block_under_ceiling(void)
{
  uhyve_realtime_lock(1);
  uhyve_task_sleep(MS);
  after++;
}

static void *leave_under_ceiling(void *argument)
{
  uhyve_realtime_lock(1);
  after++;
  return argument;
}

static void run(void (*function)(void *argument))
{
  struct uhyve_realtime *task;
  if (uhyve_realtime_bind(&task, CPU, 3, function, &never) == 0 &&
      uhyve_realtime_set_timer(task, uhyve_now() + MS, 0) == 0)
    uhyve_task_sleep(PATIENCE);
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "";
  puts(way);
  uhyve_task_set_cpu(uhyve_task_current(), CPU);
  if (strcmp(way, "block") == 0)
    run(block_in_task);
  else if (strcmp(way, "end") == 0)
    run(end_in_task);
  else if (strcmp(way, "access") == 0)
    run(access_in_task);
  else if (strcmp(way, "nested") == 0 &&
           uhyve_realtime_bind(&higher, CPU, 9, access_in_task, NULL) == 0)
    run(nest_in_task);
  else if (strcmp(way, "overflow") == 0)
    run(overflow_in_task);
  else if (strcmp(way, "full") == 0 && uhyve_realtime_bind(&higher, CPU, 9, ignore, NULL) == 0)
    run(fill_in_task);
  else if (strcmp(way, "hold") == 0)
    block_under_ceiling();
  else if (strcmp(way, "leave") == 0)
  {
    struct uhyve_task *task;
    uhyve_task_create(&task, "leaver", 20, CPU, leave_under_ceiling, NULL);
    uhyve_task_join(task, NULL, UHYVE_FOREVER);
  }
  puts("nothing happened");
  return 1;
}

/* Priorities: of tasks on one CPU the highest priority runs first, and equals share the CPU.
 *
 * uhyve-cc -O2 priorities.c -o priorities && uhyve priorities
 */
#include <stdio.h>
#include <time.h>

#include <uhyve/sync.h>
#include <uhyve/task.h>

#define CPU        0
#define TASKS      5
#define EQUALS     3
#define SHARE_MS   300
#define NS_PER_MS  1000000ull
#define NS_PER_S   1000000000ull
#define PERCENT    100
#define MAIN_FIRST (UHYVE_PRIORITIES - 1)

/* ---- The higher priority runs first ---- */

static struct uhyve_semaphore finished;
static unsigned int order[TASKS];
static unsigned int order_length; /* one CPU and one task after the other: no lock needed */

static void *note_turn(void *argument)
{
  order[order_length++] = *(unsigned int *) argument;
  uhyve_semaphore_post(&finished);
  return NULL;
}

static void show_order(void)
{
  static unsigned int priorities[TASKS] = {3, 12, 7, 20, 15};
  printf("started with priority:");
  for (int i = 0; i < TASKS; i++)
  {
    uhyve_task_create(NULL, "turn", priorities[i], CPU, note_turn, &priorities[i]);
    printf(" %u", priorities[i]);
  }
  printf("\nran in this order:    ");
  for (int i = 0; i < TASKS; i++)
    uhyve_semaphore_wait(&finished, UHYVE_FOREVER);
  for (int i = 0; i < TASKS; i++)
    printf(" %u", order[i]);
  printf("\n");
}

/* ---- Equals share the CPU ---- */

static uint64_t share_end;

/* Notes the processor time that the task has got. */
static void *use_share(void *argument)
{
  struct timespec used;
  while (uhyve_now() < share_end)
    ;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  *(uint64_t *) argument = (uint64_t) used.tv_sec * NS_PER_S + (uint64_t) used.tv_nsec;
  return NULL;
}

static void show_shares(void)
{
  struct uhyve_task *tasks[EQUALS];
  uint64_t used_ns[EQUALS] = {0};
  uint64_t all_ns = 0;
  share_end = uhyve_now() + SHARE_MS * NS_PER_MS;
  for (int i = 0; i < EQUALS; i++)
    uhyve_task_create(&tasks[i], "equal", UHYVE_PRIORITY_DEFAULT, CPU, use_share, &used_ns[i]);
  for (int i = 0; i < EQUALS; i++)
  {
    uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER);
    all_ns += used_ns[i];
  }
  printf("%d equals for %d ms:  ", EQUALS, SHARE_MS);
  for (int i = 0; i < EQUALS; i++)
    printf(" %2llu%%", (unsigned long long) (used_ns[i] * PERCENT / all_ns));
  printf("\n");
}

int main(void)
{
  /* On the tasks' CPU and before all of them, so that none begins until all are there. */
  uhyve_task_set_cpu(uhyve_task_current(), CPU);
  uhyve_task_set_priority(uhyve_task_current(), MAIN_FIRST);
  show_order();
  show_shares();
  return 0;
}

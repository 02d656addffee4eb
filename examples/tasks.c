/* Tasks on all CPUs: each counts primes in ranges that it takes until there are no more.
 *
 * uhyve-cc -O2 tasks.c -o tasks && uhyve -c 4 tasks
 */
#include <stdio.h>

#include <uhyve/sync.h>
#include <uhyve/task.h>

#define CPUS_MAX    64
#define RANGE       2000
#define RANGES      100
#define BAR_COLUMNS 40

struct worker
{
  struct uhyve_task *task;
  unsigned int ranges;
  unsigned int primes;
};

static struct uhyve_mutex mutex; /* guards next_range; all zero is a valid mutex */
static unsigned int next_range;

static int is_prime(unsigned int number)
{
  if (number < 2)
    return 0;
  for (unsigned int divisor = 2; divisor * divisor <= number; divisor++)
  {
    if (number % divisor == 0)
      return 0;
  }
  return 1;
}

/* Returns RANGES when all are taken. */
static unsigned int take_range(void)
{
  uhyve_mutex_lock(&mutex);
  unsigned int range = next_range;
  if (range < RANGES)
    next_range++;
  uhyve_mutex_unlock(&mutex);
  return range;
}

static void *work(void *argument)
{
  struct worker *worker = argument;
  unsigned int range;
  while ((range = take_range()) < RANGES)
  {
    for (unsigned int i = 0; i < RANGE; i++)
      worker->primes += (unsigned int) is_prime(range * RANGE + i);
    worker->ranges++;
  }
  return NULL;
}

int main(void)
{
  static struct worker workers[CPUS_MAX];
  unsigned int count = uhyve_cpu_count() < CPUS_MAX ? uhyve_cpu_count() : CPUS_MAX;
  printf("%u %s, %u ranges of %u numbers\n", count, count == 1 ? "CPU" : "CPUs", RANGES, RANGE);
  for (unsigned int i = 0; i < count; i++)
  {
    char name[32];
    snprintf(name, sizeof(name), "worker %u", i);
    int error = uhyve_task_create(&workers[i].task, name, UHYVE_PRIORITY_DEFAULT, (int) i, work,
                                  &workers[i]);
    if (error != 0)
      return 1;
  }
  unsigned int primes = 0;
  for (unsigned int i = 0; i < count; i++)
  {
    uhyve_task_join(workers[i].task, NULL, UHYVE_FOREVER);
    primes += workers[i].primes;
  }
  for (unsigned int i = 0; i < count; i++)
  {
    unsigned int columns = (workers[i].ranges * BAR_COLUMNS + RANGES - 1) / RANGES;
    printf("CPU %-2u %3u ranges ", i, workers[i].ranges);
    for (unsigned int column = 0; column < columns; column++)
      putchar('#');
    putchar('\n');
  }
  printf("%u primes below %u\n", primes, RANGES * RANGE);
  return 0;
}

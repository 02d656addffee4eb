/* Tasks with values in all registers and a stack pointer that points nowhere lose none of them when
 * others preempt them, also where they go on on another CPU. */
#include "keep_registers.h"
#include "stress.h"

#define KEEPERS 4
#define CPUS    4

static uint32_t stop;
static uint32_t interruptions; /* by others */
static uint32_t moves;

static void *keep(void *argument)
{
  struct keeper *keeper = aligned_alloc(_Alignof(struct keeper), sizeof(*keeper));
  struct random random = random_begin((uintptr_t) argument);
  unsigned int cpu = uhyve_cpu();
  keeper->level = (uint64_t) keeper_level();
  while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
  {
    keeper_fill(keeper, &random);
    keeper->iterations = 1 + random_below(&random, stress_size);
    keep_registers(keeper);
    const char *what = keeper_changed(keeper);
    if (what != NULL)
      fprintf(stderr, "changed: %s\n", what);
    CHECK(what == NULL);
    if (uhyve_cpu() != cpu)
      __atomic_add_fetch(&moves, 1, __ATOMIC_RELAXED);
    cpu = uhyve_cpu();
  }
  free(keeper);
  return NULL;
}

static void *interrupt(void *argument)
{
  struct random random = random_begin(100 + (uintptr_t) argument);
  bool good = true;
  while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
  {
    uhyve_task_sleep(20 * US + random_below(&random, 100 * US));
    good = keeper_compute(__atomic_add_fetch(&interruptions, 1, __ATOMIC_RELAXED) % 4096) && good;
  }
  CHECK(good);
  return NULL;
}

static bool has_enough(unsigned int cpus)
{
  return __atomic_load_n(&interruptions, __ATOMIC_RELAXED) >= stress_size / 5 &&
         (cpus == 1 || __atomic_load_n(&moves, __ATOMIC_RELAXED) != 0);
}

int main(int argc, char **argv)
{
  struct uhyve_task *keepers[KEEPERS];
  struct uhyve_task *interrupters[CPUS];
  unsigned int cpus = uhyve_cpu_count() < CPUS ? uhyve_cpu_count() : CPUS;
  stress_begin(argc, argv, 5000);
  CHECK(getenv("NEEDS_AVX512") == NULL || keeper_level() == KEEP_AVX512);
  struct random random = random_begin(1000);
  CHECK(uhyve_task_set_priority(uhyve_task_current(), 30) == 0);
  for (uintptr_t i = 0; i < KEEPERS; i++)
    CHECK(uhyve_task_create(&keepers[i], "keeper", 10, UHYVE_ANY_CPU, keep, (void *) i) == 0);
  for (uintptr_t i = 0; i < cpus; i++)
    CHECK(uhyve_task_create(&interrupters[i], "interrupter", 20, (int) i, interrupt, (void *) i) ==
          0);
  /* Sends them from CPU to CPU. A slow machine takes longer for enough interruptions, and one whose
   * CPUs get no time of the host for a move. */
  while (stress_goes_on() || !has_enough(cpus))
  {
    uhyve_task_sleep(MS);
    struct uhyve_task *task = keepers[random_below(&random, KEEPERS)];
    CHECK(uhyve_task_set_cpu(task, random_below(&random, 2) == 0
                                       ? UHYVE_ANY_CPU
                                       : (int) random_below(&random, cpus)) == 0);
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < KEEPERS; i++)
    CHECK(uhyve_task_join(keepers[i], NULL, UHYVE_FOREVER) == 0);
  for (unsigned int i = 0; i < cpus; i++)
    CHECK(uhyve_task_join(interrupters[i], NULL, UHYVE_FOREVER) == 0);
  return stress_finish();
}

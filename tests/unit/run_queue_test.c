/* Tests of guest/sched/run_queue.c: priorities, run times, epochs, against a plain array. */
#include <stdlib.h>

#include "sched/run_time.h"
#include "sched/sched.h"
#include "unit_test.h"

#define EPOCH ((uint64_t) EPOCH_HALF_LIVES << HALF_LIFE_SHIFT)

enum
{
  TASKS = 60,
  STEPS = 50000
};

struct fixture
{
  struct percpu cpu;
  struct task tasks[TASKS];
};

static int setup(void **state)
{
  struct fixture *fixture = aligned_alloc(64, sizeof(*fixture));
  assert_non_null(fixture);
  *fixture = (struct fixture){.cpu.area.cpu = 3};
  *state = fixture;
  return 0;
}

static int teardown(void **state)
{
  free(*state);
  return 0;
}

static void add(struct fixture *fixture, unsigned int index, unsigned int priority,
                uint64_t run_time)
{
  struct task *task = &fixture->tasks[index];
  task->priority = priority;
  task->run_time = run_time;
  task->run_epoch = fixture->cpu.decay_epoch;
  run_queue_add(&fixture->cpu, task);
}

static void test_empty(void **state)
{
  struct fixture *fixture = *state;
  assert_int_equal(run_queue_best(&fixture->cpu), -1);
  assert_null(run_queue_take(&fixture->cpu));
  add(fixture, 0, 4, 0);
  assert_int_equal(fixture->tasks[0].cpu, 3);
  assert_true(fixture->tasks[0].is_queued);
  assert_ptr_equal(run_queue_take(&fixture->cpu), &fixture->tasks[0]);
  assert_false(fixture->tasks[0].is_queued);
  assert_null(run_queue_take(&fixture->cpu));
}

static void test_priority_first_then_run_time(void **state)
{
  struct fixture *fixture = *state;
  struct task *tasks = fixture->tasks;
  add(fixture, 0, 4, 1);
  add(fixture, 1, 9, 900);
  add(fixture, 2, 9, 100);
  add(fixture, 3, RUN_PRIORITIES - 1, UINT64_MAX);
  add(fixture, 4, 0, 0);
  add(fixture, 5, 9, 100);
  assert_int_equal(run_queue_best(&fixture->cpu), RUN_PRIORITIES - 1);
  assert_ptr_equal(run_queue_first(&fixture->cpu, 9), &tasks[2]);
  assert_int_equal(fixture->cpu.queue.waiting, 6);
  static const unsigned int expected[] = {3, 2, 5, 1, 0, 4};
  for (size_t i = 0; i < COUNT_OF(expected); i++)
    assert_ptr_equal(run_queue_take(&fixture->cpu), &tasks[expected[i]]);
  assert_int_equal(fixture->cpu.queue.waiting, 0);
}

static void test_a_task_of_a_later_epoch(void **state)
{
  struct fixture *fixture = *state;
  struct task *tasks = fixture->tasks;
  add(fixture, 0, 5, 3u << EPOCH_HALF_LIVES);
  add(fixture, 1, 5, 1u << EPOCH_HALF_LIVES);
  /* From a CPU that is an epoch further: all of the queue follow. */
  tasks[2] = (struct task){.priority = 5, .run_time = 2, .run_epoch = 1};
  run_queue_add(&fixture->cpu, &tasks[2]);
  assert_int_equal(fixture->cpu.decay_epoch, 1);
  assert_int_equal(tasks[0].run_time, 3);
  assert_int_equal(tasks[1].run_time, 1);
  /* From one that is behind. */
  tasks[3] = (struct task){.priority = 5, .run_time = 4u << EPOCH_HALF_LIVES, .run_epoch = 0};
  run_queue_add(&fixture->cpu, &tasks[3]);
  assert_int_equal(tasks[3].run_time, 4);
  static const unsigned int expected[] = {1, 2, 0, 3};
  for (size_t i = 0; i < COUNT_OF(expected); i++)
    assert_ptr_equal(run_queue_take(&fixture->cpu), &tasks[expected[i]]);
}

static void test_charge(void **state)
{
  struct fixture *fixture = *state;
  struct task *task = &fixture->tasks[0];
  fixture->cpu.run_since_tsc = 2 * EPOCH;
  fixture->cpu.current = task;
  task->run_epoch = run_time_epoch(2 * EPOCH);
  fixture->cpu.decay_epoch = task->run_epoch;
  sched_charge(&fixture->cpu, 2 * EPOCH + 1000);
  assert_int_equal(task->run_cycles, 1000);
  assert_int_equal(task->run_time, 1000);
  /* In the next epoch: what was counts 2^16 times less. */
  task->run_time = 5u << EPOCH_HALF_LIVES;
  fixture->cpu.run_since_tsc = 3 * EPOCH;
  sched_charge(&fixture->cpu, 3 * EPOCH + 10);
  assert_int_equal(task->run_time, 15);
  assert_int_equal(task->run_cycles, 1010);
}

/* The one of the queue that has to be next; null if its place among equals is open. */
static bool is_next(const struct fixture *fixture, const struct task *taken)
{
  for (int i = 0; i < TASKS; i++)
  {
    const struct task *task = &fixture->tasks[i];
    if (task->is_queued &&
        (task->priority > taken->priority ||
         (task->priority == taken->priority && task->run_time < taken->run_time)))
      return false;
  }
  return true;
}

static void test_random(void **state)
{
  struct fixture *fixture = *state;
  struct percpu *cpu = &fixture->cpu;
  uint64_t seed = 5;
  uint32_t queued = 0;
  for (unsigned int i = 0; i < STEPS; i++)
  {
    struct task *task = &fixture->tasks[random_next(&seed) % TASKS];
    if (random_next(&seed) % 200 == 0)
      sched_begin_epoch(cpu, cpu->decay_epoch + (uint32_t) (random_next(&seed) % 3));
    if (!task->is_queued)
    {
      task->priority = (unsigned int) (random_next(&seed) % RUN_PRIORITIES);
      task->run_time = random_magnitude(&seed);
      /* Now and then one of another CPU's epoch. */
      task->run_epoch = cpu->decay_epoch;
      if (random_next(&seed) % 100 == 0)
        task->run_epoch += (uint32_t) (random_next(&seed) % 3) - 1;
      run_queue_add(cpu, task);
      queued++;
    }
    else if (random_next(&seed) % 2 == 0)
    {
      run_queue_remove(cpu, task);
      queued--;
    }
    else
    {
      const struct task *taken = run_queue_take(cpu);
      assert_non_null(taken);
      assert_false(taken->is_queued);
      assert_true(is_next(fixture, taken));
      queued--;
    }
    assert_int_equal(cpu->queue.waiting, queued);
    for (int k = 0; k < TASKS; k++)
      assert_true(!fixture->tasks[k].is_queued ||
                  (fixture->tasks[k].run_epoch == cpu->decay_epoch &&
                   fixture->tasks[k].node.key == fixture->tasks[k].run_time));
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_empty),
      TEST(test_priority_first_then_run_time),
      TEST(test_a_task_of_a_later_epoch),
      TEST(test_charge),
      TEST(test_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

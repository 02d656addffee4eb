/* Tests of guest/sched/run_time.h: half-life, epochs, and that no change of epoch changes who has
 * run less. */
#include "sched/run_time.h"

#include <stdbool.h>

#include "unit_test.h"

#define HALF_LIFE (UINT64_C(1) << HALF_LIFE_SHIFT)
#define EPOCH     (EPOCH_HALF_LIVES * HALF_LIFE)

enum
{
  TASKS = 8,
  STEPS = 20000
};

static void test_half_life(void **state)
{
  (void) state;
  uint64_t begin_tsc = 1000 * EPOCH;
  for (unsigned int i = 0; i + 1 < EPOCH_HALF_LIVES; i++)
  {
    uint64_t now_tsc = begin_tsc + i * HALF_LIFE;
    /* Within a half-life the weight is the same, in the next it is twice that. */
    assert_int_equal(run_time_charge(now_tsc, 1000), 1000u << i);
    assert_int_equal(run_time_charge(now_tsc + HALF_LIFE - 1, 1000), 1000u << i);
    assert_int_equal(run_time_charge(now_tsc + HALF_LIFE, 1000), 2000u << i);
  }
}

static void test_weight_goes_on_over_epochs(void **state)
{
  (void) state;
  uint64_t begin_tsc = 77 * EPOCH;
  uint64_t before = run_time_charge(begin_tsc - 1, 1 << 20);
  uint64_t after = run_time_charge(begin_tsc, 1 << 20);
  uint32_t old_epoch = run_time_epoch(begin_tsc - 1);
  uint32_t new_epoch = run_time_epoch(begin_tsc);
  assert_int_equal(new_epoch, old_epoch + 1);
  assert_int_equal(run_time_rebase(before, old_epoch, new_epoch), after / 2);
}

static void test_rebase(void **state)
{
  (void) state;
  uint64_t all = UINT64_MAX;
  assert_int_equal(run_time_rebase(all, 5, 5), all);
  assert_int_equal(run_time_rebase(all, 5, 6), all >> EPOCH_HALF_LIVES);
  assert_int_equal(run_time_rebase(all, 5, 8), all >> 3 * EPOCH_HALF_LIVES);
  assert_int_equal(run_time_rebase(all, 5, 9), 0);
  assert_int_equal(run_time_rebase(all, 5, 1000000), 0);
  /* Over the end of the epochs. */
  assert_int_equal(run_time_rebase(all, UINT32_MAX, 1), all >> 2 * EPOCH_HALF_LIVES);
}

static void test_rebase_keeps_order(void **state)
{
  (void) state;
  uint64_t seed = 3;
  for (unsigned int i = 0; i < STEPS; i++)
  {
    uint64_t less = random_magnitude(&seed);
    uint64_t more = random_magnitude(&seed);
    if (less > more)
    {
      uint64_t other = less;
      less = more;
      more = other;
    }
    uint32_t epochs = (uint32_t) (random_next(&seed) % 6);
    assert_true(run_time_rebase(less, 9, 9 + epochs) <= run_time_rebase(more, 9, 9 + epochs));
  }
}

/* One that runs all the time keeps within 64 bits, and its value within what a half-life is
 * worth. */
static void test_runs_for_ever(void **state)
{
  (void) state;
  uint64_t now_tsc = 3 * EPOCH;
  uint32_t epoch = run_time_epoch(now_tsc);
  uint64_t run_time = 0;
  for (unsigned int i = 0; i < 200 * EPOCH_HALF_LIVES; i++)
  {
    now_tsc += HALF_LIFE;
    uint32_t now_epoch = run_time_epoch(now_tsc);
    run_time = run_time_rebase(run_time, epoch, now_epoch);
    epoch = now_epoch;
    run_time += run_time_charge(now_tsc, HALF_LIFE);
    uint64_t last = run_time_charge(now_tsc, HALF_LIFE);
    assert_true(run_time >= last && run_time <= 2 * last);
  }
}

static void test_longest_charge(void **state)
{
  (void) state;
  uint64_t last_tsc = 4 * EPOCH - 1;
  uint64_t most = run_time_charge(last_tsc, UINT64_MAX);
  assert_int_equal(most, run_time_charge(last_tsc, 2 * HALF_LIFE));
  assert_int_equal(most >> (EPOCH_HALF_LIVES - 1), 2 * HALF_LIFE);
  assert_true(run_time_charge(last_tsc, 2 * HALF_LIFE - 1) < most);
}

/* Random tasks run by turns; the order is the one of averages in floating point. */
static void test_order_is_that_of_decaying_averages(void **state)
{
  (void) state;
  uint64_t run_time[TASKS] = {0};
  double average[TASKS] = {0};
  uint64_t now_tsc = 12345 * EPOCH;
  uint32_t epoch = run_time_epoch(now_tsc);
  uint64_t half_life = now_tsc >> HALF_LIFE_SHIFT;
  uint64_t seed = 99;
  for (unsigned int i = 0; i < STEPS; i++)
  {
    uint64_t cycles = random_next(&seed) % (HALF_LIFE / 4) + 1;
    now_tsc += cycles + (random_next(&seed) % 50 == 0 ? random_next(&seed) % (2 * EPOCH) : 0);
    uint32_t now_epoch = run_time_epoch(now_tsc);
    for (; half_life < now_tsc >> HALF_LIFE_SHIFT; half_life++)
      for (int k = 0; k < TASKS; k++)
        average[k] /= 2;
    for (int k = 0; k < TASKS; k++)
      run_time[k] = run_time_rebase(run_time[k], epoch, now_epoch);
    epoch = now_epoch;
    size_t runner = random_next(&seed) % TASKS;
    run_time[runner] += run_time_charge(now_tsc, cycles);
    average[runner] += (double) cycles;
    /* Each rebase may lose the last unit; what differs by more must not change places. */
    double unit = 8.0 * HALF_LIFE / (double) run_time_charge(now_tsc, HALF_LIFE);
    for (int k = 0; k < TASKS; k++)
      for (int m = 0; m < TASKS; m++)
        if (average[k] > average[m] * (1 + 1e-9) + unit)
          assert_true(run_time[k] > run_time[m]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_half_life),
      cmocka_unit_test(test_weight_goes_on_over_epochs),
      cmocka_unit_test(test_rebase),
      cmocka_unit_test(test_rebase_keeps_order),
      cmocka_unit_test(test_runs_for_ever),
      cmocka_unit_test(test_longest_charge),
      cmocka_unit_test(test_order_is_that_of_decaying_averages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

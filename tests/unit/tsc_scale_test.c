/* Tests of guest/time/tsc_scale.h: never early, no drift over years, no overflow. */
#include "time/tsc_scale.h"

#include "unit_test.h"

#define NS_PER_S     UINT64_C(1000000000)
#define DAY_NS       (86400 * NS_PER_S)
#define YEAR_NS      (365 * DAY_NS)
#define TEN_YEARS_NS (10 * YEAR_NS)

/* In kHz: slow and odd ones, ones around 1 GHz, and what real machines have. */
static const uint64_t frequencies[] = {16,      17,      100,     999,     1000,    1193,
                                       3580,    14318,   33333,   100000,  266667,  999999,
                                       1000000, 1000001, 1193182, 1795891, 2099999, 2100000,
                                       2893299, 2999997, 3000000, 3333333, 4999999, 5000000};

/* Cycles of a span, rounded up: the first moment at which it is over. */
static unsigned __int128 exact_cycles(uint64_t ns, uint64_t tsc_khz)
{
  return ((unsigned __int128) ns * tsc_khz + 999999) / 1000000;
}

static uint64_t exact_ns(uint64_t cycles, uint64_t tsc_khz)
{
  return (uint64_t) ((unsigned __int128) cycles * 1000000 / tsc_khz);
}

static uint64_t distance(uint64_t left, uint64_t right)
{
  return left > right ? left - right : right - left;
}

/* Spans around a length: next to round numbers, and any. */
static uint64_t span_below(uint64_t limit_ns, unsigned int round, uint64_t *seed)
{
  if (round < 64)
    return round;
  if (round < 128)
    return limit_ns - (round - 64);
  uint64_t span = random_next(seed) % limit_ns;
  return round % 2 == 0 ? span : span >> random_next(seed) % 40;
}

/* A deadline in cycles lies neither before its time nor before the clock shows it. */
static void check_never_early(uint64_t limit_ns)
{
  uint64_t seed = 6;
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct tsc_scale scale = tsc_scale_make(frequencies[i]);
    for (unsigned int round = 0; round < 5000; round++)
    {
      uint64_t ns = span_below(limit_ns, round, &seed);
      uint64_t cycles = tsc_scale_from_ns(&scale, ns);
      if (cycles < exact_cycles(ns, frequencies[i]) || tsc_scale_to_ns(&scale, cycles) < ns)
        fail_msg("%llu kHz: %llu ns are %llu cycles, which are %llu ns",
                 (unsigned long long) frequencies[i], (unsigned long long) ns,
                 (unsigned long long) cycles, (unsigned long long) tsc_scale_to_ns(&scale, cycles));
    }
  }
}

static void is_never_early_in_an_hour(void **state)
{
  (void) state;
  check_never_early(3600 * NS_PER_S);
}

static void is_never_early_in_ten_years(void **state)
{
  (void) state;
  check_never_early(TEN_YEARS_NS);
}

/* Two cycles of rounding, and one part in 2^40 where the frequency is a real one. */
static void is_hardly_late(void **state)
{
  (void) state;
  uint64_t seed = 7;
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct tsc_scale scale = tsc_scale_make(frequencies[i]);
    for (unsigned int round = 0; round < 5000; round++)
    {
      uint64_t ns = span_below(YEAR_NS, round, &seed);
      uint64_t exact = (uint64_t) exact_cycles(ns, frequencies[i]);
      uint64_t cycles = tsc_scale_from_ns(&scale, ns);
      assert_true(cycles <= exact + 2 + (frequencies[i] >= 1000 ? exact >> 36 : exact >> 28));
    }
  }
}

static void clock_does_not_drift(void **state)
{
  (void) state;
  uint64_t seed = 8;
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct tsc_scale scale = tsc_scale_make(frequencies[i]);
    for (unsigned int round = 0; round < 5000; round++)
    {
      uint64_t ns = span_below(TEN_YEARS_NS, round, &seed);
      uint64_t cycles = (uint64_t) exact_cycles(ns, frequencies[i]);
      /* Less than 10 us in ten years. */
      assert_true(distance(tsc_scale_to_ns(&scale, cycles), exact_ns(cycles, frequencies[i])) <=
                  1 + ns / 100 * 101 / (TEN_YEARS_NS / 10000));
    }
  }
}

static void clock_is_monotonic(void **state)
{
  (void) state;
  uint64_t seed = 9;
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct tsc_scale scale = tsc_scale_make(frequencies[i]);
    assert_int_equal(tsc_scale_to_ns(&scale, 0), 0);
    for (unsigned int round = 0; round < 2000; round++)
    {
      uint64_t cycles = random_magnitude(&seed) >> 8;
      uint64_t later = cycles + random_magnitude(&seed) % 1000;
      assert_true(tsc_scale_to_ns(&scale, later) >= tsc_scale_to_ns(&scale, cycles));
      assert_true(tsc_scale_from_ns(&scale, later) >= tsc_scale_from_ns(&scale, cycles));
    }
  }
}

static void far_deadlines_saturate(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct tsc_scale scale = tsc_scale_make(frequencies[i]);
    const uint64_t far[] = {INT64_MAX, (uint64_t) INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
    for (size_t n = 0; n < COUNT_OF(far); n++)
    {
      uint64_t cycles = tsc_scale_from_ns(&scale, far[n]);
      assert_true(cycles <= INT64_MAX);
      if (exact_cycles(far[n], frequencies[i]) >= INT64_MAX)
        assert_int_equal(cycles, INT64_MAX);
      else
        assert_true(cycles >= exact_cycles(far[n], frequencies[i]) >> 1);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_never_early_in_an_hour),
      cmocka_unit_test(is_never_early_in_ten_years),
      cmocka_unit_test(is_hardly_late),
      cmocka_unit_test(clock_does_not_drift),
      cmocka_unit_test(clock_is_monotonic),
      cmocka_unit_test(far_deadlines_saturate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

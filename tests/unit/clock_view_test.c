/* Tests of uhyve/clock_view.c against a simulated host: the guest's clock meets the host's, and
 * never runs backwards unless the host's was set back. */
#include "uhyve/clock_view.h"

#include <stdlib.h>
#include <time.h>

#include "unit_test.h"

#define SECOND_NS INT64_C(1000000000)
#define TSC_KHZ   2400000u
#define TSC_START (UINT64_C(1) << 60)
#define EPOCH_NS  (UINT64_C(1763000000) * SECOND_NS)

/* A host whose clock runs wrong by some ppb against the TSC's nominal frequency. */
struct host
{
  uint64_t tsc;
  uint64_t realtime_ns;
  int64_t wrong_ppb;
  struct clock_steering steering;
};

static struct clock_pair host_pair(const struct host *host)
{
  return (struct clock_pair){.tsc = host->tsc, .realtime_ns = host->realtime_ns};
}

static void host_run(struct host *host, uint64_t microseconds)
{
  host->tsc += microseconds * TSC_KHZ / 1000;
  host->realtime_ns +=
      microseconds * 1000 + (uint64_t) ((int64_t) microseconds * host->wrong_ppb / 1000000);
}

static struct host host_start(int64_t wrong_ppb)
{
  struct host host = {.tsc = TSC_START, .realtime_ns = EPOCH_NS, .wrong_ppb = wrong_ppb};
  struct clock_view view = clock_view_start(host_pair(&host), TSC_KHZ);
  clock_steering_start(&host.steering, &view);
  return host;
}

static int64_t difference_ns(const struct host *host)
{
  return (int64_t) (clock_view_ns(&host->steering.view, host->tsc) - host->realtime_ns);
}

/* Steers, and checks that the guest sees no step by it. */
static void steer_smoothly(struct host *host)
{
  uint64_t before = clock_view_ns(&host->steering.view, host->tsc);
  assert_false(clock_steer(&host->steering, host_pair(host)));
  assert_int_equal(clock_view_ns(&host->steering.view, host->tsc), before);
}

static void starts_with_the_hosts_time(void **state)
{
  (void) state;
  const uint64_t frequencies[] = {16, 1000000, TSC_KHZ, 5000001};
  for (size_t i = 0; i < COUNT_OF(frequencies); i++)
  {
    struct clock_pair now = {.tsc = TSC_START, .realtime_ns = EPOCH_NS};
    struct clock_view view = clock_view_start(now, frequencies[i]);
    assert_int_equal(clock_view_ns(&view, TSC_START), EPOCH_NS);
    /* A day later it is wrong by rounding alone. */
    uint64_t day_ns = clock_view_ns(&view, TSC_START + frequencies[i] * 86400000) - EPOCH_NS;
    assert_in_range(day_ns, 86400u * SECOND_NS - 2, 86400u * SECOND_NS);
  }
}

/* Calibration is wrong by so much, or NTP slews the clock: after a few seconds the difference is
 * gone, and it stays so. */
static void drift_is_absorbed(void **state)
{
  (void) state;
  const int64_t rates_ppb[] = {0,      1,      -1,      500,    -500,   50000,
                               -50000, 500000, -500000, 990000, -990000};
  for (size_t i = 0; i < COUNT_OF(rates_ppb); i++)
  {
    struct host host = host_start(rates_ppb[i]);
    for (unsigned int second = 0; second < 3600; second++)
    {
      host_run(&host, 1000000);
      if (second > 3 && llabs(difference_ns(&host)) > 10)
        fail_msg("%lld ppb: wrong by %lld ns after %u s", (long long) rates_ppb[i],
                 (long long) difference_ns(&host), second);
      steer_smoothly(&host);
    }
  }
}

static void small_differences_are_gone_one_second_later(void **state)
{
  (void) state;
  const int64_t differences[] = {1, -1, 1000, -1000, 999999, -999999};
  for (size_t i = 0; i < COUNT_OF(differences); i++)
  {
    struct host host = host_start(0);
    for (unsigned int second = 0; second < 3; second++)
    {
      host_run(&host, 1000000);
      steer_smoothly(&host);
    }
    /* Right after the last look, so that it tells nothing of the rate. */
    host_run(&host, 1000);
    host.realtime_ns += (uint64_t) differences[i];
    steer_smoothly(&host);
    assert_in_range(difference_ns(&host) + differences[i] + 2, 0, 4);
    host_run(&host, 1000000);
    assert_in_range(difference_ns(&host) + 2, 0, 4);
  }
}

/* The rate changes for ever, looks come late, and readings are off by microseconds. */
static void the_guests_clock_never_runs_backwards(void **state)
{
  (void) state;
  uint64_t seed = 11;
  struct host host = host_start(0);
  uint64_t last_ns = 0;
  for (unsigned int look = 0; look < 20000; look++)
  {
    host.wrong_ppb = (int64_t) (random_next(&seed) % 200000) - 100000;
    uint64_t parts = 1 + random_next(&seed) % 5;
    uint64_t microseconds = 1 + random_next(&seed) % 1500000;
    for (uint64_t part = 0; part < parts; part++)
    {
      host_run(&host, microseconds / parts);
      uint64_t now_ns = clock_view_ns(&host.steering.view, host.tsc);
      assert_true(now_ns >= last_ns);
      last_ns = now_ns;
    }
    struct clock_pair pair = host_pair(&host);
    pair.realtime_ns += random_next(&seed) % 2000;
    assert_false(clock_steer(&host.steering, pair));
    assert_true(clock_view_ns(&host.steering.view, host.tsc) >= last_ns);
    assert_true(llabs(difference_ns(&host)) < 500000);
  }
}

static void a_set_clock_is_taken_at_once(void **state)
{
  (void) state;
  const int64_t steps_ns[] = {1000100,    -1000100,          SECOND_NS,
                              -SECOND_NS, 86400 * SECOND_NS, -(int64_t) EPOCH_NS};
  for (size_t i = 0; i < COUNT_OF(steps_ns); i++)
  {
    struct host host = host_start(200000);
    for (unsigned int second = 0; second < 10; second++)
    {
      host_run(&host, 1000000);
      steer_smoothly(&host);
    }
    host_run(&host, 300000);
    int64_t before = difference_ns(&host);
    host.realtime_ns += (uint64_t) steps_ns[i];
    assert_true(llabs(before) <= 10);
    assert_true(clock_steer(&host.steering, host_pair(&host)));
    assert_int_equal(difference_ns(&host), 0);
    /* What was learned of the rate is not lost. */
    for (unsigned int second = 0; second < 10; second++)
    {
      host_run(&host, 1000000);
      assert_true(llabs(difference_ns(&host)) <= 10);
      steer_smoothly(&host);
    }
  }
}

/* A host that was suspended: its TSC starts at zero again, stood still, or went on. */
static void suspends_are_survived(void **state)
{
  (void) state;
  const uint64_t tsc_after[] = {0, 1, TSC_START - 1, TSC_START + UINT64_C(2400000) * 5000,
                                TSC_START + UINT64_C(2400000) * 7205000};
  for (size_t i = 0; i < COUNT_OF(tsc_after); i++)
  {
    struct host host = host_start(-100000);
    for (unsigned int second = 0; second < 5; second++)
    {
      host_run(&host, 1000000);
      steer_smoothly(&host);
    }
    host.realtime_ns += 7200 * (uint64_t) SECOND_NS;
    host.tsc = tsc_after[i];
    clock_steer(&host.steering, host_pair(&host));
    for (unsigned int second = 0; second < 10; second++)
    {
      host_run(&host, 1000000);
      clock_steer(&host.steering, host_pair(&host));
    }
    assert_true(llabs(difference_ns(&host)) <= 10);
  }
}

/* A TSC that reads the same twice, or a clock that stands still, divides by nothing. */
static void readings_at_the_same_moment(void **state)
{
  (void) state;
  struct host host = host_start(0);
  clock_steer(&host.steering, host_pair(&host));
  clock_steer(&host.steering, host_pair(&host));
  assert_int_equal(difference_ns(&host), 0);
  struct clock_pair pair = host_pair(&host);
  pair.realtime_ns += 2 * (uint64_t) SECOND_NS;
  assert_true(clock_steer(&host.steering, pair));
  assert_true(clock_steer(&host.steering, host_pair(&host)));
  assert_int_equal(difference_ns(&host), 0);
}

/* Later than the old base both say the same to the nanosecond, at it exactly. */
static void an_earlier_base_changes_nothing(void **state)
{
  (void) state;
  uint64_t seed = 3;
  for (unsigned int i = 0; i < 10000; i++)
  {
    struct clock_pair now = {.tsc = random_magnitude(&seed), .realtime_ns = EPOCH_NS};
    struct clock_view view = clock_view_start(now, 1000 + random_next(&seed) % 5000000);
    struct clock_view earlier = clock_view_earlier(&view, random_next(&seed) % 100000000);
    assert_int_equal(clock_view_ns(&earlier, now.tsc), EPOCH_NS);
    uint64_t later_tsc = now.tsc + random_next(&seed) % 10000000000u;
    assert_in_range(clock_view_ns(&earlier, later_tsc) - clock_view_ns(&view, later_tsc), 0, 1);
  }
}

static void a_pair_is_of_one_moment(void **state)
{
  (void) state;
  for (unsigned int i = 0; i < 100; i++)
  {
    struct timespec before, after;
    uint64_t tsc_before = __builtin_ia32_rdtsc();
    clock_gettime(CLOCK_REALTIME, &before);
    struct clock_pair pair = clock_pair_read();
    clock_gettime(CLOCK_REALTIME, &after);
    assert_in_range(pair.tsc, tsc_before, __builtin_ia32_rdtsc());
    assert_in_range(pair.realtime_ns,
                    (uint64_t) before.tv_sec * SECOND_NS + (uint64_t) before.tv_nsec,
                    (uint64_t) after.tv_sec * SECOND_NS + (uint64_t) after.tv_nsec);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(starts_with_the_hosts_time),
      cmocka_unit_test(drift_is_absorbed),
      cmocka_unit_test(small_differences_are_gone_one_second_later),
      cmocka_unit_test(the_guests_clock_never_runs_backwards),
      cmocka_unit_test(a_set_clock_is_taken_at_once),
      cmocka_unit_test(suspends_are_survived),
      cmocka_unit_test(readings_at_the_same_moment),
      cmocka_unit_test(an_earlier_base_changes_nothing),
      cmocka_unit_test(a_pair_is_of_one_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

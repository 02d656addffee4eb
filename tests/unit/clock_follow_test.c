/* Tests of uhyve/clock_follow.c: the thread runs, its readers see whole times, and it ends. */
#include "uhyve/clock_follow.h"

#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "unit_test.h"

static uint64_t tsc_khz;

struct fixture
{
  struct uhyve_clock clock;
  struct clock_follow follow;
};

static void prepare(struct fixture *fixture, uint64_t realtime_ns)
{
  struct clock_view view =
      clock_view_start((struct clock_pair){__builtin_ia32_rdtsc(), realtime_ns}, tsc_khz);
  fixture->clock = (struct uhyve_clock){.tsc_base = view.tsc_base,
                                        .realtime_base_ns = view.realtime_base_ns,
                                        .ns_per_cycle = view.ns_per_cycle};
  clock_follow_prepare(&fixture->follow, &fixture->clock, &view);
}

static uint64_t host_ns(void)
{
  struct timespec now;
  assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static int measure_frequency(void **state)
{
  (void) state;
  const struct timespec pause = {.tv_nsec = 200000000};
  struct clock_pair before = clock_pair_read();
  nanosleep(&pause, NULL);
  struct clock_pair after = clock_pair_read();
  tsc_khz = (after.tsc - before.tsc) * 1000000 / (after.realtime_ns - before.realtime_ns);
  return tsc_khz > 16 ? 0 : -1;
}

/* As a guest reads it. */
static uint64_t guest_ns(const struct uhyve_clock *clock, uint32_t *sequence)
{
  for (;;)
  {
    uint32_t before = __atomic_load_n(&clock->sequence, __ATOMIC_ACQUIRE);
    struct clock_view view = {
        .tsc_base = __atomic_load_n(&clock->tsc_base, __ATOMIC_RELAXED),
        .realtime_base_ns = __atomic_load_n(&clock->realtime_base_ns, __ATOMIC_RELAXED),
        .ns_per_cycle = __atomic_load_n(&clock->ns_per_cycle, __ATOMIC_RELAXED),
    };
    uint64_t ns = clock_view_ns(&view, __builtin_ia32_rdtsc());
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *sequence = __atomic_load_n(&clock->sequence, __ATOMIC_RELAXED);
    if (before % 2 == 0 && *sequence == before)
      return ns;
  }
}

static void wait_for_sequence(const struct fixture *fixture, uint32_t sequence)
{
  const struct timespec pause = {.tv_nsec = 1000000};
  uint32_t seen;
  for (unsigned int i = 0; i < 5000; i++)
  {
    guest_ns(&fixture->clock, &seen);
    if (seen >= sequence)
      return;
    nanosleep(&pause, NULL);
  }
  fail_msg("no update within 5 s");
}

static unsigned int count_entries(const char *folder)
{
  unsigned int count = 0;
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  while (readdir(directory) != NULL)
    count++;
  closedir(directory);
  return count;
}

/* The entry of a thread that was joined stays for a moment. */
static void wait_for_threads(unsigned int count)
{
  const struct timespec pause = {.tv_nsec = 1000000};
  const unsigned int entries = 2 + count; /* "." and ".." */
  for (unsigned int i = 0; count_entries("/proc/self/task") != entries; i++)
  {
    assert_true(i < 5000);
    nanosleep(&pause, NULL);
  }
}

static void an_old_time_is_set_at_once(void **state)
{
  (void) state;
  struct fixture fixture;
  uint32_t sequence;
  prepare(&fixture, host_ns() - 3600 * UINT64_C(1000000000));
  assert_int_equal(clock_follow_start(&fixture.follow), 0);
  wait_for_sequence(&fixture, 2);
  uint64_t before = host_ns();
  uint64_t guest = guest_ns(&fixture.clock, &sequence);
  assert_in_range(guest, before - 1000000, host_ns() + 1000000);
  clock_follow_stop(&fixture.follow);
}

static void looks_once_a_second(void **state)
{
  (void) state;
  struct fixture fixture;
  uint32_t sequence;
  prepare(&fixture, host_ns());
  uint64_t begin = host_ns();
  assert_int_equal(clock_follow_start(&fixture.follow), 0);
  wait_for_sequence(&fixture, 6);
  assert_in_range(host_ns() - begin, 1900000000u, 4000000000u);
  guest_ns(&fixture.clock, &sequence);
  assert_int_equal(sequence % 2, 0);
  clock_follow_stop(&fixture.follow);
  /* Nothing is written any more. */
  uint32_t last = fixture.clock.sequence;
  const struct timespec pause = {.tv_sec = 1, .tv_nsec = 200000000};
  nanosleep(&pause, NULL);
  assert_int_equal(fixture.clock.sequence, last);
}

static void *start_again(void *argument)
{
  return clock_follow_start(argument) == 0 ? argument : NULL;
}

static void many_starts_are_one(void **state)
{
  (void) state;
  unsigned int files = count_entries("/proc/self/fd");
  for (unsigned int round = 0; round < 20; round++)
  {
    struct fixture fixture;
    pthread_t threads[8];
    prepare(&fixture, host_ns());
    wait_for_threads(1);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
      assert_int_equal(pthread_create(&threads[i], NULL, start_again, &fixture.follow), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
    {
      void *result = NULL;
      assert_int_equal(pthread_join(threads[i], &result), 0);
      assert_ptr_equal(result, &fixture.follow);
    }
    wait_for_threads(2);
    assert_int_equal(count_entries("/proc/self/fd"), files + 2);
    clock_follow_stop(&fixture.follow);
    assert_int_equal(count_entries("/proc/self/fd"), files);
  }
}

static void without_a_start_there_is_nothing_to_stop(void **state)
{
  (void) state;
  unsigned int files = count_entries("/proc/self/fd");
  struct fixture fixture;
  prepare(&fixture, host_ns());
  clock_follow_stop(&fixture.follow);
  assert_int_equal(fixture.clock.sequence, 0);
  assert_int_equal(count_entries("/proc/self/fd"), files);
}

/* The host's TSC has begun again: nothing is written before a vCPU has told what the guest's is. */
static void the_guests_tsc_may_be_ahead(void **state)
{
  (void) state;
  struct fixture fixture;
  const uint64_t shift = UINT64_C(1) << 50;
  const struct timespec moment = {.tv_nsec = 1000000};
  const struct timespec pause = {.tv_nsec = 300000000};
  prepare(&fixture, host_ns() - 7200 * UINT64_C(1000000000));
  fixture.follow.last_host_tsc = UINT64_MAX;
  assert_int_equal(clock_follow_start(&fixture.follow), 0);
  for (unsigned int i = 0; !atomic_load(&fixture.follow.shift_wanted); i++)
  {
    assert_true(i < 5000);
    nanosleep(&moment, NULL);
  }
  nanosleep(&pause, NULL);
  assert_int_equal(__atomic_load_n(&fixture.clock.sequence, __ATOMIC_ACQUIRE), 0);
  assert_true(atomic_load(&fixture.follow.shift_wanted));
  clock_follow_tell_shift(&fixture.follow, shift);
  wait_for_sequence(&fixture, 4);
  assert_false(atomic_load(&fixture.follow.shift_wanted));
  clock_follow_stop(&fixture.follow);
  struct clock_view view = {fixture.clock.tsc_base, fixture.clock.realtime_base_ns,
                            fixture.clock.ns_per_cycle};
  uint64_t before = host_ns();
  uint64_t guest = clock_view_ns(&view, __builtin_ia32_rdtsc() + shift);
  assert_in_range(guest, before - 1000000, host_ns() + 1000000);
}

/* Told before the clock was looked at: there is nothing to wait for. */
static void a_shift_may_be_told_early(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture, host_ns());
  fixture.follow.last_host_tsc = UINT64_MAX;
  clock_follow_tell_shift(&fixture.follow, UINT64_C(1) << 40);
  assert_int_equal(clock_follow_start(&fixture.follow), 0);
  wait_for_sequence(&fixture, 2);
  assert_true(fixture.clock.tsc_base > UINT64_C(1) << 40);
  clock_follow_stop(&fixture.follow);
}

static pthread_t main_thread;
static atomic_uint elsewhere;

static void on_signal(int signal)
{
  (void) signal;
  if (!pthread_equal(pthread_self(), main_thread))
    atomic_fetch_add(&elsewhere, 1);
}

/* While no other thread takes it, a signal to the process waits. */
static void signals_are_for_others(void **state)
{
  (void) state;
  struct fixture fixture;
  const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGRTMIN};
  sigset_t set, old;
  main_thread = pthread_self();
  sigemptyset(&set);
  for (size_t i = 0; i < COUNT_OF(signals); i++)
  {
    struct sigaction action = {.sa_handler = on_signal};
    assert_int_equal(sigaction(signals[i], &action, NULL), 0);
    sigaddset(&set, signals[i]);
  }
  prepare(&fixture, host_ns());
  assert_int_equal(clock_follow_start(&fixture.follow), 0);
  wait_for_sequence(&fixture, 2);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  for (size_t i = 0; i < COUNT_OF(signals); i++)
    assert_int_equal(kill(getpid(), signals[i]), 0);
  const struct timespec pause = {.tv_nsec = 50000000};
  nanosleep(&pause, NULL);
  assert_int_equal(atomic_load(&elsewhere), 0);
  sigset_t pending;
  sigpending(&pending);
  for (size_t i = 0; i < COUNT_OF(signals); i++)
    assert_int_equal(sigismember(&pending, signals[i]), 1);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  clock_follow_stop(&fixture.follow);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_old_time_is_set_at_once),
      cmocka_unit_test(looks_once_a_second),
      cmocka_unit_test(many_starts_are_one),
      cmocka_unit_test(without_a_start_there_is_nothing_to_stop),
      cmocka_unit_test(the_guests_tsc_may_be_ahead),
      cmocka_unit_test(a_shift_may_be_told_early),
      cmocka_unit_test(signals_are_for_others),
  };
  return cmocka_run_group_tests(tests, measure_frequency, NULL);
}

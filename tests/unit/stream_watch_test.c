/* Tests of uhyve/stream_watch.c: each event that is watched for gives one interrupt, and the thread
 * ends. */
#include "uhyve/stream_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "hypercalls/start_info.h"
#include "unit_test.h"

#define VM_FD 12345

/* ---- The machine ---- */

static atomic_uint interrupts;
static atomic_uint last_address_lo, last_address_hi;

int __wrap_ioctl(int fd, unsigned long request, void *argument);

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
  const struct kvm_msi *message = argument;
  if (fd != VM_FD || request != KVM_SIGNAL_MSI || message->data != UHYVE_VECTOR_STREAM ||
      message->flags != 0)
    abort();
  atomic_store(&last_address_lo, message->address_lo);
  atomic_store(&last_address_hi, message->address_hi);
  atomic_fetch_add(&interrupts, 1);
  return 1;
}

static void pause_ms(long ms)
{
  const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  nanosleep(&pause, NULL);
}

static void wait_for_interrupts(unsigned int count)
{
  for (unsigned int i = 0; i < 5000 && atomic_load(&interrupts) < count; i++)
    pause_ms(1);
  assert_int_equal(atomic_load(&interrupts), count);
}

/* ---- A watch with a pipe at 0 and 1, and nothing at 2 ---- */

struct fixture
{
  struct streams streams;
  struct stream_watch watch;
  int ends[2];
};

static void prepare(struct fixture *fixture)
{
  assert_int_equal(pipe(fixture->ends), 0);
  fixture->streams = (struct streams){.fds = {fixture->ends[0], fixture->ends[1], -1}};
  stream_watch_prepare(&fixture->watch, &fixture->streams, VM_FD);
  atomic_store(&interrupts, 0);
}

static void finish(struct fixture *fixture)
{
  stream_watch_stop(&fixture->watch);
  close(fixture->ends[0]);
  close(fixture->ends[1]);
}

static void arm(struct fixture *fixture, int fd, enum hc_event event, unsigned int cpu)
{
  assert_int_equal(stream_watch_arm(&fixture->watch, fd, event, cpu), 0);
}

static void put(const struct fixture *fixture)
{
  assert_int_equal(write(fixture->ends[1], "x", 1), 1);
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

/* ---- Tests ---- */

static void input_gives_one_interrupt(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture);
  arm(&fixture, 0, HC_EVENT_READ, 3);
  pause_ms(20);
  assert_int_equal(atomic_load(&interrupts), 0);
  put(&fixture);
  wait_for_interrupts(1);
  assert_int_equal(atomic_load(&last_address_lo), 0xfee03000u);
  assert_int_equal(atomic_load(&last_address_hi), 0);
  /* It is there still, but nobody has asked again. */
  put(&fixture);
  pause_ms(20);
  assert_int_equal(atomic_load(&interrupts), 1);
  arm(&fixture, 0, HC_EVENT_READ, 0x1234);
  wait_for_interrupts(2);
  assert_int_equal(atomic_load(&last_address_lo), 0xfee34000u);
  assert_int_equal(atomic_load(&last_address_hi), 0x1200u);
  finish(&fixture);
}

static void room_gives_one_too(void **state)
{
  (void) state;
  static char bytes[65536];
  struct fixture fixture;
  prepare(&fixture);
  arm(&fixture, 1, HC_EVENT_WRITE, 0);
  wait_for_interrupts(1);
  assert_int_equal(write(fixture.ends[1], bytes, sizeof(bytes)), sizeof(bytes));
  arm(&fixture, 1, HC_EVENT_WRITE, 0);
  pause_ms(20);
  assert_int_equal(atomic_load(&interrupts), 1);
  assert_int_equal(read(fixture.ends[0], bytes, 8192), 8192);
  wait_for_interrupts(2);
  finish(&fixture);
}

static void ends_count_as_events(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture);
  arm(&fixture, 0, HC_EVENT_READ, 0);
  close(fixture.ends[1]);
  wait_for_interrupts(1);
  finish(&fixture);
  prepare(&fixture);
  static char bytes[65536];
  assert_int_equal(write(fixture.ends[1], bytes, sizeof(bytes)), sizeof(bytes));
  arm(&fixture, 1, HC_EVENT_WRITE, 0);
  close(fixture.ends[0]);
  wait_for_interrupts(1);
  finish(&fixture);
}

static void errors_alone(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture);
  put(&fixture);
  arm(&fixture, 0, HC_EVENT_ERROR, 0);
  pause_ms(20);
  assert_int_equal(atomic_load(&interrupts), 0);
  close(fixture.ends[1]);
  wait_for_interrupts(1);
  finish(&fixture);
}

static void looks(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture);
  unsigned int files = count_entries("/proc/self/fd");
  assert_int_equal(stream_watch_look(&fixture.streams, 0), 0);
  assert_int_equal(stream_watch_look(&fixture.streams, 1), POLLOUT | POLLWRNORM);
  assert_int_equal(stream_watch_look(&fixture.streams, 2), -EBADF);
  assert_int_equal(stream_watch_look(&fixture.streams, -1), -EBADF);
  assert_int_equal(stream_watch_look(&fixture.streams, INT_MAX), -EBADF);
  put(&fixture);
  assert_int_equal(stream_watch_look(&fixture.streams, 0), POLLIN | POLLRDNORM);
  assert_int_equal(count_entries("/proc/self/fd"), files);
  close(fixture.ends[1]);
  assert_int_equal(stream_watch_look(&fixture.streams, 0), POLLIN | POLLRDNORM | POLLHUP);
  assert_int_equal(atomic_load(&interrupts), 0);
  finish(&fixture);
}

static void the_last_call_counts(void **state)
{
  (void) state;
  struct fixture fixture;
  prepare(&fixture);
  unsigned int files = count_entries("/proc/self/fd");
  for (unsigned int i = 0; i < 20000; i++)
    arm(&fixture, 0, HC_EVENT_READ, i % 7);
  assert_int_equal(count_entries("/proc/self/fd"), files + 1);
  put(&fixture);
  wait_for_interrupts(1);
  assert_int_equal(atomic_load(&last_address_lo), 0xfee00000u + (19999 % 7 << 12));
  pause_ms(20);
  assert_int_equal(atomic_load(&interrupts), 1);
  finish(&fixture);
}

static void streams_that_are_not_there(void **state)
{
  (void) state;
  const int fds[] = {-1, 2, 3, INT_MAX, INT_MIN};
  unsigned int files = count_entries("/proc/self/fd");
  struct fixture fixture;
  prepare(&fixture);
  for (size_t i = 0; i < COUNT_OF(fds); i++)
    assert_int_equal(stream_watch_arm(&fixture.watch, fds[i], HC_EVENT_READ, 0), -EBADF);
  /* Nothing has been started for these. */
  assert_int_equal(count_entries("/proc/self/fd"), files + 2);
  finish(&fixture);
  assert_int_equal(count_entries("/proc/self/fd"), files);
}

static void *arm_again(void *argument)
{
  struct fixture *fixture = argument;
  for (unsigned int i = 0; i < 200; i++)
    arm(fixture, 0, HC_EVENT_READ, 1);
  return NULL;
}

static void it_ends_at_any_time(void **state)
{
  (void) state;
  unsigned int files = count_entries("/proc/self/fd");
  for (unsigned int round = 0; round < 50; round++)
  {
    struct fixture fixture;
    pthread_t threads[4];
    prepare(&fixture);
    if (round % 2 == 1)
      put(&fixture);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
      assert_int_equal(pthread_create(&threads[i], NULL, arm_again, &fixture), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
      pthread_join(threads[i], NULL);
    finish(&fixture);
    assert_int_equal(count_entries("/proc/self/fd"), files);
    assert_true(atomic_load(&interrupts) <= 800);
  }
}

static void *put_late(void *argument)
{
  pause_ms(50);
  put(argument);
  return NULL;
}

/* No file is to be had: the call waits itself. */
static void without_a_thread_the_call_waits(void **state)
{
  (void) state;
  struct fixture fixture;
  struct rlimit limit, none;
  pthread_t writer;
  prepare(&fixture);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
  none = limit;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  assert_int_equal(pthread_create(&writer, NULL, put_late, &fixture), 0);
  arm(&fixture, 0, HC_EVENT_READ, 2);
  assert_int_equal(atomic_load(&interrupts), 1);
  assert_int_equal(atomic_load(&last_address_lo), 0xfee02000u);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  pthread_join(writer, NULL);
  finish(&fixture);
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
  struct sigaction action = {.sa_handler = on_signal};
  sigset_t set, old, pending;
  main_thread = pthread_self();
  assert_int_equal(sigaction(SIGTERM, &action, NULL), 0);
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  prepare(&fixture);
  arm(&fixture, 0, HC_EVENT_READ, 0);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  assert_int_equal(kill(getpid(), SIGTERM), 0);
  pause_ms(50);
  assert_int_equal(atomic_load(&elsewhere), 0);
  sigpending(&pending);
  assert_int_equal(sigismember(&pending, SIGTERM), 1);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  finish(&fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(input_gives_one_interrupt),
      cmocka_unit_test(room_gives_one_too),
      cmocka_unit_test(ends_count_as_events),
      cmocka_unit_test(errors_alone),
      cmocka_unit_test(looks),
      cmocka_unit_test(the_last_call_counts),
      cmocka_unit_test(streams_that_are_not_there),
      cmocka_unit_test(it_ends_at_any_time),
      cmocka_unit_test(without_a_thread_the_call_waits),
      cmocka_unit_test(signals_are_for_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

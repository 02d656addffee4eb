/* A thread that looks at the host's clock once a second, and at once when somebody has set it or
 * the host wakes from suspend. It does nothing else, and takes no signal. */
#include "clock_follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

/* A CPU may have read its TSC a little early, or be a little behind: it must not be behind the base
 * that it computes with. */
#define EARLIER_CYCLES (1u << 20)

/* A vCPU tells the shift at its next exit. */
#define SHIFT_PAUSE_MS 100

void clock_follow_prepare(struct clock_follow *follow, struct uhyve_clock *clock,
                          const struct clock_view *view)
{
  *follow = (struct clock_follow){.timer_fd = -1, .stop_fd = -1, .clock = clock};
  pthread_mutex_init(&follow->lock, NULL);
  clock_steering_start(&follow->steering, view);
}

/* A sequence lock. A reader in the guest waits while the number is odd, so this is short; the TSC
 * is read inside, so that no reader gets a time by the old rate that is later than the first by the
 * new one. */
static void publish(struct clock_follow *follow, const struct clock_view *old, bool jumps)
{
  struct uhyve_clock *clock = follow->clock;
  struct clock_view *view = &follow->steering.view;
  __atomic_store_n(&clock->sequence, ++follow->sequence, __ATOMIC_RELAXED);
  __builtin_ia32_mfence();
  __builtin_ia32_lfence();
  if (!jumps)
  {
    uint64_t tsc = __builtin_ia32_rdtsc() + atomic_load(&follow->shift);
    *view = clock_view_continue(old, tsc, view->ns_per_cycle);
  }
  struct clock_view written = clock_view_earlier(view, EARLIER_CYCLES);
  __atomic_store_n(&clock->tsc_base, written.tsc_base, __ATOMIC_RELAXED);
  __atomic_store_n(&clock->realtime_base_ns, written.realtime_base_ns, __ATOMIC_RELAXED);
  __atomic_store_n(&clock->ns_per_cycle, written.ns_per_cycle, __ATOMIC_RELAXED);
  __atomic_store_n(&clock->sequence, ++follow->sequence, __ATOMIC_RELEASE);
}

/* Whether the guest's TSC can be told from the host's, which has just been read. */
static bool knows_shift(struct clock_follow *follow, uint64_t host_tsc)
{
  unsigned int told = atomic_load(&follow->shifts_told);
  bool began_again = host_tsc < follow->last_host_tsc;
  if (told != follow->shifts_seen)
    atomic_store(&follow->shift_wanted, false);
  else if (began_again)
    atomic_store(&follow->shift_wanted, true);
  follow->shifts_seen = told;
  follow->last_host_tsc = host_tsc;
  return !atomic_load(&follow->shift_wanted);
}

static void update(struct clock_follow *follow)
{
  struct clock_pair now = clock_pair_read();
  if (!knows_shift(follow, now.tsc))
    return;
  now.tsc += atomic_load(&follow->shift);
  struct clock_view old = follow->steering.view;
  bool jumps = clock_steer(&follow->steering, now);
  publish(follow, &old, jumps);
}

void clock_follow_tell_shift(struct clock_follow *follow, uint64_t shift)
{
  atomic_store(&follow->shift, shift);
  atomic_fetch_add(&follow->shifts_told, 1);
}

/* By the clock itself, for only such a timer is cancelled when the clock is set. */
static int arm_timer(int timer_fd)
{
  struct itimerspec times = {.it_interval = {.tv_sec = 1}};
  clock_gettime(CLOCK_REALTIME, &times.it_value);
  times.it_value.tv_sec++;
  if (timerfd_settime(timer_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &times, NULL) != 0 &&
      errno != ECANCELED)
    return -errno;
  return 0;
}

static void *follow_clock(void *argument)
{
  struct clock_follow *follow = argument;
  sandbox_enter_thread(FILTER_THREAD_CLOCK);
  struct pollfd polls[] = {{.fd = follow->timer_fd, .events = POLLIN},
                           {.fd = follow->stop_fd, .events = POLLIN}};
  while (polls[1].revents == 0)
  {
    uint64_t expired;
    update(follow);
    if (poll(polls, 2, atomic_load(&follow->shift_wanted) ? SHIFT_PAUSE_MS : -1) < 0 ||
        polls[0].revents == 0)
      continue;
    if (read(follow->timer_fd, &expired, sizeof(expired)) < 0 && errno == ECANCELED)
      arm_timer(follow->timer_fd);
  }
  return NULL;
}

/* Signals are for the other threads: the kick for those of vCPUs, the rest for who waits for
 * input. */
static int start_thread(struct clock_follow *follow)
{
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int error = pthread_create(&follow->thread, NULL, follow_clock, follow);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return -error;
}

static void close_files(struct clock_follow *follow)
{
  if (follow->timer_fd >= 0)
    close(follow->timer_fd);
  if (follow->stop_fd >= 0)
    close(follow->stop_fd);
  follow->timer_fd = -1;
  follow->stop_fd = -1;
}

static int open_files(struct clock_follow *follow)
{
  follow->timer_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (follow->timer_fd < 0)
    return -errno;
  follow->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return follow->stop_fd >= 0 ? arm_timer(follow->timer_fd) : -errno;
}

int clock_follow_start(struct clock_follow *follow)
{
  int error = 0;
  pthread_mutex_lock(&follow->lock);
  if (!follow->running)
  {
    error = open_files(follow);
    if (error == 0)
      error = start_thread(follow);
    if (error != 0)
      close_files(follow);
    follow->running = error == 0;
  }
  pthread_mutex_unlock(&follow->lock);
  return error;
}

void clock_follow_stop(struct clock_follow *follow)
{
  if (!follow->running)
    return;
  const uint64_t one = 1;
  ssize_t written = write(follow->stop_fd, &one, sizeof(one));
  (void) written; /* an eventfd of 0 takes a 1 */
  pthread_join(follow->thread, NULL);
  close_files(follow);
  follow->running = false;
}

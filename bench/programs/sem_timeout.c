/* How late sem_timedwait returns when nobody posts. */
#include <errno.h>
#include <semaphore.h>

#include "measure.h"

#define WAITS         400
#define SHORTEST_NS   200000u
#define STEP_NS       3000u /* each wait is longer than the one before: no common rhythm */
#define NS_PER_SECOND 1000000000LL

static uint64_t late_ns[WAITS];

static uint64_t wait_once(sem_t *semaphore, uint32_t wait_ns)
{
  struct timespec until;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += wait_ns;
  if (until.tv_nsec >= NS_PER_SECOND)
  {
    until.tv_nsec -= NS_PER_SECOND;
    until.tv_sec++;
  }
  errno = 0;
  int result = sem_timedwait(semaphore, &until);
  clock_gettime(CLOCK_REALTIME, &now);
  measure_check(result == -1 && errno == ETIMEDOUT, "timing out");
  int64_t late = (now.tv_sec - until.tv_sec) * NS_PER_SECOND + (now.tv_nsec - until.tv_nsec);
  measure_check(late >= 0, "waiting for long enough");
  return (uint64_t) late;
}

int main(void)
{
  sem_t semaphore;
  measure_check(sem_init(&semaphore, 0, 0) == 0, "sem_init");
  uint64_t begin_ns = measure_now_ns();
  uint64_t begin_cycles = measure_now_cycles();
  for (uint32_t i = 0; i < WAITS; i++)
    late_ns[i] = wait_once(&semaphore, SHORTEST_NS + i * STEP_NS);
  double cycles_per_ns =
      (double) (measure_now_cycles() - begin_cycles) / (double) (measure_now_ns() - begin_ns);
  measure_print("sem_timeout", (double) measure_percentile(late_ns, WAITS, 50) * cycles_per_ns,
                "cycles");
  measure_print("sem_timeout_p99", (double) measure_percentile(late_ns, WAITS, 99) * cycles_per_ns,
                "cycles");
  measure_print("operations", WAITS, "times");
  return 0;
}

/* Attributes of threads, defaults, scheduling by <sched.h>, clocks, sets of CPUs, small calls. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pthread_check.h"

#define STACK_BYTES (128 * 1024)

/* ---- Stacks ---- */

static void *look_at_stack(void *argument)
{
  pthread_attr_t attr;
  void *stack;
  size_t bytes, guard;
  char here;
  CHECK(pthread_getattr_np(pthread_self(), &attr) == 0);
  CHECK(pthread_attr_getstack(&attr, &stack, &bytes) == 0);
  CHECK(&here > (char *) stack && &here < (char *) stack + bytes);
  CHECK(pthread_attr_getguardsize(&attr, &guard) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
  *(size_t *) argument = guard;
  return (void *) bytes;
}

static void check_stacks(void)
{
  pthread_attr_t attr;
  pthread_t thread;
  size_t guard = 77, bytes;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN - 1) == EINVAL);
  CHECK(pthread_attr_setstacksize(&attr, STACK_BYTES) == 0);
  CHECK(pthread_attr_getstacksize(&attr, &bytes) == 0 && bytes == STACK_BYTES);
  CHECK(pthread_create(&thread, &attr, look_at_stack, &guard) == 0);
  CHECK((size_t) result_of(thread) >= STACK_BYTES);
  CHECK(guard == 4096);
  CHECK(pthread_attr_setguardsize(&attr, 0) == 0);
  CHECK(pthread_create(&thread, &attr, look_at_stack, &guard) == 0);
  CHECK((size_t) result_of(thread) >= STACK_BYTES && guard == 0);
  CHECK(pthread_attr_setguardsize(&attr, 65536) == 0);
  CHECK(pthread_attr_getguardsize(&attr, &bytes) == 0 && bytes == 65536);
  CHECK(pthread_create(&thread, &attr, look_at_stack, &guard) == 0);
  result_of(thread);
  CHECK(guard == 65536);
  void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(stack != MAP_FAILED);
  CHECK(pthread_attr_setstack(&attr, stack, PTHREAD_STACK_MIN - 1) == EINVAL);
  CHECK(pthread_attr_setstack(&attr, stack, STACK_BYTES) == 0);
  void *given;
  CHECK(pthread_attr_getstack(&attr, &given, &bytes) == 0 && given == stack &&
        bytes == STACK_BYTES);
  CHECK(pthread_create(&thread, &attr, look_at_stack, &guard) == 0);
  CHECK((size_t) result_of(thread) == STACK_BYTES);
  CHECK(munmap(stack, STACK_BYTES) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
  CHECK((size_t) look_at_stack(&guard) > 0); /* the main thread's */
}

/* ---- Other attributes ---- */

static void check_values(void)
{
  pthread_attr_t attr;
  struct sched_param param = {0};
  int value;
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_getdetachstate(&attr, &value) == 0 && value == PTHREAD_CREATE_JOINABLE);
  CHECK(pthread_attr_setdetachstate(&attr, 9) == EINVAL);
  CHECK(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
  CHECK(pthread_attr_getdetachstate(&attr, &value) == 0 && value == PTHREAD_CREATE_DETACHED);
  CHECK(pthread_attr_getinheritsched(&attr, &value) == 0 && value == PTHREAD_INHERIT_SCHED);
  CHECK(pthread_attr_setinheritsched(&attr, 9) == EINVAL);
  CHECK(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED) == 0);
  CHECK(pthread_attr_getinheritsched(&attr, &value) == 0 && value == PTHREAD_EXPLICIT_SCHED);
  CHECK(pthread_attr_getscope(&attr, &value) == 0 && value == PTHREAD_SCOPE_SYSTEM);
  CHECK(pthread_attr_setscope(&attr, PTHREAD_SCOPE_SYSTEM) == 0);
  CHECK(pthread_attr_setscope(&attr, PTHREAD_SCOPE_PROCESS) == ENOTSUP);
  CHECK(pthread_attr_setscope(&attr, 9) == EINVAL);
  CHECK(pthread_attr_getschedpolicy(&attr, &value) == 0 && value == SCHED_OTHER);
  CHECK(pthread_attr_setschedpolicy(&attr, 77) == EINVAL);
  CHECK(pthread_attr_setschedpolicy(&attr, SCHED_RR) == 0);
  CHECK(pthread_attr_getschedpolicy(&attr, &value) == 0 && value == SCHED_RR);
  param.sched_priority = 12;
  CHECK(pthread_attr_setschedparam(&attr, &param) == 0);
  param.sched_priority = 0;
  CHECK(pthread_attr_getschedparam(&attr, &param) == 0 && param.sched_priority == 12);
  CHECK(pthread_attr_destroy(&attr) == 0);
}

static void *look_at_schedule(void *argument)
{
  int policy;
  struct sched_param param;
  cpu_set_t set;
  (void) argument;
  CHECK(pthread_getschedparam(pthread_self(), &policy, &param) == 0);
  CHECK(policy == SCHED_FIFO && param.sched_priority == 9);
  CHECK(sched_getscheduler(0) == SCHED_FIFO);
  CHECK(sched_getparam(gettid(), &param) == 0 && param.sched_priority == 9);
  param.sched_priority = 8;
  CHECK(sched_setparam(0, &param) == 0);
  param.sched_priority = 0;
  CHECK(sched_getparam(0, &param) == 0 && param.sched_priority == 8);
  CHECK(pthread_setschedprio(pthread_self(), 7) == 0);
  CHECK(sched_getparam(0, &param) == 0 && param.sched_priority == 7);
  param.sched_priority = 1000;
  CHECK(sched_setparam(0, &param) == -1 && errno == EINVAL);
  CHECK(pthread_setschedparam(pthread_self(), 77, &param) == EINVAL);
  param.sched_priority = 0;
  CHECK(sched_setscheduler(0, SCHED_OTHER, &param) == 0);
  CHECK(sched_getscheduler(0) == SCHED_OTHER);
  CHECK(sched_getscheduler(0x7ffffff0) == -1 && errno == ESRCH);
  CHECK(sched_getparam(0x7ffffff0, &param) == -1 && errno == ESRCH);
  struct timespec slice = {.tv_sec = -1};
  CHECK(sched_rr_get_interval(0, &slice) == 0 && slice.tv_sec == 0);
  CHECK(sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 && CPU_ISSET(0, &set));
  unsigned int cpu = 77, node = 77;
  CHECK(getcpu(&cpu, &node) == 0 && cpu == 0 && node == 0);
  CHECK(sched_getcpu() == 0);
  return NULL;
}

static void check_schedule(void)
{
  pthread_attr_t attr;
  pthread_t thread;
  cpu_set_t first, got;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED) == 0);
  CHECK(pthread_attr_setschedpolicy(&attr, SCHED_FIFO) == 0);
  CHECK(pthread_attr_setschedparam(&attr, &(struct sched_param){9}) == 0);
  CHECK(pthread_attr_setaffinity_np(&attr, sizeof(first), &first) == 0);
  CHECK(pthread_attr_getaffinity_np(&attr, sizeof(got), &got) == 0 && CPU_EQUAL(&first, &got));
  CHECK(pthread_create(&thread, &attr, look_at_schedule, NULL) == 0);
  result_of(thread);
  CPU_ZERO(&got);
  CHECK(pthread_attr_setaffinity_np(&attr, sizeof(got), &got) == 0);
  CHECK(pthread_create(&thread, &attr, look_at_schedule, NULL) == EINVAL);
  CHECK(pthread_attr_destroy(&attr) == 0);
  for (int policy = SCHED_OTHER; policy <= SCHED_RR; policy++)
    CHECK(sched_get_priority_min(policy) <= sched_get_priority_max(policy));
  CHECK(sched_get_priority_max(77) == -1 && errno == EINVAL);
  CHECK(sched_get_priority_min(77) == -1 && errno == EINVAL);
  CHECK(sched_yield() == 0);
}

static void *get_affinity(void *set)
{
  CHECK(pthread_getaffinity_np(pthread_self(), sizeof(cpu_set_t), set) == 0);
  return NULL;
}

/* A thread has its creator's CPUs, if it is given none. */
static void check_inherited_cpus(void)
{
  pthread_attr_t attr;
  pthread_t thread;
  cpu_set_t all, first, got;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  CHECK(pthread_getaffinity_np(pthread_self(), sizeof(all), &all) == 0);
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(first), &first) == 0);
  CHECK(pthread_create(&thread, NULL, get_affinity, &got) == 0);
  result_of(thread);
  CHECK(CPU_EQUAL(&got, &first));
  CHECK(pthread_attr_setaffinity_np(&attr, sizeof(all), &all) == 0);
  CHECK(pthread_create(&thread, &attr, get_affinity, &got) == 0);
  result_of(thread);
  CHECK(CPU_EQUAL(&got, &all));
  CHECK(pthread_attr_destroy(&attr) == 0);
  CHECK(pthread_setaffinity_np(pthread_self(), sizeof(all), &all) == 0);
  CHECK(pthread_create(&thread, NULL, get_affinity, &got) == 0);
  result_of(thread);
  CHECK(CPU_EQUAL(&got, &all));
}

/* ---- Defaults ---- */

static void check_defaults(void)
{
  pthread_attr_t attr, former;
  pthread_t thread;
  size_t bytes, guard;
  CHECK(pthread_getattr_default_np(&former) == 0);
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setstacksize(&attr, 3 * STACK_BYTES) == 0);
  CHECK(pthread_attr_setguardsize(&attr, 12288) == 0);
  CHECK(pthread_setattr_default_np(&attr) == 0);
  CHECK(pthread_attr_destroy(&attr) == 0);
  CHECK(pthread_getattr_default_np(&attr) == 0);
  CHECK(pthread_attr_getstacksize(&attr, &bytes) == 0 && bytes == 3 * STACK_BYTES);
  CHECK(pthread_attr_destroy(&attr) == 0);
  CHECK((size_t) result_of(start(look_at_stack, &guard)) >= 3 * STACK_BYTES);
  CHECK(guard == 12288);
  static char stack[STACK_BYTES] __attribute__((aligned(64)));
  CHECK(pthread_attr_init(&attr) == 0);
  CHECK(pthread_attr_setstack(&attr, stack, sizeof(stack)) == 0);
  CHECK(pthread_setattr_default_np(&attr) == EINVAL);
  CHECK(pthread_create(&thread, &attr, look_at_stack, &guard) == 0);
  result_of(thread);
  CHECK(pthread_attr_destroy(&attr) == 0);
  CHECK(pthread_setattr_default_np(&former) == 0);
  CHECK((size_t) result_of(start(look_at_stack, &guard)) != 3 * STACK_BYTES);
  CHECK(pthread_attr_destroy(&former) == 0);
}

/* ---- Clocks of threads ---- */

static volatile int has_begun;
static volatile int end;

static void *compute(void *argument)
{
  set(&has_begun, 1);
  while (!__atomic_load_n(&end, __ATOMIC_ACQUIRE))
    ;
  return argument;
}

static int64_t us_of(clockid_t clock)
{
  struct timespec used = {.tv_sec = -1};
  CHECK(clock_gettime(clock, &used) == 0);
  return used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void check_clocks(void)
{
  pthread_t thread = start(compute, NULL);
  clockid_t clock, own, process;
  struct timespec resolution;
  CHECK(pthread_getcpuclockid(thread, &clock) == 0);
  CHECK(pthread_getcpuclockid(pthread_self(), &own) == 0);
  CHECK(clock_getcpuclockid(0, &process) == 0);
  CHECK(clock_getres(clock, &resolution) == 0);
  /* It goes when the thread has a CPU. */
  CHECK(comes(&has_begun, 1));
  int64_t before = us_of(clock);
  int64_t end_ms = now_ms() + 10000;
  while (us_of(clock) - before <= 2000 && now_ms() < end_ms)
    sleep_ms(1);
  CHECK(us_of(clock) - before > 2000);
  int64_t mine = us_of(CLOCK_THREAD_CPUTIME_ID);
  int64_t same = us_of(own);
  CHECK(mine <= same && same <= us_of(CLOCK_THREAD_CPUTIME_ID));
  /* In this order, as the thread goes on in between. */
  int64_t its = us_of(clock);
  CHECK(us_of(process) >= its);
  set(&end, 1);
  result_of(thread);
#ifdef __uhyve__ /* on Linux it goes some time after that */
  struct timespec used;
  errno = 0;
  CHECK(clock_gettime(clock, &used) == -1 && errno == EINVAL);
#endif
}

/* ---- Sets of CPUs, and the rest ---- */

static void check_sets(void)
{
  cpu_set_t a, b, c;
  CPU_ZERO(&a);
  CPU_ZERO(&b);
  CPU_SET(1, &a);
  CPU_SET(1000, &a);
  CPU_SET(1, &b);
  CPU_SET(2, &b);
  CHECK(CPU_COUNT(&a) == 2 && CPU_ISSET(1000, &a) && !CPU_ISSET(2, &a));
  CPU_AND(&c, &a, &b);
  CHECK(CPU_COUNT(&c) == 1 && CPU_ISSET(1, &c));
  CPU_OR(&c, &a, &b);
  CHECK(CPU_COUNT(&c) == 3);
  CPU_XOR(&c, &a, &b);
  CHECK(CPU_COUNT(&c) == 2 && !CPU_ISSET(1, &c));
  CPU_CLR(1000, &a);
  CPU_CLR(2, &b);
  CHECK(CPU_EQUAL(&a, &b));
  cpu_set_t *large = CPU_ALLOC(5000);
  size_t bytes = CPU_ALLOC_SIZE(5000);
  CPU_ZERO_S(bytes, large);
  CPU_SET_S(4999, bytes, large);
  CHECK(CPU_ISSET_S(4999, bytes, large) && CPU_COUNT_S(bytes, large) == 1);
  CPU_FREE(large);
}

static void check_limits(void)
{
  struct rlimit limit = {0};
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= 16384);
  CHECK(limit.rlim_cur <= limit.rlim_max);
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur > 0);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 3);
  errno = 0;
  CHECK(getrlimit(RLIM_NLIMITS, &limit) == -1 && errno == EINVAL);
}

static void never(void)
{
  CHECK(false);
}

static void check_rest(void)
{
  char name[16];
  CHECK(pthread_setname_np(pthread_self(), "a-long-name-here") == ERANGE);
  CHECK(pthread_setname_np(pthread_self(), "main-thread") == 0);
  CHECK(pthread_getname_np(pthread_self(), name, sizeof(name)) == 0);
  CHECK(strcmp(name, "main-thread") == 0);
  CHECK(pthread_getname_np(pthread_self(), name, 3) == ERANGE);
  CHECK(pthread_getconcurrency() == 0);
  CHECK(pthread_setconcurrency(-1) == EINVAL);
  CHECK(pthread_setconcurrency(3) == 0);
  CHECK(pthread_getconcurrency() == 3);
  CHECK(pthread_atfork(never, never, never) == 0);
  CHECK(gettid() > 0);
  CHECK(sysconf(_SC_THREADS) > 0 && sysconf(_SC_BARRIERS) > 0 && sysconf(_SC_SPIN_LOCKS) > 0);
  CHECK(sysconf(_SC_READER_WRITER_LOCKS) > 0 && sysconf(_SC_THREAD_PRIO_INHERIT) > 0);
  CHECK(sysconf(_SC_THREAD_PRIO_PROTECT) > 0 && sysconf(_SC_SEMAPHORES) > 0);
  CHECK(sysconf(_SC_THREAD_CPUTIME) > 0 && sysconf(_SC_TIMEOUTS) > 0);
  CHECK(sysconf(_SC_THREAD_PROCESS_SHARED) > 0 && sysconf(_SC_CLOCK_SELECTION) > 0);
}

int main(void)
{
  check_stacks();
  check_values();
  check_schedule();
  check_inherited_cpus();
  check_defaults();
  check_clocks();
  check_sets();
  check_limits();
  check_rest();
  return check_finish();
}

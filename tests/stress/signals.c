/* Signals during everything: threads that compute with known values in all registers, allocate,
 * print, lock, wait, map and create threads get signals all the time. Each signal that queues is
 * handled once and in order, and nobody loses anything to a handler. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "keep_registers.h"
#include "stress.h"

#define ALTERNATE_BYTES 65536
#define QUEUED          SIGRTMIN
#define OF_TIMER        (SIGRTMIN + 1)
#define DEFAULT_MXCSR   0x1f80u

struct worker
{
  pthread_t thread;
  void (*work)(struct random *random);
  uint32_t number;
  uint32_t sent;    /* of those that queue */
  uint32_t handled; /* the last one */
};

static uint32_t stop;
static uint32_t handlers_run;
static uint32_t timer_signals;
static __thread struct worker *self;

/* ---- Handlers ---- */

/* Other values in what a call need not preserve. */
static void spoil_registers(void)
{
  volatile char from[512];
  char to[512];
  memset((void *) from, 0x5a, sizeof(from));
  memcpy(to, (const void *) from, sizeof(to));
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tmovdqa %%xmm0, %%xmm1\n\tmovdqa %%xmm0, %%xmm2\n\t"
                   "movdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm8\n\tmovdqa %%xmm0, %%xmm15"
                   :
                   : "r"(to)
                   : "xmm0", "xmm1", "xmm2", "xmm7", "xmm8", "xmm15", "memory");
}

static void check_handler(unsigned int number)
{
  bool is_aligned = ((uintptr_t) __builtin_frame_address(0) & 15) == 0;
  bool is_default = (__builtin_ia32_stmxcsr() & ~0x3fu) == DEFAULT_MXCSR;
  spoil_registers();
  bool computes = keeper_compute(number % 4096);
  if (!is_aligned || !is_default || !computes)
    CHECK(is_aligned && is_default && computes);
  __atomic_add_fetch(&handlers_run, 1, __ATOMIC_RELAXED);
}

static void on_queued(int number, siginfo_t *info, void *context)
{
  int error = errno;
  uint32_t value = (uint32_t) info->si_value.sival_int;
  (void) context;
  if (number != QUEUED || value != self->handled + 1)
    CHECK(number == QUEUED && value == self->handled + 1);
  self->handled = value;
  check_handler(value);
  if (value % 8 == 0)
    raise(SIGUSR2);
  if (value % 64 == 0)
    nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL);
  if (value % 32 == 0)
    sched_yield();
  errno = error;
}

static void on_other(int number)
{
  int error = errno;
  check_handler((unsigned int) number);
  errno = error;
}

static void on_timer(int number)
{
  on_other(number);
  __atomic_add_fetch(&timer_signals, 1, __ATOMIC_RELAXED);
}

/* ---- What is interrupted ---- */

static void keep(struct random *random)
{
  static __thread struct keeper *keeper;
  if (keeper == NULL)
  {
    keeper = aligned_alloc(_Alignof(struct keeper), sizeof(*keeper));
    keeper->level = (uint64_t) keeper_level();
  }
  keeper_fill(keeper, random);
  keeper->iterations = 1 + random_below(random, stress_size);
  keep_registers(keeper);
  const char *what = keeper_changed(keeper);
  if (what != NULL)
    fprintf(stderr, "changed: %s\n", what);
  CHECK(what == NULL);
}

static void allocate(struct random *random)
{
  unsigned char *blocks[16];
  for (unsigned int i = 0; i < 16; i++)
  {
    size_t len_bytes = 1 + random_below(random, 3000);
    blocks[i] = malloc(len_bytes);
    memset(blocks[i], (int) i, len_bytes);
    blocks[i][len_bytes - 1] = (unsigned char) i;
  }
  bool good = true;
  for (unsigned int i = 0; i < 16; i++)
  {
    good = good && blocks[i][0] == i;
    free(blocks[i]);
  }
  CHECK(good);
}

static void print(struct random *random)
{
  char text[128];
  char expected[128];
  double value = (double) random_below(random, 1000000) / 64;
  uint64_t number = random_below(random, UINT64_MAX);
  snprintf(text, sizeof(text), "%.6f %llu %s", value, (unsigned long long) number, "text");
  snprintf(expected, sizeof(expected), "%.6f", value);
  double read = strtod(text, NULL);
  char *rest = strchr(text, ' ');
  CHECK(read == value && rest != NULL && strtoull(rest + 1, NULL, 10) == number);
  CHECK(strncmp(text, expected, strlen(expected)) == 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed_turn = PTHREAD_COND_INITIALIZER;
static uint64_t turns;
static uint64_t turns_copy;

/* Two threads take turns; who waits too long gives up. */
static void take_turns(struct random *random)
{
  struct timespec until;
  (void) random;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 2000000;
  if (until.tv_nsec >= 1000000000)
  {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  pthread_mutex_lock(&mutex);
  bool good = turns == turns_copy;
  int error = 0;
  while (turns % 2 != self->number % 2 && error == 0)
    error = pthread_cond_timedwait(&changed_turn, &mutex, &until);
  turns++;
  turns_copy++;
  pthread_cond_broadcast(&changed_turn);
  pthread_mutex_unlock(&mutex);
  CHECK(good && (error == 0 || error == ETIMEDOUT));
}

static void map(struct random *random)
{
  size_t len_bytes = 4096 * (1 + random_below(random, 16));
  char *memory = mmap(NULL, len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  for (size_t i = 0; i < len_bytes; i += 4096)
    memory[i] = (char) (i / 4096);
  bool good = mprotect(memory, 4096, PROT_READ) == 0;
  for (size_t i = 0; i < len_bytes; i += 4096)
    good = good && memory[i] == (char) (i / 4096);
  CHECK(good && munmap(memory, len_bytes) == 0);
}

static void *add_one(void *argument)
{
  return (char *) argument + 1;
}

static void create(struct random *random)
{
  pthread_t thread;
  void *result = NULL;
  char *argument = (char *) (uintptr_t) random_below(random, 100000);
  CHECK(pthread_create(&thread, NULL, add_one, argument) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == argument + 1);
}

static struct worker workers[] = {{.work = keep},       {.work = keep},   {.work = allocate},
                                  {.work = print},      {.work = map},    {.work = take_turns},
                                  {.work = take_turns}, {.work = create}, {.work = allocate}};

#define WORKERS (sizeof(workers) / sizeof(workers[0]))

static void set_mask(int how)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, QUEUED);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, OF_TIMER);
  CHECK(pthread_sigmask(how, &set, NULL) == 0);
}

static void *run(void *argument)
{
  self = argument;
  struct random random = random_begin(self->number);
  stack_t stack = {.ss_sp = malloc(ALTERNATE_BYTES), .ss_size = ALTERNATE_BYTES};
  CHECK(sigaltstack(&stack, NULL) == 0);
  set_mask(SIG_UNBLOCK);
  while (__atomic_load_n(&stop, __ATOMIC_ACQUIRE) == 0)
  {
    self->work(&random);
    if (random_below(&random, 8) == 0)
    {
      set_mask(SIG_BLOCK);
      self->work(&random);
      set_mask(SIG_UNBLOCK);
    }
  }
  set_mask(SIG_BLOCK);
  stack = (stack_t){.ss_flags = SS_DISABLE};
  CHECK(sigaltstack(&stack, NULL) == 0);
  return NULL;
}

static void act_on(int number, void (*handler)(int), int flags)
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK | flags};
  CHECK(sigaction(number, &action, NULL) == 0);
}

static void send_one(struct random *random)
{
  struct worker *worker = &workers[random_below(random, WORKERS)];
  if (random_below(random, 4) == 0)
    CHECK(pthread_kill(worker->thread, SIGUSR1) == 0);
  int error;
  while ((error = pthread_sigqueue(worker->thread, QUEUED,
                                   (union sigval){.sival_int = (int) worker->sent + 1})) == EAGAIN)
    sched_yield();
  CHECK(error == 0);
  worker->sent++;
}

static timer_t start_timer(void)
{
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = OF_TIMER};
  struct itimerspec value = {.it_value = {.tv_nsec = 300000}, .it_interval = {.tv_nsec = 300000}};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  CHECK(timer_settime(timer, 0, &value, NULL) == 0);
  return timer;
}

static void wait_until_handled(void)
{
  for (unsigned int i = 0; i < WORKERS; i++)
  {
    while (__atomic_load_n(&workers[i].handled, __ATOMIC_ACQUIRE) != workers[i].sent)
      sched_yield();
  }
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 1000);
  struct random random = random_begin(1000);
  struct sigaction action = {.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  CHECK(sigaction(QUEUED, &action, NULL) == 0);
  act_on(SIGUSR1, on_other, SA_RESTART);
  act_on(SIGUSR2, on_other, SA_NODEFER);
  act_on(OF_TIMER, on_timer, 0);
  set_mask(SIG_BLOCK); /* threads begin so */
  for (uint32_t i = 0; i < WORKERS; i++)
  {
    workers[i].number = i;
    CHECK(pthread_create(&workers[i].thread, NULL, run, &workers[i]) == 0);
  }
  timer_t timer = start_timer();
  uint32_t least = 2 * stress_size;
  for (uint32_t i = 0; stress_goes_on() || i < least; i++)
  {
    send_one(&random);
    if (i % 8 == 0)
      uhyve_task_sleep(random_below(&random, 50 * US));
  }
  wait_until_handled();
  CHECK(timer_delete(timer) == 0);
  __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
  for (uint32_t i = 0; i < WORKERS; i++)
    CHECK(pthread_join(workers[i].thread, NULL) == 0);
  CHECK(handlers_run >= least && timer_signals > 0);
  return stress_finish();
}

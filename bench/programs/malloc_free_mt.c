/* malloc and free of random sizes on 1 or 2 CPUs. usage: malloc_free_mt 1|2
 * Each thread keeps thousands of blocks; each fourth one it puts into a place that all threads
 * share, and frees what it finds there, often another thread's. Prints the time a thread takes for
 * one malloc and one free, so that a malloc that scales has one figure for both. The first round
 * is printed as _fresh: it takes memory from the host that later rounds have. */
#include <string.h>

#include "threads.h"

#define THREADS_MAX   2
#define LIVE_BLOCKS   8192
#define SHARED_BLOCKS 1024
#define STEPS         1000000
#define ROUNDS        6

struct worker
{
  char *blocks[LIVE_BLOCKS];
  uint64_t random_state;
};

static struct worker workers[THREADS_MAX];
static _Atomic(char *) shared[SHARED_BLOCKS];
static struct threads_meeting meeting;

static uint64_t random_next(uint64_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* 16 B to 32 KiB; each doubling is half as likely as the one before. */
static size_t random_size(uint64_t random)
{
  unsigned int doublings = (unsigned int) __builtin_ctzll(random | UINT64_C(1) << 10);
  size_t base = (size_t) 16 << doublings;
  return base + (size_t) (random >> 11) % base;
}

static void run_round(struct worker *worker)
{
  for (uint32_t i = 0; i < STEPS; i++)
  {
    uint64_t random = random_next(&worker->random_state);
    size_t bytes = random_size(random);
    char *block = malloc(bytes);
    if (block == NULL)
      abort();
    block[0] = 1;
    block[bytes - 1] = 1;
    char *old;
    if (i % 4 == 0)
    {
      old = atomic_exchange(&shared[(random >> 48) % SHARED_BLOCKS], block);
    }
    else
    {
      char **place = &worker->blocks[(random >> 48) % LIVE_BLOCKS];
      old = *place;
      *place = block;
    }
    free(old);
  }
}

static void *work(void *argument)
{
  for (int i = 0; i < ROUNDS; i++)
  {
    threads_meet(&meeting);
    run_round(argument);
    threads_meet(&meeting);
  }
  return NULL;
}

int main(int argc, char **argv)
{
  unsigned int threads = argc == 2 && strcmp(argv[1], "2") == 0 ? 2 : 1;
  cpu_set_t cpus[THREADS_MAX];
  pthread_t others[THREADS_MAX];
  uint64_t took_ns[ROUNDS];
  threads_find_cpus(cpus, (int) threads);
  threads_pin_self(&cpus[0]);
  meeting.threads = threads;
  for (unsigned int i = 0; i < threads; i++)
    workers[i].random_state = 88172645463325252u + i;
  for (unsigned int i = 1; i < threads; i++)
    others[i] = threads_start_on(&cpus[i], work, &workers[i]);
  for (int i = 0; i < ROUNDS; i++)
  {
    uint64_t begin_ns = measure_now_ns();
    threads_meet(&meeting);
    run_round(&workers[0]);
    threads_meet(&meeting);
    took_ns[i] = measure_now_ns() - begin_ns;
  }
  for (unsigned int i = 1; i < threads; i++)
    threads_join(others[i]);
  uint64_t fresh_ns = took_ns[0];
  measure_print(threads == 1 ? "malloc_free_mt_1" : "malloc_free_mt_2",
                (double) measure_percentile(took_ns + 1, ROUNDS - 1, 50) / STEPS, "ns");
  measure_print(threads == 1 ? "malloc_free_mt_1_fresh" : "malloc_free_mt_2_fresh",
                (double) fresh_ns / STEPS, "ns");
  return 0;
}

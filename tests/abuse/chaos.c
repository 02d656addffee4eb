/* A guest that calls the monitor at random from all of its CPUs, each of which changes the blocks
 * and buffers of the others while these are served: chaos live|deadly SEED MILLISECONDS
 *
 *   live    keeps to the interface: random values where any are allowed. Lives until time is over,
 *           and ends with status 0
 *   deadly  the same for a part of the time; then calls that are nearly right, on all CPUs, until
 *           one of them ends the guest. Those that are not ended by any end with status 0
 */
#define _GNU_SOURCE
#include "chaos.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "abuse.h"

#define DEADLY_CALLS 200

uint64_t seed;
unsigned int lane_count;
struct arena *arena;

static uint64_t arena_first_gpa;
static bool is_deadly;
static uint64_t end_ms;
static atomic_uint_fast64_t calls_made;

/* Frames need not follow one another: looks in this much for a part where they do. */
#define SEARCHED_BYTES (8u << 20)

bool arena_make(void)
{
  char *memory =
      mmap(NULL, SEARCHED_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return false;
  size_t begin = 0;
  size_t end = 0;
  for (; end < SEARCHED_BYTES && end - begin < sizeof(struct arena); end += PAGE_BYTES)
  {
    memory[end] = 0;
    if (address_to_gpa(memory + end, 0) != address_to_gpa(memory + begin, 0) + (end - begin))
      begin = end;
  }
  if (end - begin < sizeof(struct arena))
    return false;
  arena = (struct arena *) (memory + begin);
  arena_first_gpa = address_to_gpa(arena, 0);
  for (unsigned int lane = 0; lane < CPUS_MAX; lane++)
    memset(arena->lanes[lane].text, '/', TEXT_BYTES);
  return true;
}

uint64_t arena_gpa(const void *pointer)
{
  return arena_first_gpa + (uint64_t) ((const char *) pointer - (const char *) arena);
}

/* ---- The calls that there are ---- */

static const struct
{
  uint16_t port;
  uint16_t bytes;
} calls[] = {
#define ROW(name, port, block, purpose) {port, sizeof(block)},
    HYPERCALLS(ROW)
#undef ROW
};

uint16_t port_of(enum call call)
{
  return calls[call].port;
}

size_t block_bytes(enum call call)
{
  return calls[call].bytes;
}

bool is_survivable(enum call call)
{
  bool names_file = call == CALL_file_open || call == CALL_path;
  return call != CALL_exit && call != CALL_crash && (!names_file || start_info->mapping_count > 0);
}

void *block_of(unsigned int lane, enum call call)
{
  struct chance chance = {seed + lane * CALLS + call};
  size_t room = PAGE_BYTES - calls[call].bytes;
  size_t offset = chance_one_in(&chance, 3) ? room : chance_below(&chance, room + 1) & ~7ul;
  return arena->lanes[lane].block_pages[call] + offset;
}

int64_t chance_special(struct chance *chance)
{
  static const int64_t numbers[] = {
      0,         1,         2,          3,         7,         64,       255,       4095,
      4096,      4097,      -1,         -2,        -3,        -4096,    INT32_MAX, INT32_MIN,
      INT64_MAX, INT64_MIN, UINT32_MAX, 1ll << 32, 1ll << 40, 1ll << 62};
  uint64_t which = chance_below(chance, 2 * sizeof(numbers) / sizeof(numbers[0]));
  if (which < sizeof(numbers) / sizeof(numbers[0]))
    return numbers[which];
  return (int64_t) (chance_next(chance) >> chance_below(chance, 64));
}

/* ---- The lanes ---- */

static uint64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

/* Any block of another lane, which may be being served just now. */
static void change_others(struct chance *chance)
{
  unsigned int lane = (unsigned int) chance_below(chance, lane_count);
  enum call call = (enum call) chance_below(chance, CALLS);
  if (is_survivable(call))
    fill_block(chance, lane, call);
}

/* By a call that is broken, or by one that becomes so while it is made: all make that one. */
static void end_somehow(struct chance *chance, unsigned int lane)
{
  enum call call = (enum call)(seed / 2 % CALLS);
  if (!is_survivable(call))
    call = CALL_discard;
  if (seed % 2 == 0 || lane_count == 1)
    break_rules(chance, lane);
  else if (lane == lane_count - 1)
    spoil_others(chance, call);
  else
    make_call(chance, lane, call);
}

static void *run_lane(void *argument)
{
  unsigned int lane = (unsigned int) (uintptr_t) argument;
  struct chance chance = {seed * CPUS_MAX + lane};
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((int) lane, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
  /* One of them mostly changes what the others call with. */
  uint64_t changes_one_in = lane == lane_count - 1 && lane_count > 1 ? 20 : 2;
  uint64_t calls = 0;
  while (now_ms() < end_ms)
  {
    for (unsigned int i = 0; i < 20; i++, calls++)
    {
      make_call(&chance, lane, (enum call) chance_below(&chance, CALLS));
      for (unsigned int j = 0; j < changes_one_in; j++)
        change_others(&chance);
    }
  }
  for (unsigned int i = 0; is_deadly && i < DEADLY_CALLS; i++)
    end_somehow(&chance, lane);
  atomic_fetch_add(&calls_made, calls);
  return NULL;
}

int main(int argc, char **argv)
{
  pthread_t threads[CPUS_MAX];
  if (argc != 4 || !arena_make() || start_info->cpu_count > CPUS_MAX)
    return 99;
  is_deadly = strcmp(argv[1], "deadly") == 0;
  seed = strtoull(argv[2], NULL, 0);
  end_ms = now_ms() + strtoull(argv[3], NULL, 0);
  lane_count = start_info->cpu_count;
  struct chance chance = {seed};
  for (unsigned int lane = 0; lane < lane_count; lane++)
  {
    for (unsigned int call = 0; call < CALLS; call++)
    {
      if (is_survivable((enum call) call))
        fill_block(&chance, lane, (enum call) call);
    }
  }
  for (unsigned int lane = 0; lane < lane_count; lane++)
  {
    if (pthread_create(&threads[lane], NULL, run_lane, (void *) (uintptr_t) lane) != 0)
      return 99;
  }
  for (unsigned int lane = 0; lane < lane_count; lane++)
    pthread_join(threads[lane], NULL);
  fprintf(stderr, "chaos: %llu calls\n", (unsigned long long) atomic_load(&calls_made));
  return 0;
}

/* Ends in the way that its first argument names, while other threads wait, run and have ended. A
 * second argument: so many more threads that wait. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hypercalls/start_info.h"

_Noreturn void __uhyve_panic(const char *message);

int some_global = 4711;
char *heap_text;
char *mapped_text;
volatile double sum;
static atomic_int ready;
static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;

#define NOINLINE __attribute__((noinline))

NOINLINE static void wait_in_mutex(void)
{
  atomic_fetch_add(&ready, 1);
  pthread_mutex_lock(&never);
  sum = 1;
}

static void *waiter(void *name)
{
  pthread_setname_np(pthread_self(), name);
  wait_in_mutex();
  return NULL;
}

NOINLINE static void sleep_long(void)
{
  const struct timespec hour = {.tv_sec = 3600};
  atomic_fetch_add(&ready, 1);
  nanosleep(&hour, NULL);
  sum = 1;
}

static void *sleeper(void *name)
{
  pthread_setname_np(pthread_self(), name);
  sleep_long();
  return NULL;
}

NOINLINE static void spin(int local)
{
  volatile int local_in_spin = local;
  atomic_fetch_add(&ready, 1);
  for (;;)
    sum = sum + local_in_spin;
}

static void *spinner(void *name)
{
  pthread_setname_np(pthread_self(), name);
  spin(1234);
  return NULL;
}

static void *short_lived(void *name)
{
  pthread_setname_np(pthread_self(), name);
  atomic_fetch_add(&ready, 1);
  return NULL;
}

NOINLINE static int descend(int depth)
{
  volatile char room[1000];
  room[depth % 1000] = (char) depth;
  return depth == 1 << 30 ? 0 : descend(depth + 1) + room[depth % 1000];
}

/* A block where the guest has no memory. */
NOINLINE static void break_interface(void)
{
  __asm__ volatile("out %%eax, %%dx" : : "a"(0), "d"(0x1000), "D"(1ul << 60));
}

/* The kernel library's list of threads, and one that leads to itself. */
extern void *__uhyve_all_tasks;
static void *loop[512];

static void damage_list(void *first)
{
  for (int i = 0; i < 512; i++)
    loop[i] = loop;
  __uhyve_all_tasks = first;
}

/* The kernel library's own way to page tables. */
uint64_t *__uhyve_table_buffer(void);
void __uhyve_table_write(uint64_t table_gpa, unsigned int index, unsigned int count, bool last);
extern const struct uhyve_start_info *__uhyve_start_info;

#define UNUSED_ENTRY  28 /* of the root, below the window */
#define ALL_RIGHTS    7
#define TABLE_BYTES   4096
#define TABLE_ENTRIES 512

static void write_entries(uint64_t table_gpa, unsigned int index, unsigned int count,
                          uint64_t leads_to_gpa)
{
  for (unsigned int i = 0; i < count; i++)
    __uhyve_table_buffer()[i] = leads_to_gpa | ALL_RIGHTS;
  __uhyve_table_write(table_gpa, index, count, true);
}

/* One table, of which every entry leads to itself, and the root to it: half a TiB of it. */
static void make_tables_loop(void)
{
  const struct uhyve_start_info *info = __uhyve_start_info;
  uint64_t table_gpa = info->page_tables_gpa + info->page_tables_len_bytes - TABLE_BYTES;
  for (unsigned int i = 0; i < TABLE_ENTRIES; i += UHYVE_TABLE_ENTRIES)
    write_entries(table_gpa, i, UHYVE_TABLE_ENTRIES, table_gpa);
  write_entries(info->page_table_root_gpa, UNUSED_ENTRY, 1, table_gpa);
}

NOINLINE static void crash(const char *how)
{
  volatile int local_in_crash = 815;
  if (strcmp(how, "access") == 0)
    *(volatile int *) 8 = local_in_crash;
  else if (strcmp(how, "abort") == 0)
    abort();
  else if (strcmp(how, "stack") == 0)
    sum = descend(0);
  else if (strcmp(how, "kernel") == 0)
    __uhyve_panic("as the test asks");
  else if (strcmp(how, "broken") == 0)
    break_interface();
  else if (strcmp(how, "loop") == 0 || strcmp(how, "wild") == 0)
  {
    damage_list(strcmp(how, "loop") == 0 ? (void *) loop : (void *) -8ul);
    abort();
  }
  else if (strcmp(how, "tables") == 0)
  {
    make_tables_loop();
    abort();
  }
  else if (strcmp(how, "term") == 0)
    raise(SIGTERM);
  else
    exit(0);
  sum = local_in_crash;
}

static void *crasher(void *how)
{
  pthread_setname_np(pthread_self(), "\033crash");
  crash(how);
  return NULL;
}

/* Whoever waits is on this CPU and comes before the main thread, and that before the crash: each
 * has got where it stays when the next begins. */
#define FIRST 20
#define LATE  10
#define LAST  5

static void use_one_cpu(pthread_attr_t *attributes)
{
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(0, &cpus);
  if (attributes != NULL)
    pthread_attr_setaffinity_np(attributes, sizeof cpus, &cpus);
  else
    pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus);
}

static pthread_t start(void *(*entry)(void *), void *argument, int priority)
{
  const struct sched_param parameters = {.sched_priority = priority};
  pthread_t thread;
  pthread_attr_t attributes;
  int before = atomic_load(&ready);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
  pthread_attr_setschedparam(&attributes, &parameters);
  if (priority != LAST)
    use_one_cpu(&attributes);
  if (pthread_create(&thread, &attributes, entry, argument) != 0)
    exit(2);
  while (entry == spinner && atomic_load(&ready) == before)
    usleep(100);
  return thread;
}

int main(int argc, char **argv)
{
  int more = argc > 2 ? atoi(argv[2]) : 0;
  heap_text = strdup("text in the heap");
  mapped_text = malloc(4 << 20);
  strcpy(mapped_text + (3 << 20), "text far in a mapping");
  pthread_mutex_lock(&never);
  use_one_cpu(NULL);
  start(waiter, "waiter", FIRST);
  start(sleeper, "sleeper", FIRST);
  start(short_lived, "short", FIRST);
  for (int i = 0; i < more; i++)
    start(waiter, "more", FIRST);
  start(spinner, "spinner", LAST);
  start(spinner, "spinner", LAST);
  pthread_join(start(crasher, argv[1], LATE), NULL);
  return 0;
}

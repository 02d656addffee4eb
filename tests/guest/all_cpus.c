/* Every CPU does work of every kind at the same time. The arguments: how many CPUs there must be,
 * and how many ms each of them computes. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thread_check.h"

#define BYTES ((size_t) 64 << 10)

static volatile unsigned int expected;
static unsigned int begun;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int finished;
static uint64_t used_ns;
static uint64_t compute_ns;
static _Thread_local unsigned int own;

static uint64_t time_of_ns(clockid_t clock)
{
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t) time.tv_sec * 1000 * MS + (uint64_t) time.tv_nsec;
}

static bool use_memory(unsigned int cpu)
{
  unsigned char *block = malloc(BYTES);
  unsigned char *mapping =
      mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == NULL || mapping == MAP_FAILED)
    return false;
  memset(block, (int) cpu, BYTES);
  memcpy(mapping, block, BYTES);
  bool is_kept = memcmp(mapping, block, BYTES) == 0 && mapping[BYTES - 1] == (unsigned char) cpu;
  free(block);
  return munmap(mapping, BYTES) == 0 && is_kept;
}

static void *work(void *argument)
{
  unsigned int cpu = (unsigned int) (uintptr_t) argument;
  own = cpu;
  bool is_good = uhyve_cpu() == cpu && use_memory(cpu);
  /* Nobody is done before all have begun. */
  __atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
  while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < expected)
    uhyve_task_sleep(20 * MS);
  while (time_of_ns(CLOCK_THREAD_CPUTIME_ID) < compute_ns)
    ;
  uhyve_task_sleep(20 * MS);
  is_good = is_good && uhyve_cpu() == cpu && own == cpu && use_memory(cpu + 1);
  pthread_mutex_lock(&mutex);
  CHECK(is_good);
  finished++;
  used_ns += time_of_ns(CLOCK_THREAD_CPUTIME_ID);
  pthread_mutex_unlock(&mutex);
  return argument;
}

int main(int argc, char **argv)
{
  unsigned int count = argc == 3 ? (unsigned int) atoi(argv[1]) : 0;
  if (!CHECK(count > 0 && uhyve_cpu_count() == count))
    return check_finish();
  CHECK(sysconf(_SC_NPROCESSORS_ONLN) == (long) count);
  CHECK(sysconf(_SC_NPROCESSORS_CONF) == (long) count);
  compute_ns = (uint64_t) atoi(argv[2]) * MS;
  pthread_t *threads = calloc(count, sizeof(threads[0]));
  expected = count;
  for (unsigned int cpu = 0; cpu < count; cpu++)
    threads[cpu] = start_thread(work, (void *) (uintptr_t) cpu, UHYVE_PRIORITY_DEFAULT, (int) cpu);
  /* Of threads that have ended, that run and that sleep. */
  for (unsigned int cpu = 0; cpu < count / 2; cpu++)
    pthread_join(threads[cpu], NULL);
  CHECK(time_of_ns(CLOCK_PROCESS_CPUTIME_ID) >= count / 2 * compute_ns);
  for (unsigned int cpu = count / 2; cpu < count; cpu++)
    pthread_join(threads[cpu], NULL);
  CHECK(finished == count);
  CHECK(time_of_ns(CLOCK_PROCESS_CPUTIME_ID) >= used_ns && used_ns >= count * compute_ns);
  free(threads);
  return check_finish();
}

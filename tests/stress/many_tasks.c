/* Very many tasks: created and joined in any order, a thousand alive at once, small and large
 * stacks, each with memory of its own. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "stress.h"

#define BATCH      64
#define ALIVE      1000
#define MOST_STACK (256u << 10)

struct worker
{
  pthread_t thread;
  unsigned int number;
  bool detached;
  bool good;
};

static sem_t detached_ended;

static void *result_of(const struct worker *worker)
{
  return (void *) (uintptr_t) (worker->number * 2654435761u);
}

/* Some of the stack, and blocks of the heap, hold what was written there. */
static bool use_memory(unsigned int number)
{
  struct random random = random_begin(number);
  volatile unsigned char on_stack[2000];
  unsigned char *blocks[8];
  size_t sizes[8];
  bool good = true;
  for (unsigned int i = 0; i < sizeof(on_stack); i += 100)
    on_stack[i] = (unsigned char) (number + i);
  for (unsigned int i = 0; i < 8; i++)
  {
    sizes[i] = 1 + random_below(&random, i == 0 ? 5000 : 200);
    blocks[i] = malloc(sizes[i]);
    good = good && blocks[i] != NULL;
    if (blocks[i] != NULL)
      memset(blocks[i], (int) (number + i) & 0xff, sizes[i]);
  }
  if (number % 4 == 0)
    uhyve_task_yield();
  for (unsigned int i = 0; i < 8; i++)
  {
    unsigned char wanted = (unsigned char) (number + i);
    good = good && blocks[i] != NULL && blocks[i][0] == wanted && blocks[i][sizes[i] - 1] == wanted;
    free(blocks[i]);
  }
  for (unsigned int i = 0; i < sizeof(on_stack); i += 100)
    good = good && on_stack[i] == (unsigned char) (number + i);
  return good;
}

static void *live_shortly(void *argument)
{
  struct worker *worker = argument;
  worker->good = use_memory(worker->number);
  void *result = result_of(worker);
  if (worker->detached)
    sem_post(&detached_ended);
  return result;
}

/* Half of them have stacks of the default size, whose memory is used again. */
static bool start(struct worker *worker, void *(*entry)(void *), struct random *random)
{
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (random_below(random, 2) == 0)
    pthread_attr_setstacksize(
        &attributes, PTHREAD_STACK_MIN + random_below(random, MOST_STACK - PTHREAD_STACK_MIN));
  if (worker->detached)
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  bool good = pthread_create(&worker->thread, &attributes, entry, worker) == 0;
  pthread_attr_destroy(&attributes);
  return good;
}

static void shuffle(unsigned int *order, unsigned int count, struct random *random)
{
  for (unsigned int i = 0; i < count; i++)
    order[i] = i;
  for (unsigned int i = count; i > 1; i--)
  {
    unsigned int other = (unsigned int) random_below(random, i);
    unsigned int kept = order[i - 1];
    order[i - 1] = order[other];
    order[other] = kept;
  }
}

/* Joins those that are not detached, in any order. */
static bool join_all(struct worker *workers, unsigned int count, struct random *random)
{
  static unsigned int order[ALIVE];
  bool good = true;
  shuffle(order, count, random);
  for (unsigned int i = 0; i < count; i++)
  {
    struct worker *worker = &workers[order[i]];
    void *result = NULL;
    if (worker->detached)
      continue;
    good = good && pthread_join(worker->thread, &result) == 0 && result == result_of(worker) &&
           worker->good;
  }
  return good;
}

static void create_and_join(unsigned int count, struct random *random)
{
  static struct worker workers[BATCH];
  unsigned int created = 0;
  bool good = true;
  while (created < count)
  {
    unsigned int batch = 1 + (unsigned int) random_below(random, BATCH);
    unsigned int detached = 0;
    for (unsigned int i = 0; i < batch; i++, created++)
    {
      workers[i] = (struct worker){.number = created, .detached = random_below(random, 8) == 0};
      detached += workers[i].detached ? 1 : 0;
      good = good && start(&workers[i], live_shortly, random);
    }
    good = join_all(workers, batch, random) && good;
    for (; detached > 0; detached--)
      good = good && sem_wait(&detached_ended) == 0;
    for (unsigned int i = 0; i < batch; i++)
      good = good && workers[i].good;
  }
  CHECK(good);
}

static pthread_mutex_t gate_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opens = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static unsigned int alive;

static void *live_long(void *argument)
{
  struct worker *worker = argument;
  unsigned char *block = malloc(300);
  if (block != NULL)
    memset(block, (int) worker->number & 0xff, 300);
  pthread_mutex_lock(&gate_mutex);
  alive++;
  while (!gate_open)
    pthread_cond_wait(&gate_opens, &gate_mutex);
  pthread_mutex_unlock(&gate_mutex);
  worker->good =
      use_memory(worker->number) && block != NULL && block[299] == (unsigned char) worker->number;
  free(block);
  return result_of(worker);
}

static void be_alive_at_once(unsigned int count, struct random *random)
{
  static struct worker workers[ALIVE];
  bool good = true;
  gate_open = false;
  alive = 0;
  for (unsigned int i = 0; i < count; i++)
  {
    workers[i] = (struct worker){.number = i};
    good = good && start(&workers[i], live_long, random);
  }
  if (!CHECK(good))
    exit(check_finish());
  for (;;)
  {
    pthread_mutex_lock(&gate_mutex);
    bool all = alive == count;
    gate_open = all;
    if (all)
      pthread_cond_broadcast(&gate_opens);
    pthread_mutex_unlock(&gate_mutex);
    if (all)
      break;
    uhyve_task_sleep(MS);
  }
  CHECK(join_all(workers, count, random));
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 10000);
  struct random random = random_begin(0);
  sem_init(&detached_ended, 0, 0);
  do
  {
    create_and_join(stress_size, &random);
    be_alive_at_once(stress_size < 10 * ALIVE ? stress_size / 10 : ALIVE, &random);
  } while (stress_goes_on());
  return stress_finish();
}

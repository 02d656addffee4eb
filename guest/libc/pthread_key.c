/* Thread-specific data: keys, and a table of values for each thread that grows in blocks. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "libc/thread_data.h"
#include "sched/mutex.h"

#define VALUES_PER_BLOCK 64
#define BLOCKS           (PTHREAD_KEYS_MAX / VALUES_PER_BLOCK)

/* An odd generation: the key exists. Each creation and deletion counts it up, so that a value of a
 * key that was deleted is not taken for one of its successor. */
struct key
{
  uint32_t generation;
  void (*destructor)(void *);
};

struct value
{
  uint32_t generation;
  const void *data;
};

static struct key keys[PTHREAD_KEYS_MAX];
static _Thread_local struct value *blocks[BLOCKS];

static uint32_t generation_of(pthread_key_t key)
{
  return __atomic_load_n(&keys[key].generation, __ATOMIC_ACQUIRE);
}

static bool key_exists(pthread_key_t key)
{
  return key < PTHREAD_KEYS_MAX && generation_of(key) % 2 != 0;
}

int pthread_key_create(pthread_key_t *key, void (*destructor)(void *))
{
  static struct mutex creating;
  int error = EAGAIN;
  mutex_lock(&creating);
  for (pthread_key_t i = 0; i < PTHREAD_KEYS_MAX && error != 0; i++)
  {
    if (key_exists(i))
      continue;
    keys[i].destructor = destructor;
    __atomic_add_fetch(&keys[i].generation, 1, __ATOMIC_RELEASE);
    *key = i;
    error = 0;
  }
  mutex_unlock(&creating);
  return error;
}

int pthread_key_delete(pthread_key_t key)
{
  if (!key_exists(key))
    return EINVAL;
  uint32_t generation = generation_of(key);
  bool deleted = __atomic_compare_exchange_n(&keys[key].generation, &generation, generation + 1,
                                             false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  return deleted ? 0 : EINVAL;
}

void *pthread_getspecific(pthread_key_t key)
{
  if (key >= PTHREAD_KEYS_MAX)
    return NULL;
  const struct value *block = blocks[key / VALUES_PER_BLOCK];
  if (block == NULL)
    return NULL;
  const struct value *value = &block[key % VALUES_PER_BLOCK];
  return value->generation == generation_of(key) ? (void *) (uintptr_t) value->data : NULL;
}

int pthread_setspecific(pthread_key_t key, const void *data)
{
  if (!key_exists(key))
    return EINVAL;
  struct value **block = &blocks[key / VALUES_PER_BLOCK];
  if (*block == NULL)
  {
    if (data == NULL)
      return 0;
    *block = calloc(VALUES_PER_BLOCK, sizeof(**block));
    if (*block == NULL)
      return ENOMEM;
  }
  (*block)[key % VALUES_PER_BLOCK] = (struct value){.generation = generation_of(key), .data = data};
  return 0;
}

/* Returns whether a destructor was called. */
static bool destroy_value(pthread_key_t key, struct value *value)
{
  void *data = (void *) (uintptr_t) value->data;
  void (*destructor)(void *) = keys[key].destructor;
  value->data = NULL;
  if (data == NULL || destructor == NULL || value->generation != generation_of(key))
    return false;
  destructor(data);
  return true;
}

void thread_data_destroy(void)
{
  bool again = true;
  for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS && again; i++)
  {
    again = false;
    for (pthread_key_t key = 0; key < PTHREAD_KEYS_MAX; key++)
    {
      struct value *block = blocks[key / VALUES_PER_BLOCK];
      if (block == NULL)
        key += VALUES_PER_BLOCK - 1; /* none in this block */
      else if (destroy_value(key, &block[key % VALUES_PER_BLOCK]))
        again = true;
    }
  }
  for (size_t i = 0; i < BLOCKS; i++)
  {
    free(blocks[i]);
    blocks[i] = NULL;
  }
}

/* Atomic operations that the compiler leaves to calls, as libatomic has them: 16 bytes by
 * cmpxchg16b, which every CPU with virtualisation has; other sizes under a lock. */
#include <fenv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sched/mutex.h"

typedef unsigned __int128 word16;

/* The names are those of built-in functions. */
#define ENTRY(result, function, name, ...) result function(__VA_ARGS__) __asm__(name);

static inline bool replace(word16 *object, word16 *expected, word16 desired)
{
  word16 before = __sync_val_compare_and_swap(object, *expected, desired);
  bool done = before == *expected;
  *expected = before;
  return done;
}

/* ---- 16 bytes; all orders are the strictest ---- */

ENTRY(word16, load_16, "__atomic_load_16", const void *, int)
word16 load_16(const void *object, int order)
{
  (void) order;
  word16 value = 0;
  replace((word16 *) (uintptr_t) object, &value, 0);
  return value;
}

ENTRY(bool, compare_exchange_16, "__atomic_compare_exchange_16", void *, void *, word16, bool, int,
      int)
bool compare_exchange_16(void *object, void *expected, word16 desired, bool weak, int success,
                         int failure)
{
  (void) weak;
  (void) success;
  (void) failure;
  return replace(object, expected, desired);
}

/* A function that takes an operand, and makes of `old` the value `new`. */
#define UPDATE_16(function, name, new, returned)           \
  ENTRY(word16, function, name, void *, word16, int)       \
  word16 function(void *object, word16 operand, int order) \
  {                                                        \
    (void) order;                                          \
    word16 old = *(const volatile word16 *) object;        \
    while (!replace(object, &old, (new)))                  \
      ;                                                    \
    return (returned);                                     \
  }
#define FETCH_16(operation, new)                                                  \
  UPDATE_16(fetch_##operation##_16, "__atomic_fetch_" #operation "_16", new, old) \
  UPDATE_16(operation##_fetch_16, "__atomic_" #operation "_fetch_16", new, new)

UPDATE_16(exchange_16, "__atomic_exchange_16", operand, old)
FETCH_16(add, old + operand)
FETCH_16(sub, old - operand)
FETCH_16(and, old &operand)
FETCH_16(or, old | operand)
FETCH_16(xor, old ^ operand)
FETCH_16(nand, ~(old &operand))

ENTRY(void, store_16, "__atomic_store_16", void *, word16, int)
void store_16(void *object, word16 value, int order)
{
  exchange_16(object, value, order);
}

/* ---- Any size ---- */

#define LOCKS 64

static struct mutex locks[LOCKS];

static struct mutex *lock_of(const void *object)
{
  struct mutex *lock = &locks[(uintptr_t) object / 16 % LOCKS];
  mutex_lock(lock);
  return lock;
}

/* An object of these sizes may be used by single instructions elsewhere. */
static bool is_word(size_t len_bytes, const void *object)
{
  return len_bytes != 0 && len_bytes <= 16 && (len_bytes & (len_bytes - 1)) == 0 &&
         (uintptr_t) object % len_bytes == 0;
}

/* Calls the built-in function for the size of a word, in the strictest order. */
#define BY_SIZE(len_bytes, DO) \
  switch (len_bytes)           \
  {                            \
  case 1:                      \
    DO(uint8_t)                \
  case 2:                      \
    DO(uint16_t)               \
  case 4:                      \
    DO(uint32_t)               \
  default:                     \
    DO(uint64_t)               \
  }

ENTRY(bool, compare_exchange, "__atomic_compare_exchange", size_t, void *, void *, void *, int, int)
bool compare_exchange(size_t len_bytes, void *object, void *expected, void *desired, int success,
                      int failure)
{
  (void) success;
  (void) failure;
  if (is_word(len_bytes, object))
  {
    word16 new = 0;
    memcpy(&new, desired, len_bytes);
    if (len_bytes == 16)
    {
      word16 old;
      memcpy(&old, expected, sizeof(old));
      bool done = replace(object, &old, new);
      memcpy(expected, &old, sizeof(old));
      return done;
    }
#define COMPARE_EXCHANGE(type)                                                        \
  {                                                                                   \
    type old;                                                                         \
    memcpy(&old, expected, sizeof(old));                                              \
    bool done = __atomic_compare_exchange_n((type *) object, &old, (type) new, false, \
                                            __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);      \
    memcpy(expected, &old, sizeof(old));                                              \
    return done;                                                                      \
  }
    BY_SIZE(len_bytes, COMPARE_EXCHANGE)
  }
  struct mutex *lock = lock_of(object);
  bool same = memcmp(object, expected, len_bytes) == 0;
  if (same)
    memcpy(object, desired, len_bytes);
  else
    memcpy(expected, object, len_bytes);
  mutex_unlock(lock);
  return same;
}

ENTRY(void, exchange, "__atomic_exchange", size_t, void *, void *, void *, int)
void exchange(size_t len_bytes, void *object, void *value, void *before, int order)
{
  if (is_word(len_bytes, object))
  {
    word16 seen = 0, new = 0;
    memcpy(&new, value, len_bytes);
    memcpy(&seen, object, len_bytes);
    while (!compare_exchange(len_bytes, object, &seen, &new, order, order))
      ;
    memcpy(before, &seen, len_bytes);
    return;
  }
  struct mutex *lock = lock_of(object);
  memcpy(before, object, len_bytes);
  memcpy(object, value, len_bytes);
  mutex_unlock(lock);
}

ENTRY(void, load, "__atomic_load", size_t, const void *, void *, int)
void load(size_t len_bytes, const void *object, void *value, int order)
{
  (void) order;
  if (is_word(len_bytes, object))
  {
    if (len_bytes == 16)
    {
      word16 now = load_16(object, order);
      memcpy(value, &now, sizeof(now));
      return;
    }
#define LOAD(type)                                                       \
  {                                                                      \
    type now = __atomic_load_n((const type *) object, __ATOMIC_SEQ_CST); \
    memcpy(value, &now, sizeof(now));                                    \
    return;                                                              \
  }
    BY_SIZE(len_bytes, LOAD)
  }
  struct mutex *lock = lock_of(object);
  memcpy(value, object, len_bytes);
  mutex_unlock(lock);
}

ENTRY(void, store, "__atomic_store", size_t, void *, void *, int)
void store(size_t len_bytes, void *object, void *value, int order)
{
  if (is_word(len_bytes, object))
  {
    word16 before;
    exchange(len_bytes, object, value, &before, order);
    return;
  }
  struct mutex *lock = lock_of(object);
  memcpy(object, value, len_bytes);
  mutex_unlock(lock);
}

ENTRY(bool, is_lock_free, "__atomic_is_lock_free", size_t, const void *)
bool is_lock_free(size_t len_bytes, const void *object)
{
  return is_word(len_bytes, object);
}

/* ---- What else the library has ---- */

/* C's compound assignment to an atomic floating-point variable. */
void __atomic_feraiseexcept(int exceptions);
void __atomic_feraiseexcept(int exceptions)
{
  feraiseexcept(exceptions);
}

/* Tests of guest/mm/kernel_heap.c on the real physical manager. */
#include "mm/kernel_heap.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hosted/memory.h"
#include "mm/physical.h"
#include "unit_test.h"

#define BASE_GPA     (16 * MIB)
#define MEMORY_BYTES (64 * MIB)
#define SMALL_MAX    ((size_t) 2048)
#define CLASSES_MAX  16

/* The heap keeps a slab a class, and so the memory, for all tests. */
static int start(void **state)
{
  (void) state;
  hosted_memory_start(BASE_GPA, MEMORY_BYTES, 2 * MIB);
  return 0;
}

static int end(void **state)
{
  (void) state;
  hosted_memory_end();
  return 0;
}

static bool is_filled(const unsigned char *object, size_t len_bytes, int value)
{
  for (size_t i = 0; i < len_bytes; i++)
    if (object[i] != value)
      return false;
  return true;
}

static uint64_t committed_bytes(void)
{
  return physical_usage().committed_bytes;
}

static void every_size_has_its_own_memory(void **state)
{
  (void) state;
  static const size_t large[] = {4032, 4095, 4096, 4097, 10000, 65536, 1000000};
  enum
  {
    OBJECTS = 2049 + (int) COUNT_OF(large)
  };
  static unsigned char *objects[OBJECTS];
  static size_t lengths[OBJECTS];
  for (size_t i = 0; i < OBJECTS; i++)
  {
    lengths[i] = i <= SMALL_MAX ? i : large[i - SMALL_MAX - 1];
    objects[i] = kernel_allocate(lengths[i]);
    assert_non_null(objects[i]);
    assert_int_equal((uintptr_t) objects[i] % 64, 0);
    if (lengths[i] >= FRAME_BYTES)
      assert_int_equal((uintptr_t) objects[i] % FRAME_BYTES, 0);
    memset(objects[i], (int) (i % 251), lengths[i]);
  }
  for (size_t i = 0; i < OBJECTS; i++)
  {
    assert_true(is_filled(objects[i], lengths[i], (int) (i % 251)));
    kernel_free(objects[i], lengths[i]);
  }
}

static void zeroed_memory_is_zero(void **state)
{
  (void) state;
  static const size_t lengths[] = {1, 64, 100, 1984, 2000, 4096, 300000};
  for (size_t i = 0; i < COUNT_OF(lengths); i++)
    for (int round = 0; round < 3; round++)
    {
      unsigned char *object = kernel_allocate_zeroed(lengths[i]);
      assert_non_null(object);
      assert_true(is_filled(object, lengths[i], 0));
      memset(object, 0xa5, lengths[i]);
      kernel_free(object, lengths[i]);
    }
}

static void empty_slabs_go_back(void **state)
{
  (void) state;
  enum
  {
    OBJECTS = 5000
  };
  static void *objects[OBJECTS];
  uint64_t before_bytes = committed_bytes();
  uint64_t random = 1;
  for (size_t i = 0; i < OBJECTS; i++)
  {
    objects[i] = kernel_allocate(300);
    assert_non_null(objects[i]);
  }
  assert_true(committed_bytes() >= before_bytes + OBJECTS * UINT64_C(300) - FRAME_BYTES);
  assert_true(committed_bytes() <= before_bytes + OBJECTS * UINT64_C(300) * 5 / 4);
  for (size_t i = OBJECTS - 1; i > 0; i--)
  {
    size_t other = random_next(&random) % (i + 1);
    void *object = objects[i];
    objects[i] = objects[other];
    objects[other] = object;
  }
  for (size_t i = 0; i < OBJECTS; i++)
    kernel_free(objects[i], 300);
  assert_in_range(committed_bytes(), before_bytes, before_bytes + FRAME_BYTES);
}

static void a_slab_is_kept_for_one_object_that_comes_and_goes(void **state)
{
  (void) state;
  for (int i = 0; i < 100; i++)
  {
    void *object = kernel_allocate(64);
    assert_non_null(object);
    uint64_t with_object_bytes = committed_bytes();
    kernel_free(object, 64);
    assert_int_equal(committed_bytes(), with_object_bytes);
  }
}

static void large_objects_are_frames(void **state)
{
  (void) state;
  uint64_t before_bytes = committed_bytes();
  void *object = kernel_allocate(100001);
  assert_non_null(object);
  assert_int_equal(committed_bytes(), before_bytes + 25 * FRAME_BYTES);
  kernel_free(object, 100001);
  assert_int_equal(committed_bytes(), before_bytes);
}

static void null_is_ignored(void **state)
{
  (void) state;
  kernel_free(NULL, 0);
  kernel_free(NULL, 100000);
}

static void without_memory_it_returns_null(void **state)
{
  (void) state;
  assert_null(kernel_allocate(MEMORY_BYTES));
  assert_null(kernel_allocate_zeroed(MEMORY_BYTES));
  assert_null(kernel_allocate(SIZE_MAX));
  assert_null(kernel_allocate_zeroed(SIZE_MAX));
  assert_null(kernel_allocate(SIZE_MAX - FRAME_BYTES));

  void **first = NULL;
  void **object;
  size_t objects = 0;
  uint64_t before_bytes = committed_bytes();
  while ((object = kernel_allocate(1984)) != NULL)
  {
    *object = first;
    first = object;
    objects++;
  }
  assert_in_range(objects, MEMORY_BYTES / 2048 * 95 / 100, MEMORY_BYTES / 2048);
  assert_null(kernel_allocate_zeroed(1984));
  while (first != NULL)
  {
    object = first;
    first = *object;
    kernel_free(object, 1984);
  }
  assert_in_range(committed_bytes(), before_bytes, before_bytes + FRAME_BYTES);
}

/* There is memory, but not in one piece. */
static void what_cannot_be_had_is_not_promised(void **state)
{
  (void) state;
  void **first = NULL;
  void **object;
  while ((object = kernel_allocate(FRAME_BYTES)) != NULL)
  {
    *object = first;
    first = object;
  }
  /* The one before was allocated next to it. */
  void **keep = NULL;
  for (bool is_kept = false; first != NULL; is_kept = !is_kept)
  {
    object = first;
    first = *object;
    *object = keep;
    if (is_kept)
      keep = object;
    else
      kernel_free(object, FRAME_BYTES);
  }
  uint64_t before_bytes = committed_bytes();
  assert_null(kernel_allocate(4 * MIB));
  assert_int_equal(committed_bytes(), before_bytes);
  while (keep != NULL)
  {
    object = keep;
    keep = *object;
    kernel_free(object, FRAME_BYTES);
  }
  object = kernel_allocate(4 * MIB);
  assert_non_null(object);
  kernel_free(object, 4 * MIB);
}

static void another_size_panics(void **state)
{
  (void) state;
  void *object = kernel_allocate(100);
  hosted_panic_expected = true;
  if (setjmp(hosted_panic) == 0)
  {
    kernel_free(object, 1000);
    fail_msg("an object could be freed with the wrong size");
  }
}

enum
{
  THREADS = 4,
  ROUNDS = 40000,
  SLOTS = 256
};

struct object
{
  unsigned char *bytes;
  size_t len_bytes;
  int value;
};

static struct object slots[SLOTS];
static pthread_mutex_t slots_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct object exchange(size_t slot, struct object object)
{
  pthread_mutex_lock(&slots_mutex);
  struct object old = slots[slot];
  slots[slot] = object;
  pthread_mutex_unlock(&slots_mutex);
  return old;
}

static void leave(struct object object)
{
  if (object.bytes == NULL)
    return;
  if (!is_filled(object.bytes, object.len_bytes, object.value))
    abort();
  kernel_free(object.bytes, object.len_bytes);
}

/* Objects change hands, so that most are freed by another thread. */
static void *use_heap(void *argument)
{
  uint64_t random = (uintptr_t) argument;
  for (int round = 0; round < ROUNDS; round++)
  {
    struct object object = {.value = (int) (random_next(&random) % 256)};
    object.len_bytes = random_next(&random) % (random_next(&random) % 16 == 0 ? 20000 : 2000);
    object.bytes = kernel_allocate(object.len_bytes);
    if (object.bytes == NULL)
      abort();
    memset(object.bytes, object.value, object.len_bytes);
    leave(exchange(random_next(&random) % SLOTS, object));
  }
  return NULL;
}

static void threads_share_it(void **state)
{
  (void) state;
  uint64_t before_bytes = committed_bytes();
  pthread_t threads[THREADS];
  for (uintptr_t i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, use_heap, (void *) (i + 1)), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (size_t i = 0; i < SLOTS; i++)
    leave(exchange(i, (struct object){0}));
  assert_in_range(committed_bytes(), before_bytes, before_bytes + CLASSES_MAX * FRAME_BYTES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_size_has_its_own_memory),
      cmocka_unit_test(zeroed_memory_is_zero),
      cmocka_unit_test(empty_slabs_go_back),
      cmocka_unit_test(a_slab_is_kept_for_one_object_that_comes_and_goes),
      cmocka_unit_test(large_objects_are_frames),
      cmocka_unit_test(null_is_ignored),
      cmocka_unit_test(without_memory_it_returns_null),
      cmocka_unit_test(what_cannot_be_had_is_not_promised),
      cmocka_unit_test(threads_share_it),
      cmocka_unit_test(another_size_panics), /* the lock stays held: the last one */
  };
  return cmocka_run_group_tests(tests, start, end);
}

/* Tests of net/driver/virtqueue.c and both kinds of rings, with a device in a thread. */
#include "virtio/virtqueue.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mm/address.h"
#include "mm/kernel_heap.h"
#include "ring_device.h"
#include "threads.h"

/* ---- The rest of the kernel library ---- */

static bool memory_is_short;
static long allocations;

void *kernel_allocate_zeroed(size_t len_bytes)
{
  void *memory = NULL;
  if (memory_is_short || posix_memalign(&memory, 64, len_bytes) != 0)
    return NULL;
  memset(memory, 0, len_bytes);
  allocations++;
  return memory;
}

void kernel_free(void *object, size_t len_bytes)
{
  (void) len_bytes;
  allocations -= object != NULL ? 1 : 0;
  free(object);
}

uint64_t address_to_gpa(const void *pointer, enum address_access access)
{
  (void) access;
  return (uint64_t) pointer;
}

/* ---- Both sides at work ---- */

#define MOST_PIECES 20
#define PIECE_BYTES 32

struct request
{
  uint64_t seed; /* the first thing that is read; 0: nothing is */
  unsigned int read_count, write_count;
  bool is_on_its_way;
  struct virtqueue_piece pieces[MOST_PIECES];
  unsigned char data[MOST_PIECES][PIECE_BYTES];
};

struct kind
{
  uint16_t size;
  unsigned int features;
  uint16_t table_entries;
};

struct both
{
  struct virtqueue queue;
  struct ring_device device;
  unsigned int count; /* of chains that are made */
  sem_t doorbell, interrupt;
  unsigned long doorbells, interrupts;
};

static void wait_for(sem_t *semaphore)
{
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 20;
  assert_int_equal(sem_timedwait(semaphore, &deadline), 0);
}

static unsigned char pattern(uint64_t seed, unsigned int piece, unsigned int at)
{
  return (unsigned char) (seed * 7 + piece * 31ul + at);
}

static void fill(const struct virtqueue_piece *piece, uint64_t seed, unsigned int number)
{
  unsigned char *data = (unsigned char *) piece->gpa;
  for (unsigned int i = 0; i < piece->len_bytes; i++)
    data[i] = pattern(seed, number, i);
}

static bool is_filled(const struct virtqueue_piece *piece, uint64_t seed, unsigned int number,
                      unsigned int from)
{
  const unsigned char *data = (const unsigned char *) piece->gpa;
  for (unsigned int i = from; i < piece->len_bytes; i++)
    if (data[i] != pattern(seed, number, i))
      return false;
  return true;
}

/* The device reads what it was given and writes the rest. */
static void serve_chain(struct both *both, const struct ring_chain *chain)
{
  uint64_t seed = 0;
  uint32_t written_bytes = 0;
  if (chain->read_count > 0)
    memcpy(&seed, (const void *) chain->pieces[0].gpa, sizeof(seed));
  for (unsigned int i = 0; i < chain->count; i++)
    if (i >= chain->read_count)
    {
      fill(&chain->pieces[i], ~seed, i);
      written_bytes += chain->pieces[i].len_bytes;
    }
    else
      assert_true(is_filled(&chain->pieces[i], seed, i, i == 0 ? sizeof(seed) : 0));
  ring_device_use(&both->device, chain, written_bytes);
}

/* Takes some, is done with them in another order, interrupts when it likes; sleeps if there are
 * none. */
static void *run_device(void *argument)
{
  struct both *both = argument;
  struct ring_chain *held = calloc(both->device.size, sizeof(*held));
  unsigned int held_count = 0;
  unsigned int served = 0;
  uint64_t state = 5;
  assert_non_null(held);
  while (served < both->count)
  {
    unsigned int most = (unsigned int) (random_next(&state) % both->device.size) + 1;
    while (held_count < most && ring_device_take(&both->device, &held[held_count]))
      held_count++;
    unsigned int done = held_count == 0 ? 0 : (unsigned int) (random_next(&state) % held_count) + 1;
    for (; done > 0; done--)
    {
      unsigned int which = (unsigned int) (random_next(&state) % held_count);
      serve_chain(both, &held[which]);
      held[which] = held[--held_count];
      served++;
      if (random_next(&state) % 4 == 0 && ring_device_must_interrupt(&both->device))
        sem_post(&both->interrupt), both->interrupts++;
    }
    if (ring_device_must_interrupt(&both->device))
      sem_post(&both->interrupt), both->interrupts++;
    ring_device_quiet(&both->device);
    if (held_count == 0 && served < both->count && !ring_device_expect(&both->device))
      wait_for(&both->doorbell);
  }
  free(held);
  return NULL;
}

static void prepare(struct request *request, const struct kind *kind, uint64_t *state)
{
  unsigned int most = kind->table_entries != 0 ? kind->table_entries : kind->size;
  most = most < MOST_PIECES ? most : MOST_PIECES;
  unsigned int count = (unsigned int) (random_next(state) % most) + 1;
  request->read_count = (unsigned int) (random_next(state) % (count + 1));
  request->write_count = count - request->read_count;
  request->seed = request->read_count > 0 ? random_next(state) : 0;
  for (unsigned int i = 0; i < count; i++)
  {
    request->pieces[i].gpa = (uint64_t) request->data[i];
    request->pieces[i].len_bytes = (uint32_t) (random_next(state) % (PIECE_BYTES - 7)) + 8;
    fill(&request->pieces[i], i < request->read_count ? request->seed : 0, i);
  }
  if (request->read_count > 0)
    memcpy(request->data[0], &request->seed, sizeof(request->seed));
}

/* Takes all that came back. */
static unsigned int take_back(struct both *both)
{
  unsigned int taken = 0;
  uint32_t written_bytes = 0;
  for (;; taken++)
  {
    struct request *request = virtqueue_take(&both->queue, &written_bytes);
    if (request == NULL)
      return taken;
    assert_true(request->is_on_its_way);
    request->is_on_its_way = false;
    for (unsigned int i = 0; i < request->write_count; i++)
    {
      unsigned int number = request->read_count + i;
      assert_true(is_filled(&request->pieces[number], ~request->seed, number, 0));
      written_bytes -= request->pieces[number].len_bytes;
    }
    assert_int_equal(written_bytes, 0);
  }
}

static void ring_doorbell(struct both *both)
{
  if (virtqueue_must_notify(&both->queue))
    sem_post(&both->doorbell), both->doorbells++;
}

static bool add_next(struct both *both, struct request *requests, const struct kind *kind,
                     uint64_t *state)
{
  struct request *request = requests;
  while (request->is_on_its_way)
    request++; /* there is one more than descriptors */
  prepare(request, kind, state);
  int error = virtqueue_add(&both->queue, request->pieces, request->read_count,
                            request->write_count, request);
  request->is_on_its_way = error == 0;
  assert_true(error == 0 || error == -EAGAIN);
  return error == 0;
}

static void run_driver(struct both *both, const struct kind *kind)
{
  struct request *requests = calloc(kind->size + 1ul, sizeof(*requests));
  unsigned int added = 0;
  unsigned int taken = 0;
  uint64_t state = kind->size;
  assert_non_null(requests);
  while (taken < both->count)
  {
    for (uint64_t batch = random_next(&state) % kind->size + 1; batch > 0 && added < both->count;
         batch--)
    {
      if (!add_next(both, requests, kind, &state))
        break;
      added++;
      if (random_next(&state) % 8 == 0)
        ring_doorbell(both);
    }
    ring_doorbell(both);
    unsigned int back = take_back(both);
    taken += back;
    if (back > 0 || added == taken)
      continue;
    enum virtqueue_when when = random_next(&state) % 2 == 0 ? VIRTQUEUE_NEXT : VIRTQUEUE_MOST_OF_IT;
    if (!virtqueue_expect(&both->queue, when))
      wait_for(&both->interrupt);
    if (random_next(&state) % 2 == 0)
      virtqueue_quiet(&both->queue);
  }
  free(requests);
}

static void run_both(const struct kind *kind, unsigned int count)
{
  struct both both = {.count = count};
  pthread_t thread;
  assert_int_equal(virtqueue_create(&both.queue, kind->size, kind->features, kind->table_entries),
                   0);
  ring_device_init(&both.device, &both.queue);
  sem_init(&both.doorbell, 0, 0);
  sem_init(&both.interrupt, 0, 0);
  start_all(&thread, 1, run_device, &both);
  run_driver(&both, kind);
  join_all(&thread, 1);
  assert_false(both.queue.is_broken);
  assert_int_equal(both.queue.free_count, kind->size);
  virtqueue_destroy(&both.queue);
  assert_int_equal(allocations, 0);
}

#define ALL_FEATURES 4u

static void chains_of_all_kinds(void **state)
{
  (void) state;
  static const uint16_t sizes[] = {1, 2, 4, 16, 256};
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
      for (uint16_t table_entries = 0; table_entries <= MOST_PIECES; table_entries += MOST_PIECES)
        run_both(&(struct kind){sizes[i], features, table_entries}, 3000);
}

static void packed_ring_of_any_size(void **state)
{
  (void) state;
  run_both(&(struct kind){7, VIRTQUEUE_PACKED, 0}, 3000);
  run_both(&(struct kind){100, VIRTQUEUE_PACKED | VIRTQUEUE_EVENT_INDEX, 8}, 3000);
}

/* Positions have 16 bits. */
static void counters_that_wrap(void **state)
{
  (void) state;
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
    run_both(&(struct kind){8, features, 3}, 140000);
}

/* ---- One side alone ---- */

static struct virtqueue queue;
static struct ring_device device;
static char token[300];

static void begin(uint16_t size, unsigned int features, uint16_t table_entries)
{
  assert_int_equal(virtqueue_create(&queue, size, features, table_entries), 0);
  ring_device_init(&device, &queue);
}

static int add(unsigned int count, void *which)
{
  static const struct virtqueue_piece pieces[VIRTQUEUE_MOST];
  return virtqueue_add(&queue, pieces, count, 0, which);
}

static void full_ring(void **state)
{
  (void) state;
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
  {
    uint32_t written_bytes = 0;
    struct ring_chain chain;
    begin(8, features, 0);
    assert_int_equal(add(0, token), -EINVAL);
    assert_int_equal(add(9, token), -EINVAL);
    assert_int_equal(add(8, token), 0);
    assert_int_equal(add(1, token), -EAGAIN);
    assert_true(ring_device_take(&device, &chain));
    assert_int_equal(chain.count, 8);
    ring_device_use(&device, &chain, 0);
    assert_ptr_equal(virtqueue_take(&queue, &written_bytes), token);
    for (int i = 0; i < 8; i++)
      assert_int_equal(add(1, token + i), 0);
    assert_int_equal(add(1, token), -EAGAIN);
    for (int i = 0; i < 8; i++)
    {
      assert_true(ring_device_take(&device, &chain));
      ring_device_use(&device, &chain, 10 + (uint32_t) i);
      assert_ptr_equal(virtqueue_take(&queue, &written_bytes), token + i);
      assert_int_equal(written_bytes, 10 + i);
    }
    assert_null(virtqueue_take(&queue, &written_bytes));
    virtqueue_destroy(&queue);
  }
}

/* A table stands for a chain that is long, or that does not fit otherwise. */
static void tables(void **state)
{
  (void) state;
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
  {
    begin(4, features, 16);
    assert_int_equal(add(17, token), -EINVAL);
    assert_int_equal(add(16, token), 0);
    assert_int_equal(queue.free_count, 3);
    assert_int_equal(add(2, token), 0);
    assert_int_equal(queue.free_count, 1);
    assert_int_equal(add(2, token), 0);
    assert_int_equal(queue.free_count, 0);
    static const unsigned int counts[] = {16, 2, 2};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
    {
      struct ring_chain chain;
      assert_true(ring_device_take(&device, &chain));
      assert_int_equal(chain.count, counts[i]);
    }
    virtqueue_destroy(&queue);
  }
}

/* The event is passed if it is one of the positions between, and never else. */
static void events_are_passed(void **state)
{
  (void) state;
  for (unsigned int from = 65500; from < 65600; from++)
    for (unsigned int steps = 0; steps < 20; steps++)
      for (unsigned int event = 65400; event < 65700; event++)
        assert_int_equal(ring_passes((uint16_t) event, (uint16_t) (from + steps), (uint16_t) from),
                         event >= from && event < from + steps);
}

/* The same in a packed ring, whose positions are places: counted on as numbers that do not wrap. */
static void packed_events(void **state)
{
  (void) state;
  for (int size = 1; size <= 9; size++)
    for (int before = 0; before < 3 * size; before++)
      for (int steps = 1; steps <= size; steps++)
      {
        int from = 2 * size + before;
        begin((uint16_t) size, VIRTQUEUE_PACKED | VIRTQUEUE_EVENT_INDEX, 0);
        for (int event = from + steps - size; event < from + steps + size; event++)
        {
          queue.added = (uint16_t) ((from + steps) % size);
          queue.added_wrap = (from + steps) / size % 2 == 0;
          queue.untold = (uint16_t) steps;
          queue.packed.device->flags = PACKED_EVENT_AT_POSITION;
          queue.packed.device->position = (uint16_t) ((unsigned int) (event % size) |
                                                      (event / size % 2 == 0 ? PACKED_WRAP : 0));
          assert_int_equal(virtqueue_must_notify(&queue), event >= from && event < from + steps);
        }
        virtqueue_destroy(&queue);
      }
}

/* Many are told of at once; a device that is awake is not told. */
static void few_doorbells(void **state)
{
  (void) state;
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
  {
    begin(16, features, 0);
    assert_false(virtqueue_must_notify(&queue));
    assert_false(ring_device_expect(&device));
    assert_int_equal(add(1, token), 0);
    assert_int_equal(add(3, token), 0);
    assert_true(virtqueue_must_notify(&queue));
    assert_false(virtqueue_must_notify(&queue));
    ring_device_quiet(&device);
    assert_int_equal(add(1, token), 0);
    assert_false(virtqueue_must_notify(&queue));
    virtqueue_destroy(&queue);
  }
}

/* Of four chains on their way the fourth interrupts; the next one by itself; none if none is
 * wanted. */
static void few_interrupts(void **state)
{
  (void) state;
  for (unsigned int features = VIRTQUEUE_EVENT_INDEX; features < ALL_FEATURES; features += 1)
  {
    if ((features & VIRTQUEUE_EVENT_INDEX) == 0)
      continue;
    struct ring_chain chain;
    uint32_t written_bytes = 0;
    begin(16, features, 0);
    for (int i = 0; i < 4; i++)
      assert_int_equal(add(1, token), 0);
    assert_false(virtqueue_expect(&queue, VIRTQUEUE_MOST_OF_IT));
    for (int i = 0; i < 4; i++)
    {
      assert_true(ring_device_take(&device, &chain));
      ring_device_use(&device, &chain, 0);
      assert_int_equal(ring_device_must_interrupt(&device), i == 3);
    }
    assert_true(virtqueue_expect(&queue, VIRTQUEUE_MOST_OF_IT));
    while (virtqueue_take(&queue, &written_bytes) != NULL)
    {
    }
    for (int i = 0; i < 3; i++)
      assert_int_equal(add(1, token), 0);
    assert_false(virtqueue_expect(&queue, VIRTQUEUE_NEXT));
    for (int i = 0; i < 3; i++)
    {
      assert_true(ring_device_take(&device, &chain));
      ring_device_use(&device, &chain, 0);
      assert_int_equal(ring_device_must_interrupt(&device), i == 0);
      if (i == 1)
        virtqueue_quiet(&queue);
    }
    virtqueue_destroy(&queue);
  }
}

/* What the device says is its own affair. */
static void broken_device(void **state)
{
  (void) state;
  for (unsigned int features = 0; features < ALL_FEATURES; features++)
    for (unsigned int id = 0; id <= 0xffff; id += id < 8 ? 1 : 0x1fff)
    {
      uint32_t written_bytes = 0;
      begin(8, features, 0);
      assert_int_equal(add(1, token), 0);
      assert_int_equal(add(1, token), 0);
      struct ring_chain chain;
      assert_true(ring_device_take(&device, &chain));
      bool is_right = id == chain.id || id == chain.id + 1u;
      chain.id = (uint16_t) id;
      ring_device_use(&device, &chain, 77);
      ring_device_use(&device, &chain, 77);
      assert_int_equal(virtqueue_take(&queue, &written_bytes) != NULL, is_right);
      assert_null(virtqueue_take(&queue, &written_bytes)); /* not twice */
      assert_true(queue.is_broken);
      assert_int_equal(add(1, token), -EAGAIN);
      assert_false(virtqueue_expect(&queue, VIRTQUEUE_NEXT));
      virtqueue_destroy(&queue);
    }
}

static void no_memory(void **state)
{
  (void) state;
  memory_is_short = true;
  assert_int_equal(virtqueue_create(&queue, 8, 0, 4), -ENOMEM);
  memory_is_short = false;
  assert_int_equal(allocations, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_are_passed),   cmocka_unit_test(packed_events),
      cmocka_unit_test(full_ring),           cmocka_unit_test(tables),
      cmocka_unit_test(few_doorbells),       cmocka_unit_test(few_interrupts),
      cmocka_unit_test(broken_device),       cmocka_unit_test(no_memory),
      cmocka_unit_test(chains_of_all_kinds), cmocka_unit_test(packed_ring_of_any_size),
      cmocka_unit_test(counters_that_wrap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

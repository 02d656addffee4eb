/* The misbehaving guest as the driver of a network device. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"

#include "abuse.h"

/* virtio 1.2, 4.2.2, in words */
enum
{
  REG_MAGIC = 0x00 / 4,
  REG_ACCEPTED = 0x20 / 4,
  REG_ACCEPTED_SELECT = 0x24 / 4,
  REG_QUEUE = 0x30 / 4,
  REG_SIZE = 0x38 / 4,
  REG_READY = 0x44 / 4,
  REG_NOTIFY = 0x50 / 4,
  REG_STATUS = 0x70 / 4,
  REG_DESCRIPTORS = 0x80 / 4,
  REG_DRIVER = 0x90 / 4,
  REG_DEVICE = 0xa0 / 4,
  REGISTERS = 0x1000 / 4,
};

#define NEEDS_RESET   64u
#define SIZE          16u
#define HIGH_VERSION  1u /* of the upper half of features */
#define HIGH_PACKED   4u
#define LOW_INDIRECT  (1u << 28)
#define FLAG_NEXT     1u
#define FLAG_WRITE    2u
#define FLAG_INDIRECT 4u
#define WAIT_MOST_S   10
#define ATTACK_S      1
#define FRAMES        3000u

static volatile uint32_t *const registers =
    (volatile uint32_t *) (UHYVE_WINDOW_BASE + UHYVE_REGISTERS_BASE);

struct descriptor
{
  uint64_t gpa;
  uint32_t len_bytes;
  uint16_t flags;
  uint16_t next;
};

static _Alignas(4096) struct queue
{
  struct descriptor descriptors[SIZE];
  _Alignas(16) uint16_t available[3 + SIZE];
  _Alignas(16) uint16_t used[3 + 4 * SIZE];
} queues[2];

static _Alignas(16) struct descriptor table[SIZE];
static uint8_t data[4096];

static uint64_t gpa_of(const volatile void *pointer)
{
  return address_to_gpa((const void *) pointer, 0);
}

static void set_address(unsigned int index, uint64_t gpa)
{
  registers[index] = (uint32_t) gpa;
  registers[index + 1] = (uint32_t) (gpa >> 32);
}

static void negotiate(uint32_t low, uint32_t high)
{
  registers[REG_STATUS] = 0;
  registers[REG_STATUS] = 3;
  registers[REG_ACCEPTED_SELECT] = 0;
  registers[REG_ACCEPTED] = low;
  registers[REG_ACCEPTED_SELECT] = 1;
  registers[REG_ACCEPTED] = high;
  registers[REG_STATUS] = 11;
}

static void set_queue(uint32_t number, uint64_t descriptors_gpa)
{
  const struct queue *queue = &queues[number];
  registers[REG_QUEUE] = number;
  registers[REG_SIZE] = SIZE;
  set_address(REG_DESCRIPTORS, descriptors_gpa);
  set_address(REG_DRIVER, gpa_of(queue->available));
  set_address(REG_DEVICE, gpa_of(queue->used));
  registers[REG_READY] = 1;
}

static void start(uint32_t low)
{
  memset(queues, 0, sizeof(queues));
  negotiate(low, HIGH_VERSION);
  for (uint32_t number = 0; number < 2; number++)
    set_queue(number, gpa_of(queues[number].descriptors));
  registers[REG_STATUS] = 15;
}

static void publish(uint32_t number, uint16_t head)
{
  volatile uint16_t *available = queues[number].available;
  available[2 + available[1] % SIZE] = head;
  atomic_thread_fence(memory_order_seq_cst);
  available[1]++;
  registers[REG_NOTIFY] = number;
}

static time_t now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

/* The device has given up; it works again after a reset. */
static void expect_broken(void)
{
  for (time_t end = now_s() + WAIT_MOST_S; (registers[REG_STATUS] & NEEDS_RESET) == 0;)
  {
    if (now_s() > end)
      exit(97);
  }
  start(0);
  exit((registers[REG_STATUS] & NEEDS_RESET) == 0 ? 7 : 96);
}

/* ---- What is tried ---- */

/* What may be read is good enough for a split ring's descriptors, and not for those of a packed
 * one. */
static void ring_at(const char *place)
{
  bool is_readable = strcmp(place, "page-table") == 0 || strcmp(place, "read-only-image") == 0;
  negotiate(0, is_readable ? HIGH_VERSION | HIGH_PACKED : HIGH_VERSION);
  set_queue(0, place_gpa(place) & ~15ull);
  expect_broken();
}

/* The monitor would write a frame there. */
static void buffer_at(const char *place)
{
  start(0);
  queues[0].descriptors[0] =
      (struct descriptor){.gpa = place_gpa(place), .len_bytes = 2048, .flags = FLAG_WRITE};
  publish(0, 0);
  expect_broken();
}

static void loop(void)
{
  start(0);
  for (uint16_t i = 0; i < SIZE; i++)
    queues[1].descriptors[i] = (struct descriptor){
        .gpa = gpa_of(data), .len_bytes = 1, .flags = FLAG_NEXT, .next = (i + 1) % SIZE};
  publish(1, 3);
  expect_broken();
}

static void table_in_itself(void)
{
  start(LOW_INDIRECT);
  table[0] = (struct descriptor){gpa_of(table), sizeof(table), FLAG_INDIRECT, 0};
  queues[1].descriptors[0] = table[0];
  publish(1, 0);
  expect_broken();
}

static void long_piece(void)
{
  start(0);
  queues[1].descriptors[0] = (struct descriptor){.gpa = gpa_of(data), .len_bytes = UINT32_MAX};
  publish(1, 0);
  expect_broken();
}

/* Every register is read and written, in each size, at each place. */
static void every_register(void)
{
  volatile uint8_t *bytes = (volatile uint8_t *) registers;
  for (uint32_t i = 0; i + 8 <= REGISTERS * 4; i += i < 0x120 ? 1 : 61)
  {
    bytes[i] = (uint8_t) (bytes[i] + 1);
    *(volatile uint16_t *) (bytes + i) = 0xffff;
    *(volatile uint32_t *) (bytes + i) = 0xffffffff;
    uint64_t both = *(volatile uint64_t *) (bytes + i);
    *(volatile uint64_t *) (bytes + i) = both;
  }
  registers[REG_NOTIFY] = 2;
  registers[REG_NOTIFY] = UINT32_MAX;
  start(0);
  exit(registers[REG_MAGIC] == 0x74726976 && registers[REG_STATUS] == 15 ? 7 : 96);
}

static atomic_bool is_over;

static void *scribble(void *argument)
{
  uint64_t random = 88172645463325252u;
  (void) argument;
  while (!atomic_load(&is_over))
  {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    volatile uint16_t *words = (volatile uint16_t *) queues;
    words[random % (sizeof(queues) / 2)] = (uint16_t) (random >> 32);
    if ((random >> 20) % 64 == 0)
      registers[REG_NOTIFY] = (uint32_t) (random >> 40) & 3;
    if ((random >> 20) % 1024 == 1)
      registers[REG_STATUS] = 0;
  }
  return NULL;
}

/* Rings change while they are read, and the device is reset at any moment. */
static void race(void)
{
  pthread_t other;
  if (pthread_create(&other, NULL, scribble, NULL) != 0)
    exit(95);
  for (time_t end = now_s() + ATTACK_S; now_s() <= end;)
  {
    start(LOW_INDIRECT);
    for (uint16_t i = 0; i < SIZE; i++)
    {
      for (uint32_t number = 0; number < 2; number++)
      {
        queues[number].descriptors[i] =
            (struct descriptor){.gpa = gpa_of(data),
                                .len_bytes = 100u * i,
                                .flags = (uint16_t) (number == 0 ? FLAG_WRITE : 0)};
        publish(number, i);
      }
    }
  }
  atomic_store(&is_over, true);
  pthread_join(other, NULL);
  start(0);
  exit(registers[REG_STATUS] == 15 ? 7 : 96);
}

/* Frames of any length and contents, with headers that ask for what was not agreed on. */
static void flood(void)
{
  start(0);
  volatile uint16_t *used = queues[1].used;
  for (uint32_t i = 0; i < FRAMES; i++)
  {
    uint16_t entry = (uint16_t) (i % SIZE);
    time_t end = now_s() + WAIT_MOST_S;
    while ((uint16_t) (queues[1].available[1] - used[1]) >= SIZE)
    {
      if (now_s() > end)
        exit(97);
    }
    for (uint32_t k = 0; k < 64; k++)
      data[k] = (uint8_t) (i * (k + 3) >> (i % 5));
    if (i % 2 == 0)
      memset(data, 0, 12);
    queues[1].descriptors[entry] =
        (struct descriptor){.gpa = gpa_of(data), .len_bytes = (uint32_t) (i * 7ull % sizeof(data))};
    publish(1, entry);
  }
  exit(registers[REG_STATUS] == 15 ? 7 : 96);
}

void abuse_net(const char *what, const char *place)
{
  if (strcmp(what, "ring") == 0)
    ring_at(place);
  if (strcmp(what, "buffer") == 0)
    buffer_at(place);
  if (strcmp(what, "loop") == 0)
    loop();
  if (strcmp(what, "table-in-itself") == 0)
    table_in_itself();
  if (strcmp(what, "long-piece") == 0)
    long_piece();
  if (strcmp(what, "every-register") == 0)
    every_register();
  if (strcmp(what, "race") == 0)
    race();
  if (strcmp(what, "flood") == 0)
    flood();
  if (strcmp(what, "call") == 0)
    out(HC_yield, UHYVE_REGISTERS_BASE);
  if (strcmp(what, "next-page") == 0)
    exit((int) registers[REGISTERS]);
  if (strcmp(what, "execute") == 0)
    ((void (*)(void))(uintptr_t) registers)();
}

/* What the parts of the chaos guest share: its random numbers, its memory, its calls. */
#ifndef TESTS_CHAOS_H
#define TESTS_CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hypercalls/guest_image.h"
#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"

/* ---- Random numbers: the same from the same seed ---- */

struct chance
{
  uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
  uint64_t value = chance->state += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

/* From 0 to below. */
static inline uint64_t chance_below(struct chance *chance, uint64_t below)
{
  return chance_next(chance) % below;
}

static inline bool chance_one_in(struct chance *chance, uint64_t times)
{
  return chance_below(chance, times) == 0;
}

/* Numbers at which things change: small ones, ends of ranges, and anything. */
int64_t chance_special(struct chance *chance);

/* ---- Memory: contiguous in guest-physical memory ---- */

/* Calls in the order of HYPERCALLS. */
#define INDEX(name, port, block, purpose) CALL_##name,
enum call
{
  HYPERCALLS(INDEX) CALLS
};
#undef INDEX

#define CPUS_MAX   8
#define PAGE_BYTES 4096

/* Text that paths are taken from: it has no null in it at any time. */
#define TEXT_BYTES (2 * PAGE_BYTES)

/* What one CPU makes its calls with. Others change what is in there, but never to what breaks the
 * interface, unless all is over soon. */
struct lane
{
  uint8_t block_pages[CALLS][PAGE_BYTES];
  char text[TEXT_BYTES];
};

/* Read, written and given back to the host by all. */
#define DATA_BYTES (1u << 20)

struct arena
{
  uint8_t data[DATA_BYTES];
  struct lane lanes[CPUS_MAX];
};

extern struct arena *arena;
extern struct uhyve_start_info *start_info __asm__("__uhyve_start_info");

/* Returns false if there is no such memory. */
bool arena_make(void);
uint64_t arena_gpa(const void *pointer);

/* ---- Calls ---- */

extern uint64_t seed;
extern unsigned int lane_count;

/* Where a lane has its block for a call: the same all the time, anywhere in its page. */
void *block_of(unsigned int lane, enum call call);
size_t block_bytes(enum call call);
uint16_t port_of(enum call call);

/* Whether a guest lives on after the call. */
bool is_survivable(enum call call);

/* Writes a block that the monitor takes, with random contents; perhaps while it is being served. */
void fill_block(struct chance *chance, unsigned int lane, enum call call);

/* A call that it takes. Ends the guest if the answer is impossible. */
void make_call(struct chance *chance, unsigned int lane, enum call call);

/* A call that most likely breaks the interface. */
void break_rules(struct chance *chance, unsigned int lane);

/* Changes some lane's block for a call to what breaks the interface and back, in the hope that the
 * monitor looks at it before and acts on it after. */
void spoil_others(struct chance *chance, enum call call);

#endif

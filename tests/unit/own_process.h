/* The test's own process in the place of a guest: its memory, its symbols, and calls to walk up. */
#ifndef TESTS_OWN_PROCESS_H
#define TESTS_OWN_PROCESS_H

#include "hypercalls/hypercalls.h"
#include "uhyve/backtrace.h"
#include "uhyve/symbols.h"
#include "unit_test.h"

#define OVERLAY_WORDS 32

/* Words laid over memory, to stand for what a guest's stack holds. */
struct overlay
{
  uint64_t gva;
  uint64_t word[OVERLAY_WORDS];
};

/* Reads this process's memory. The context is an overlay or NULL. */
int read_self(void *context, uint64_t gva, void *buffer, size_t len_bytes);

/* Where this program is loaded. */
uint64_t own_bias(void);

struct symbols *open_own(int *fd);
void close_own(struct symbols *symbols, int fd);

/* What a walk from nest_inner() is to do with the registers it has there. */
struct nest
{
  struct symbols *symbols;
  void (*act)(struct nest *nest, const struct hc_registers *registers);
  struct backtrace_frame frames[BACKTRACE_MAX_FRAMES];
  size_t count;
  char *text;
};

/* Calls act with the registers in there. */
void nest_inner(void *argument);

/* Calls nest_middle, which calls itself depth times and then nest_inner. */
void nest_outer(struct nest *nest, unsigned depth);

/* What act may be: fills in frames and count. */
void walk_here(struct nest *nest, const struct hc_registers *registers);

void assert_frame(struct nest *nest, size_t index, const char *function);

#endif

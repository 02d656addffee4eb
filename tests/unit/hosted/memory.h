/* Guest-physical memory for unit tests of the memory managers: real memory of the host, with the
 * host's side of hypercalls 'memory' and 'discard'; and managers that start afresh. */
#ifndef TESTS_HOSTED_MEMORY_H
#define TESTS_HOSTED_MEMORY_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

struct hosted_memory
{
  uint64_t gpa; /* as the start information has them */
  uint64_t len_bytes;
  uint64_t attached_bytes; /* the rest faults */
  unsigned char *host;     /* where the first byte is; without the hole */
  bool discard_fails;
  bool attach_fails;
  void (*during_discard)(void); /* called once, before the host takes anything; or null */

  unsigned long attachments; /* hypercalls */
  unsigned long discards;
  uint64_t discarded_bytes;
  uint64_t discarded_min_bytes; /* the smallest piece */
  bool discarded_part;          /* some piece began or ended within a large frame */
};

extern struct hosted_memory hosted_memory;

/* Makes memory and a physical manager that knows nothing yet. */
void hosted_memory_start(uint64_t gpa, uint64_t len_bytes, uint64_t attached_bytes);
void hosted_memory_end(void);

/* How much of it the host has given. */
uint64_t hosted_memory_resident_bytes(void);

/* Fills memory with a number; whether it is filled with it. */
void hosted_fill(uint64_t gpa, uint64_t len_bytes, uint64_t number);
bool hosted_is_filled(uint64_t gpa, uint64_t len_bytes, uint64_t number);

/* Where panic() of this thread goes: if (setjmp(hosted_panic) == 0) { ... } with the flag set.
 * Otherwise it aborts. */
extern jmp_buf hosted_panic;
extern bool hosted_panic_expected;

#endif

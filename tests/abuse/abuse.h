/* What the parts of the misbehaving guest share. */
#ifndef TESTS_ABUSE_H
#define TESTS_ABUSE_H

#include <stdint.h>

/* The kernel library's. */
uint64_t address_to_gpa(const void *pointer, int access) __asm__("__uhyve_address_to_gpa");

static inline void out(uint16_t port, uint64_t block_gpa)
{
  __asm__ volatile("out %%eax, %%dx" : : "d"(port), "D"(block_gpa), "a"(0) : "memory");
}

/* Of a place, by its name, where a block or a buffer must not lie. */
uint64_t place_gpa(const char *name);

/* file CALL PLACE: a path or a buffer of the call lies there. */
void abuse_file(const char *call, const char *place);

/* file-numbers WHAT: a number that breaks the interface. */
void abuse_file_numbers(const char *what);

/* file-answers WHAT: what is refused with an error; exits with 7 if it was. */
void abuse_file_answers(const char *what);

/* net WHAT [PLACE]: as the driver of interface 0; exits with 7 where the device gave up, and could
 * be had again. */
void abuse_net(const char *what, const char *place);

#endif

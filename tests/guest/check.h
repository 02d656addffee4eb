/* Checks for guest programs: a failed one is reported, and main() ends with check_finish(). */
#ifndef TESTS_GUEST_CHECK_H
#define TESTS_GUEST_CHECK_H

#include <stdbool.h>
#include <stdio.h>

static unsigned int check_count;
static unsigned int check_failures;

#define CHECK(condition) check_that((condition), __FILE__, __LINE__, #condition)

static inline bool check_that(bool holds, const char *file, int line, const char *condition)
{
  check_count++;
  if (!holds)
  {
    check_failures++;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  }
  return holds;
}

/* The tests look for this line: a program that ends early has not passed. */
static inline int check_finish(void)
{
  printf("%u checks, %u failed\n", check_count, check_failures);
  return check_failures == 0 ? 0 : 1;
}

#endif

/* Tests of uhyve/sandbox/descriptors.c: what is named stays open, all else above the standard
 * streams is closed. Each case is a process of its own. */
#include "uhyve/sandbox/descriptors.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

#define MAX_FDS 2000

static bool is_open(int fd)
{
  return fcntl(fd, F_GETFD) >= 0;
}

static bool is_in(const int *list, size_t count, int fd)
{
  for (size_t i = 0; i < count; i++)
  {
    if (list[i] == fd)
      return true;
  }
  return false;
}

/* In a child: has the descriptors from 3 to 39 and two far ones, closes all but those. */
static int close_and_look(int *kept, size_t count)
{
  int copy[MAX_FDS];
  for (size_t i = 0; i < count; i++)
    copy[i] = kept[i];
  close_range(STDERR_FILENO + 1, ~0U, 0);
  for (int fd = 3; fd < 40; fd++)
  {
    if (dup2(STDERR_FILENO, fd) != fd)
      return 10;
  }
  if (dup2(STDERR_FILENO, 700) != 700 || dup2(STDERR_FILENO, 701) != 701)
    return 11;
  if (descriptors_close_others(kept, count) != 0)
    return 12;
  for (int fd = 0; fd < 800; fd++)
  {
    bool was_open = fd < 40 || fd == 700 || fd == 701;
    bool stays = fd < 3 || is_in(copy, count, fd);
    if (is_open(fd) != (was_open && stays))
      return 13;
  }
  return 0;
}

static void keeps(int *kept, size_t count)
{
  pid_t child = fork();
  if (child == 0)
    _exit(close_and_look(kept, count));
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

#define KEEPS(...)                               \
  do                                             \
  {                                              \
    int kept[] = {__VA_ARGS__};                  \
    keeps(kept, sizeof(kept) / sizeof(kept[0])); \
  } while (0)

static void keeps_what_is_named(void **state)
{
  (void) state;
  KEEPS(3);
  KEEPS(3, 4, 5);
  KEEPS(20);
  KEEPS(5, 9, 39, 700);
  KEEPS(701);
  KEEPS(39, 701);
}

static void sorts_and_passes_over_duplicates(void **state)
{
  (void) state;
  KEEPS(20, 5, 12);
  KEEPS(7, 7, 7);
  KEEPS(701, 3, 701, 3, 10, 11);
}

static void takes_no_descriptor_for_none(void **state)
{
  (void) state;
  KEEPS(-1);
  KEEPS(-1, -1, 8, -1);
  KEEPS(0, 1, 2);
  KEEPS(2, -1, 4);
  int none = 0;
  keeps(&none, 0);
}

static void names_may_be_closed_already(void **state)
{
  (void) state;
  KEEPS(100, 30, 5000);
}

static void takes_long_lists(void **state)
{
  (void) state;
  static int kept[MAX_FDS];
  for (int i = 0; i < MAX_FDS; i++)
    kept[i] = MAX_FDS - i;
  keeps(kept, MAX_FDS);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_what_is_named),
      cmocka_unit_test(sorts_and_passes_over_duplicates),
      cmocka_unit_test(takes_no_descriptor_for_none),
      cmocka_unit_test(names_may_be_closed_already),
      cmocka_unit_test(takes_long_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goals of benchmarks: each field and relation, met and missed, and lines that are no goals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/check.h"
#include "bench/counters.h"

static const char figures[] =
    "[{\"name\": \"both\", \"guest\": 50.0, \"reference\": 400.0, \"ratio\": 0.125},"
    " {\"name\": \"alone\", \"guest\": 10.0, \"reference\": null, \"ratio\": null},"
    " {\"name\": \"zero\", \"guest\": 0.0, \"reference\": 0.0, \"ratio\": null},"
    " {\"name\": \"linux\", \"guest\": null, \"reference\": 3.0, \"ratio\": null}]";

static void write_file(char path[], const char *text)
{
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *file = fdopen(fd, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int check(const char *goals)
{
  char figures_path[] = "/tmp/uhyve-figures-XXXXXX";
  char goals_path[] = "/tmp/uhyve-goals-XXXXXX";
  write_file(figures_path, figures);
  write_file(goals_path, goals);
  int status = check_goals(figures_path, goals_path);
  unlink(figures_path);
  unlink(goals_path);
  return status;
}

static void test_fields(void **state)
{
  (void) state;
  assert_int_equal(check("# nothing\n\nboth guest <= 50 # cycles\n"), 0);
  assert_int_equal(check("both guest <= 49.9\n"), 1);
  assert_int_equal(check("both ratio <= 0.125\n"), 0);
  assert_int_equal(check("both ratio <= 0.12\n"), 1);
  assert_int_equal(check("both inverse >= 8\n"), 0);
  assert_int_equal(check("both inverse >= 8.1\n"), 1);
  assert_int_equal(check("both inverse <= 8\n"), 0);
  assert_int_equal(check("both difference <= -350\n"), 0);
  assert_int_equal(check("both difference <= -351\n"), 1);
  assert_int_equal(check("zero difference <= 0\nzero guest <= 0\n"), 0);
}

static void test_not_measured(void **state)
{
  (void) state;
  assert_int_equal(check("nobody guest <= 1\n"), 1);
  assert_int_equal(check("alone ratio <= 1000\n"), 1);
  assert_int_equal(check("linux guest <= 1000\n"), 1);
  assert_int_equal(check("zero ratio <= 1\n"), 1);
  assert_int_equal(check("alone guest <= 10\nalone inverse >= 0\n"), 1);
}

static void test_broken_goals(void **state)
{
  (void) state;
  assert_int_equal(check("both guest 50\n"), 2);
  assert_int_equal(check("both guest == 50\n"), 2);
  assert_int_equal(check("both guess <= 50\n"), 2);
  assert_int_equal(check("both guest <= 50x\n"), 2);
  assert_int_equal(check("both guest <= 50 60\n"), 2);
}

static void test_counters(void **state)
{
  (void) state;
  const char *text = "hourglass 1 s\n{\"guest_ipis\": 3, \"chips\": 9, \"cpu1_ipis\": 4, "
                     "\"vm_exits_io\": 5, \"vm_exits_hlt\": 6}\nmore\n";
  assert_true(counters_sum(text, "ipis") == 7);
  assert_true(counters_sum(text, "guest_ipis") == 3);
  assert_true(counters_sum(text, "upcalls") < 0);
  assert_true(counters_sum_group(text, "vm_exits") == 11);
  assert_true(counters_sum("no statistics\n", "ipis") < 0);
  assert_true(counters_sum("{broken\n", "ipis") < 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_not_measured),
      cmocka_unit_test(test_broken_goals),
      cmocka_unit_test(test_counters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of uhyve/timeline.c: marks of the guest are not trusted, and what is printed adds up. */
#include "uhyve/timeline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "unit_test.h"

#define TSC_KHZ 1000u /* a cycle is a microsecond */
#define BEGIN   UINT64_C(5000000)

/* A launch of which the monitor knows everything: its points are 1 ms from each other. */
static struct timeline launch(void)
{
  struct timeline timeline = {0};
  for (unsigned int point = 0; point < TIMELINE_POINTS; point++)
    if (point < TIMELINE_RING3 || point >= TIMELINE_ENDED)
      timeline.tsc[point] = BEGIN + (uint64_t) point * 1000;
  return timeline;
}

/* As vm.c does it when the guest has ended. */
static struct timeline launch_with(uint64_t ring3, uint64_t main_tsc, uint64_t exit_tsc)
{
  struct timeline timeline = launch();
  timeline_set(&timeline, TIMELINE_RING3, ring3);
  timeline_set(&timeline, TIMELINE_MAIN, main_tsc);
  timeline_set(&timeline, TIMELINE_EXIT, exit_tsc);
  return timeline;
}

static uint64_t at(unsigned int point)
{
  return BEGIN + (uint64_t) point * 1000;
}

static void keeps_marks_in_order(void **state)
{
  (void) state;
  struct timeline timeline = launch_with(at(TIMELINE_RING3), at(TIMELINE_MAIN), at(TIMELINE_EXIT));
  for (unsigned int point = 0; point < TIMELINE_POINTS; point++)
    assert_int_equal(timeline.tsc[point], at(point));
  /* All at once is in order, too. */
  timeline = launch_with(at(TIMELINE_RUN), at(TIMELINE_RUN), at(TIMELINE_ENDED));
  assert_int_equal(timeline.tsc[TIMELINE_RING3], at(TIMELINE_RUN));
  assert_int_equal(timeline.tsc[TIMELINE_MAIN], at(TIMELINE_RUN));
  assert_int_equal(timeline.tsc[TIMELINE_EXIT], at(TIMELINE_ENDED));
}

static void drops_marks_outside_of_the_run(void **state)
{
  (void) state;
  const uint64_t wild[] = {0, 1, at(TIMELINE_RUN) - 1, at(TIMELINE_ENDED) + 1, UINT64_MAX};
  for (size_t i = 0; i < COUNT_OF(wild); i++)
  {
    struct timeline timeline = launch_with(wild[i], at(TIMELINE_MAIN), at(TIMELINE_EXIT));
    assert_int_equal(timeline.tsc[TIMELINE_RING3], 0);
    timeline = launch_with(at(TIMELINE_RING3), wild[i], at(TIMELINE_EXIT));
    assert_int_equal(timeline.tsc[TIMELINE_MAIN], 0);
    timeline = launch_with(at(TIMELINE_RING3), at(TIMELINE_MAIN), wild[i]);
    assert_int_equal(timeline.tsc[TIMELINE_EXIT], 0);
  }
}

/* Where a point is missing, the last one before it that is there is the neighbour. */
static void drops_marks_before_the_last_known_point(void **state)
{
  (void) state;
  struct timeline timeline = launch_with(0, at(TIMELINE_RUN) - 1, 0);
  assert_int_equal(timeline.tsc[TIMELINE_MAIN], 0);
  timeline = launch_with(0, 0, 1);
  assert_int_equal(timeline.tsc[TIMELINE_EXIT], 0);
  timeline = launch_with(at(TIMELINE_MAIN), 0, at(TIMELINE_RING3));
  assert_int_equal(timeline.tsc[TIMELINE_EXIT], 0);
  /* A mark that is in order stays. */
  timeline = launch_with(0, 0, at(TIMELINE_EXIT));
  assert_int_equal(timeline.tsc[TIMELINE_EXIT], at(TIMELINE_EXIT));
}

static void every_mark_is_kept_in_order_or_dropped(void **state)
{
  (void) state;
  uint64_t seed = 5;
  for (unsigned int round = 0; round < 20000; round++)
  {
    uint64_t marks[3];
    for (unsigned int i = 0; i < 3; i++)
      marks[i] = random_next(&seed) % 4 == 0 ? random_magnitude(&seed)
                                             : BEGIN + random_next(&seed) % 13000;
    struct timeline timeline = launch_with(marks[0], marks[1], marks[2]);
    uint64_t previous = 0;
    for (unsigned int point = 0; point < TIMELINE_POINTS; point++)
    {
      if (timeline.tsc[point] == 0)
        continue;
      assert_true(timeline.tsc[point] >= previous);
      previous = timeline.tsc[point];
    }
  }
}

static void process_start_lies_before_main(void **state)
{
  (void) state;
  struct timeline timeline = {0};
  uint64_t before = __builtin_ia32_rdtsc();
  timeline_start(&timeline);
  assert_in_range(timeline.tsc[TIMELINE_MONITOR], before, __builtin_ia32_rdtsc());
  assert_true(timeline.start_cpu_ns > 0);
  timeline.tsc[TIMELINE_MONITOR] = 10000000;
  timeline.start_cpu_ns = 2000000;
  timeline_set_frequency(&timeline, 3000000);
  assert_int_equal(timeline.tsc[TIMELINE_EXEC], 10000000 - 6000000);
}

/* Takes a printed line apart: name, number, number, bar. */
static void check_line(const char *line, double *total_ms)
{
  double at_ms;
  double took_ms;
  /* NOLINTNEXTLINE(cert-err34-c): what is too big fails the test by its value */
  assert_int_equal(sscanf(line + 20, "%lf %lf", &at_ms, &took_ms), 2);
  assert_true(took_ms >= 0);
  *total_ms += took_ms;
  assert_true(at_ms - *total_ms < 0.001 && *total_ms - at_ms < 0.001);
  const char *bar = strchr(line, '|');
  assert_non_null(bar);
  assert_int_equal(strspn(bar + 1, " #"), 40);
  assert_string_equal(bar + 41, "|");
}

static unsigned int print_and_check(const struct timeline *timeline, uint64_t tsc_khz)
{
  char *text = NULL;
  size_t text_bytes = 0;
  FILE *out = open_memstream(&text, &text_bytes);
  assert_non_null(out);
  timeline_print(out, timeline, tsc_khz);
  assert_int_equal(fclose(out), 0);
  unsigned int lines = 0;
  double total_ms = 0;
  char *rest = text;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
  {
    if (lines++ == 0)
      assert_string_equal(line, "uhyve: timeline           at ms     took ms");
    else
      check_line(line, &total_ms);
  }
  free(text);
  return lines;
}

static void prints_a_line_a_point(void **state)
{
  (void) state;
  struct timeline timeline = launch_with(at(TIMELINE_RING3), at(TIMELINE_MAIN), at(TIMELINE_EXIT));
  assert_int_equal(print_and_check(&timeline, TSC_KHZ), 1 + TIMELINE_POINTS);
  timeline = launch_with(0, 0, 0);
  assert_int_equal(print_and_check(&timeline, TSC_KHZ), 1 + TIMELINE_POINTS - 3);
}

static void prints_what_wild_guests_leave(void **state)
{
  (void) state;
  const struct timeline wild[] = {
      launch_with(UINT64_MAX, UINT64_MAX, UINT64_MAX),
      launch_with(1, 1, 1),
      launch_with(0, 1, at(TIMELINE_ENDED)),
      launch_with(at(TIMELINE_ENDED), 0, at(TIMELINE_RUN)),
  };
  for (size_t i = 0; i < COUNT_OF(wild); i++)
    assert_true(print_and_check(&wild[i], TSC_KHZ) >= 1 + TIMELINE_POINTS - 3);
}

static void prints_nothing_without_a_run(void **state)
{
  (void) state;
  struct timeline timeline = {0};
  assert_int_equal(print_and_check(&timeline, TSC_KHZ), 0);
  timeline = launch();
  assert_int_equal(print_and_check(&timeline, 0), 0);
  timeline.tsc[TIMELINE_GONE] = 0;
  assert_int_equal(print_and_check(&timeline, TSC_KHZ), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_marks_in_order),
      cmocka_unit_test(drops_marks_outside_of_the_run),
      cmocka_unit_test(drops_marks_before_the_last_known_point),
      cmocka_unit_test(every_mark_is_kept_in_order_or_dropped),
      cmocka_unit_test(process_start_lies_before_main),
      cmocka_unit_test(prints_a_line_a_point),
      cmocka_unit_test(prints_what_wild_guests_leave),
      cmocka_unit_test(prints_nothing_without_a_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of uhyve/crash_report.c: its words and statuses, and the whole report of a real process
 * (this one). */
#include "uhyve/crash_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "own_process.h"
#include "uhyve/guest_threads.h"

/* ---- Words ---- */

/* The text is good until the next report. */
static char *print_report(const struct crash_report_input *input)
{
  static char text[16384];
  FILE *out = fmemopen(text, sizeof text, "w");

  assert_non_null(out);
  crash_report_print(out, input);
  fclose(out);
  return text;
}

static void assert_first_line(const struct crash_report_input *input, const char *expected)
{
  char *text = print_report(input);

  *strchr(text, '\n') = '\0';
  assert_memory_equal(text, "uhyve: hello: ", 14);
  assert_string_equal(text + 14, expected);
}

static void test_first_lines(void **state)
{
  static const struct
  {
    struct hc_crash crash;
    const char *line;
    int status;
  } rows[] = {
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 6},
       "bad access: write to 0x0000000000000000 (null pointer)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 4, .fault_gva = 0xffff},
       "bad access: read from 0x000000000000ffff (null pointer)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 4, .fault_gva = 0x10000},
       "bad access: read from 0x0000000000010000 (not mapped)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 0x14, .fault_gva = 0xdeadbeef},
       "bad access: execution of 0x00000000deadbeef (not mapped)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 0x15, .fault_gva = 0x140000000},
       "bad access: execution of 0x0000000140000000 (memory that is not executable)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 7, .fault_gva = 0x200000},
       "bad access: write to 0x0000000000200000 (read-only memory)",
       139},
      {{.cause = 1, .signal = 11, .vector = 14, .error_code = 5, .fault_gva = 0x201000},
       "bad access: read from 0x0000000000201000 (protected memory)",
       139},
      {{.cause = 1, .signal = 8, .vector = 0}, "division by zero or overflow", 136},
      {{.cause = 1, .signal = 5, .vector = 1}, "debug trap", 133},
      {{.cause = 1, .signal = 5, .vector = 3}, "breakpoint", 133},
      {{.cause = 1, .signal = 4, .vector = 6}, "illegal instruction", 132},
      {{.cause = 1, .signal = 11, .vector = 13, .error_code = 0x10},
       "privileged instruction or non-canonical address (error code 0x10)",
       139},
      {{.cause = 1, .signal = 8, .vector = 16}, "floating-point error (x87)", 136},
      {{.cause = 1, .signal = 7, .vector = 17}, "misaligned access", 135},
      {{.cause = 1, .signal = 8, .vector = 19}, "floating-point error (SSE)", 136},
      {{.cause = 1, .signal = 64, .vector = 9}, "exception 9", 192},
      {{.cause = 1, .signal = 0, .vector = UINT32_MAX}, "exception 4294967295", 126},
      {{.cause = 2, .signal = 6}, "aborted (SIGABRT)", 134},
      {{.cause = 2, .signal = 15}, "terminated (SIGTERM)", 143},
      {{.cause = 2, .signal = 17}, "ended by signal 17", 145},
      {{.cause = 2, .signal = 64}, "ended by signal 64", 192},
      {{.cause = 2, .signal = 65}, "ended by signal 65, which does not exist", 126},
      {{.cause = 2, .signal = 0}, "ended by signal 0, which does not exist", 126},
      {{.cause = 3, .signal = 11, .fault_gva = 0x12fff0ff8},
       "stack overflow at 0x000000012fff0ff8",
       139},
      {{.cause = 4, .signal = 6}, "kernel library failure", 126},
      {{.cause = 0, .signal = 6}, "crash of unknown cause 0", 126},
      {{.cause = UINT32_MAX, .signal = 6}, "crash of unknown cause 4294967295", 126},
  };

  (void) state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
  {
    struct crash_report_input input = {.program = "hello", .crash = &rows[i].crash};

    assert_first_line(&input, rows[i].line);
    assert_int_equal(crash_report_status(&rows[i].crash), rows[i].status);
  }
}

static void test_message_is_harmless(void **state)
{
  struct hc_crash crash = {.cause = HC_CRASH_KERNEL};
  struct crash_report_input input = {
      .program = "hello",
      .crash = &crash,
      .message = "run queue \x1b[2J\n\0\xff end, not more",
      .message_len_bytes = 21,
  };

  (void) state;
  assert_first_line(&input, "kernel library failure: run queue \\x1b[2J\\x0a\\x00\\xff end");
}

static void test_nucleus_failure(void **state)
{
  struct hc_nucleus_frame frame = {.vector = 8, .rip = 0x201234, .cs = 8, .rsp = 0xabcd00};
  struct hc_registers registers = {.rax = 0x1122334455667788, .rip = 1, .rsp = 2};
  struct crash_report_input input = {
      .program = "hello",
      .nucleus = &frame,
      .nucleus_registers = &registers,
      .nucleus_fault_gva = 0x130000000,
  };
  char *text;

  (void) state;
  assert_first_line(&input, "the nucleus failed: double fault in ring 0");
  frame.vector = 14;
  frame.cs = 0x33;
  assert_first_line(&input, "the nucleus failed: page fault: read from 0x0000000130000000 "
                            "(not mapped) in ring 3");
  frame.vector = UINT64_MAX;
  frame.error_code = 1;
  assert_first_line(&input, "the nucleus failed: exception 18446744073709551615 (error code 0x1) "
                            "in ring 3");
  text = print_report(&input);
  assert_non_null(strstr(text, "\n  at 0x0000000000201234\n"));
  assert_non_null(strstr(text, "rax 1122334455667788"));
  assert_non_null(strstr(text, "rsp 0000000000abcd00"));
  assert_null(strstr(text, "backtrace"));
}

static void test_threads_are_named(void **state)
{
  struct guest_thread list[100] = {
      {.id = 1, .name = "main", .state = GUEST_THREAD_WAITING},
      {.id = 2, .name = "a\x1b\"b", .state = GUEST_THREAD_RUNNING, .cpu = 3},
      {.id = -3, .name = "", .state = GUEST_THREAD_READY},
      {.id = 4, .name = "over", .state = GUEST_THREAD_ENDED},
  };
  struct guest_threads threads = {.list = list, .count = 1};
  struct hc_crash crash = {.cause = HC_CRASH_SIGNAL, .signal = 6};
  struct crash_report_input input = {.program = "hello", .crash = &crash, .threads = &threads};

  (void) state;
  assert_null(strstr(print_report(&input), "thread"));
  threads.count = 4;
  threads.crashed = 1;
  assert_non_null(strstr(print_report(&input), "\n  in thread 2 \"a\\x1b\"b\"\n  at "));
  assert_null(strstr(print_report(&input), "main"));
  threads.crashed = 4;
  assert_null(strstr(print_report(&input), "thread"));
  input.all_threads = true;
  assert_non_null(strstr(print_report(&input), "\n  thread 1 \"main\", waiting"
                                               "\n  thread 2 \"a\\x1b\"b\", on CPU 3"
                                               "\n  thread -3 \"\", ready to run"
                                               "\n  thread 4 \"over\", ended\n"));
  threads.count = 100;
  threads.crashed = 100;
  assert_non_null(strstr(print_report(&input), "\n  ... and 36 more\n"));
  threads.crashed = 70;
  assert_non_null(strstr(print_report(&input), "\n  ... and 35 more\n"));
  threads.crashed = 7;
  threads.is_cut = true;
  assert_non_null(strstr(print_report(&input), "\n  ... and at least 35 more\n"));
}

static void test_cpu_is_named_when_it_matters(void **state)
{
  struct hc_crash crash = {.cause = HC_CRASH_SIGNAL, .signal = 6};
  struct crash_report_input input = {.program = "hello", .crash = &crash, .cpu_count = 1};
  char *text;

  (void) state;
  text = print_report(&input);
  assert_null(strstr(text, "CPU"));
  input.cpu_count = 2;
  text = print_report(&input);
  assert_non_null(strstr(text, " on CPU 0\n"));
  input.cpu_count = 1;
  crash.cpu = 3;
  text = print_report(&input);
  assert_non_null(strstr(text, " on CPU 3\n"));
}

/* ---- The whole report ---- */

static void report_here(struct nest *nest, const struct hc_registers *registers)
{
  struct hc_crash crash = {
      .cause = HC_CRASH_STACK_OVERFLOW, .signal = 11, .fault_gva = 0x12fff0ff8, .regs = *registers};
  struct crash_report_input input = {
      .program = "hello",
      .crash = &crash,
      .cpu_count = 1,
      .symbols = nest->symbols,
      .read = read_self,
  };

  nest->text = print_report(&input);
}

static void test_whole_report(void **state)
{
  struct nest nest = {.act = report_here};
  const char *place;
  int fd;

  (void) state;
  nest.symbols = open_own(&fd);
  nest_outer(&nest, 9);
  if (getenv("CRASH_REPORT_TEST_SHOW") != NULL)
    fputs(nest.text, stderr);
  place = strstr(nest.text, "\n  at nest_inner+0x");
  assert_non_null(place);
  place = strstr(place, "own_process.c:");
  assert_non_null(place);
  place = strstr(place, "\n  registers:\n    rax 0000000000000000  rbx ");
  assert_non_null(place);
  place = strstr(place, "\n  backtrace:\n    #0 nest_inner+0x");
  assert_non_null(place);
  place = strstr(place, "\n    #2 nest_middle+0x");
  assert_non_null(place);
  place = strstr(place, "\n    ... 8 more of the same\n    #11 nest_outer+0x");
  assert_non_null(place);
  place = strstr(place, "\n    #12 test_whole_report+0x");
  assert_non_null(place);
  close_own(nest.symbols, fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_first_lines),
      cmocka_unit_test(test_message_is_harmless),
      cmocka_unit_test(test_nucleus_failure),
      cmocka_unit_test(test_threads_are_named),
      cmocka_unit_test(test_cpu_is_named_when_it_matters),
      cmocka_unit_test(test_whole_report),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of uhyve/explain.c: what is said, of which files, and how often. */
#include "uhyve/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "unit_test.h"

static struct scratch scratch;
static struct explain explain;

static int set_up(void **state)
{
  (void) state;
  scratch_create(&scratch);
  scratch_folder(&scratch, "folder");
  scratch_file(&scratch, "folder/file", "");
  explain = (struct explain){.working_folder = "/no/such"};
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  scratch_remove(&scratch);
  return 0;
}

/* What a call for a path in the scratch folder says. Freed by the caller. */
static char *said_of(const char *path)
{
  char *text = NULL;
  size_t len = 0;
  char full[200];
  FILE *before = stderr;
  snprintf(full, sizeof(full), "%s%s", path[0] == '/' ? scratch.path : "", path);
  stderr = open_memstream(&text, &len);
  assert_non_null(stderr);
  explain_missing(&explain, full);
  fclose(stderr);
  stderr = before;
  return text;
}

static void assert_silent(const char *path)
{
  char *said = said_of(path);
  assert_string_equal(said, "");
  free(said);
}

/* advice: behind the last --volume. */
static void assert_says(const char *path, const char *advice)
{
  char expected[600];
  char *said = said_of(path);
  snprintf(expected, sizeof(expected),
           "uhyve: the program does not see the host's %s%s, which is not mapped: see --volume, as "
           "in --volume %s\n",
           scratch.path, path, advice);
  assert_string_equal(said, expected);
  free(said);
}

static void it_is_said_once(void **state)
{
  (void) state;
  char advice[200];
  snprintf(advice, sizeof(advice), "%s/folder:%s/folder", scratch.path, scratch.path);
  assert_silent("/none");
  assert_silent("/folder/none");
  assert_says("/folder/file", advice);
  assert_silent("/folder/file");
  assert_silent("/folder");
}

static void folders_are_offered_themselves(void **state)
{
  (void) state;
  char advice[200];
  snprintf(advice, sizeof(advice), "%s/folder:%s/folder", scratch.path, scratch.path);
  assert_says("/folder", advice);
}

static void the_current_folder_has_a_short_name(void **state)
{
  (void) state;
  explain.working_folder = scratch.path;
  assert_says("/folder/file", ".:.");
}

static void others_are_not_spoken_of(void **state)
{
  (void) state;
  assert_int_equal(mkfifoat(scratch.fd, "fifo", 0600), 0);
  assert_silent("/fifo");
  assert_silent("relative");
  assert_silent("");
}

/* A guest does not find out by asking again and again, nor has the host look for ever. */
static void there_is_an_end_to_looking(void **state)
{
  (void) state;
  for (unsigned int i = 0; i < 64; i++)
    assert_silent("/none");
  assert_silent("/folder/file");
}

/* A name may be the guest's own work, in a folder that is mapped to it. */
static void names_control_no_terminal(void **state)
{
  (void) state;
  static const struct
  {
    const char *name, *shown;
  } cases[] = {
      {"/sm\u00f8rbr\u00f8d \u20ac\U0001f600", "/sm\u00f8rbr\u00f8d \u20ac\U0001f600"},
      {"/csi\x9b"
       "2J",
       "/csi?2J"},
      {"/csi\xc2\x9b"
       "2J",
       "/csi??2J"},
      {"/bare\x80\xbf", "/bare??"},
      {"/cut\xe2\x82", "/cut??"},
      {"/long\xc0\x9b\xff", "/long???"},
      {"/longer\xe0\x82\x9b", "/longer???"},
      {"/esc\x1b[2J\x7f", "/esc?[2J?"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    explain = (struct explain){.working_folder = "/no/such"};
    scratch_file(&scratch, cases[i].name + 1, "");
    char *said = said_of(cases[i].name);
    if (strstr(said, cases[i].shown) == NULL)
      fail_msg("%s instead of %s", said, cases[i].shown);
    free(said);
  }
}

static void the_message_is_one_line(void **state)
{
  (void) state;
  scratch_file(&scratch, "two\nlines\x1b", "");
  char *said = said_of("/two\nlines\x1b");
  assert_non_null(strstr(said, "/two?lines?"));
  assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
  free(said);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(it_is_said_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(folders_are_offered_themselves, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_current_folder_has_a_short_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(others_are_not_spoken_of, set_up, tear_down),
      cmocka_unit_test_setup_teardown(there_is_an_end_to_looking, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_message_is_one_line, set_up, tear_down),
      cmocka_unit_test_setup_teardown(names_control_no_terminal, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

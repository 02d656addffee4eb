/* Tests of uhyve/time_zone.c: rules are found, names lead nowhere else, broken files give none. */
#include "uhyve/time_zone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit_test.h"

static int rule_of(const char *content, size_t bytes, char rule[static HC_TIME_ZONE_BYTES])
{
  int fd = memfd_create("zone", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, content, bytes), bytes);
  int error = time_zone_read(fd, rule);
  close(fd);
  return error;
}

static void assert_rule(const char *content, size_t bytes, const char *expected)
{
  char rule[HC_TIME_ZONE_BYTES];
  memset(rule, '~', sizeof(rule));
  assert_int_equal(rule_of(content, bytes, rule), 0);
  assert_string_equal(rule, expected);
  for (size_t i = strlen(rule); i < sizeof(rule); i++)
    assert_int_equal(rule[i], 0);
}

static void assert_none(const char *content, size_t bytes)
{
  char rule[HC_TIME_ZONE_BYTES];
  assert_int_equal(rule_of(content, bytes, rule), -ENOENT);
}

#define RULE(content, expected) assert_rule(content, sizeof(content) - 1, expected)
#define NONE(content)           assert_none(content, sizeof(content) - 1)

static void the_last_line_is_the_rule(void **state)
{
  (void) state;
  RULE("TZif2\0\0data\nUTC0\n", "UTC0");
  RULE("TZif3\0da\nta\0\nCET-1CEST,M3.5.0,M10.5.0/3\n", "CET-1CEST,M3.5.0,M10.5.0/3");
  RULE("TZif2\n<+0330>-3:30\n", "<+0330>-3:30");
  char content[200] = "TZif2 and much before it";
  memset(content + 24, 'd', sizeof(content) - 24);
  content[199] = '\n';
  content[199 - HC_TIME_ZONE_BYTES] = '\n';
  memset(content + 200 - HC_TIME_ZONE_BYTES, 'r', HC_TIME_ZONE_BYTES - 1);
  char longest[HC_TIME_ZONE_BYTES] = {0};
  memset(longest, 'r', HC_TIME_ZONE_BYTES - 1);
  assert_rule(content, sizeof(content), longest);
  content[199 - HC_TIME_ZONE_BYTES] = 'r';
  content[198 - HC_TIME_ZONE_BYTES] = '\n';
  assert_none(content, sizeof(content));
}

static void other_files_have_none(void **state)
{
  (void) state;
  NONE("");
  NONE("TZif");
  NONE("TZif2");
  NONE("TZif2\n");
  NONE("TZif2\n\n");
  NONE("TZif2UTC0\n");
  NONE("TZif2\nUTC0");
  NONE("TZif2\nU\0TC0\n");
  NONE("TZif2\nU\x01TC0\n");
  NONE("TZif\0\nUTC0\n"); /* version 1 has no such line */
  NONE("text2\nUTC0\n");
}

static void names_lead_nowhere_else(void **state)
{
  (void) state;
  char rule[HC_TIME_ZONE_BYTES];
  static const char *const wrong[] = {"/etc/localtime",
                                      "../zoneinfo/UTC",
                                      "Europe/../UTC",
                                      ".",
                                      "..",
                                      "Europe",
                                      "Europe/",
                                      "UTC/",
                                      "no/such/zone",
                                      "/",
                                      "tzdata.zi",
                                      "UTC\n",
                                      "zone1970.tab"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    if (time_zone_rule(wrong[i], rule) != -ENOENT)
      fail_msg("%s", wrong[i]);
  }
}

static void zones_of_this_host(void **state)
{
  (void) state;
  char rule[HC_TIME_ZONE_BYTES];
  if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
    skip();
  assert_int_equal(time_zone_rule("Europe/Berlin", rule), 0);
  assert_string_equal(rule, "CET-1CEST,M3.5.0,M10.5.0/3");
  assert_int_equal(time_zone_rule("Etc/GMT+5", rule), 0);
  assert_string_equal(rule, "<-05>5");
  assert_int_equal(time_zone_rule("", rule), access("/etc/localtime", R_OK) == 0 ? 0 : -ENOENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_last_line_is_the_rule),
      cmocka_unit_test(other_files_have_none),
      cmocka_unit_test(names_lead_nowhere_else),
      cmocka_unit_test(zones_of_this_host),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

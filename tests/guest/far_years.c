/* gmtime(), localtime() and mktime() from the first year an int can hold to the last, with summer
 * time, and for fields of any value. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

/* The first and last second of all years. */
#define FIRST (-67768040609740800)
#define LAST  67768036191676799

static void utc(void)
{
  struct tm fields;
  time_t time = LAST;
  CHECK(gmtime_r(&time, &fields) == &fields && fields.tm_year == INT_MAX && fields.tm_yday == 364);
  CHECK(fields.tm_mon == 11 && fields.tm_mday == 31 && fields.tm_sec == 59);
  CHECK(mktime(&fields) == LAST);
  time = LAST + 1;
  CHECK(gmtime_r(&time, &fields) == NULL && errno == EOVERFLOW && gmtime(&time) == NULL);
  time = FIRST;
  CHECK(gmtime_r(&time, &fields) == &fields && fields.tm_year == INT_MIN && fields.tm_mon == 0);
  time = FIRST - 1;
  errno = 0;
  CHECK(gmtime_r(&time, &fields) == NULL && errno == EOVERFLOW);
  time = INT64_MAX;
  CHECK(gmtime_r(&time, &fields) == NULL && localtime_r(&time, &fields) == NULL);
}

static void text(void)
{
  static const struct
  {
    int year;
    const char *text;
  } years[] = {{2026, "2026"}, {0, "0"}, {7, "7"}, {10000, "10000"}, {-5, "-5"}};
  for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++)
  {
    struct tm fields = {.tm_year = years[i].year - 1900, .tm_mday = 1, .tm_wday = 4};
    char buffer[40];
    strftime(buffer, sizeof(buffer), "%Y", &fields);
    if (!CHECK(strcmp(buffer, years[i].text) == 0))
      fprintf(stderr, "  %s, not %s\n", buffer, years[i].text);
  }
}

static time_t made(int year, int month, int day, int hour, int is_summer)
{
  struct tm fields = {.tm_year = year - 1900,
                      .tm_mon = month,
                      .tm_mday = day,
                      .tm_hour = hour,
                      .tm_isdst = is_summer};
  return mktime(&fields);
}

static void any_fields(void)
{
  CHECK(made(1970, 0, 1, 0, -1) == 0 && made(2000, 1, 29, 0, -1) == 951782400);
  CHECK(made(1970, 0, 1, INT_MAX, -1) == 3600L * INT_MAX && made(1970, 0, INT_MIN, 0, -1) < 0);
  CHECK(made(1970, INT_MAX, 1, 0, -1) == made(1970 + INT_MAX / 12, INT_MAX % 12, 1, 0, -1));
  CHECK(made(1970, -25, 1, 0, -1) == made(1967, 11, 1, 0, -1));
  CHECK(made(20000, 0, 1, 0, -1) == 568971820800 && made(-20000, 0, 1, 0, -1) == -693306259200);
  struct tm fields = {.tm_year = INT_MAX, .tm_mon = 12, .tm_mday = 1};
  errno = 0;
  CHECK(mktime(&fields) == -1 && errno == EOVERFLOW && fields.tm_mon == 12);
  fields = (struct tm){.tm_year = 100, .tm_mon = 13, .tm_mday = -3, .tm_hour = 25, .tm_sec = -1};
  CHECK(mktime(&fields) == 980729999);
  CHECK(fields.tm_year == 101 && fields.tm_mon == 0 && fields.tm_mday == 29 &&
        fields.tm_hour == 0 && fields.tm_min == 59 && fields.tm_sec == 59 && fields.tm_wday == 1 &&
        fields.tm_yday == 28);
}

/* By the rule of the European Union, as if it would be in force for ever. */
static void summer(int year)
{
  struct tm fields;
  time_t winter_noon = made(year, 0, 15, 12, -1);
  time_t summer_noon = made(year, 6, 15, 12, -1);
  CHECK(localtime_r(&winter_noon, &fields) != NULL && fields.tm_isdst == 0 && fields.tm_hour == 12);
  CHECK(localtime_r(&summer_noon, &fields) != NULL && fields.tm_isdst == 1 && fields.tm_hour == 12);
  CHECK(fields.tm_year == year - 1900 && fields.tm_mon == 6 && fields.tm_mday == 15);
  CHECK(summer_noon - winter_noon ==
        (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 182 : 181) * 86400 - 3600);
  CHECK(made(year, 6, 15, 12, 0) == summer_noon + 3600 &&
        made(year, 0, 15, 12, 1) == winter_noon - 3600);
  /* The hour that is there twice. */
  bool found = false;
  for (int day = 25; day <= 31; day++)
    found |= made(year, 9, day, 2, 0) - made(year, 9, day, 2, 1) == 3600 &&
             made(year, 9, day, 4, -1) - made(year, 9, day, 0, -1) == 5 * 3600L;
  CHECK(found);
}

int main(void)
{
  setenv("TZ", "UTC0", 1);
  utc();
  text();
  any_fields();
  setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  static const int years[] = {1971, 1972, 2000, 2026, 2100, 2400, 20000, 2000000000};
  for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++)
    summer(years[i]);
  time_t time = LAST;
  CHECK(localtime(&time) == NULL);
  /* Before 1970 none is known. */
  struct tm fields;
  time = made(1969, 6, 15, 12, -1);
  CHECK(localtime_r(&time, &fields) == &fields && fields.tm_hour == 12 && fields.tm_isdst == 0);
  return check_finish();
}

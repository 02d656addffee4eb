/* The formats of printf and its family. */
#define _GNU_SOURCE
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static bool prints(const char *expected, const char *format, ...)
{
  char text[8192];
  va_list arguments;
  va_start(arguments, format);
  int len = vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (len == (int) strlen(expected) && strcmp(text, expected) == 0)
    return true;
  fprintf(stderr, "%s gives [%s] (%d), expected [%s]\n", format, text, len, expected);
  return false;
}

static void check_integers(void)
{
  CHECK(prints("-9223372036854775808", "%lld", LLONG_MIN));
  CHECK(prints("18446744073709551615", "%llu", ULLONG_MAX));
  CHECK(prints("18446744073709551615", "%zu", SIZE_MAX));
  CHECK(prints("-1", "%zd", (ptrdiff_t) -1));
  CHECK(prints("-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, 255, 65535, 65535));
  CHECK(prints("-9223372036854775808", "%jd", INTMAX_MIN));
  CHECK(prints("-5", "%td", (ptrdiff_t) -5));
  CHECK(prints("9223372036854775807", "%" PRId64, INT64_MAX));
  CHECK(prints("ffffffffffffffff", "%" PRIx64, UINT64_MAX));
  CHECK(prints("[   42] [42   ] [00042] [+42] [ 42]", "[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, 42,
               42, 42));
  CHECK(prints("0x2a 0X2A 052", "%#x %#X %#o", 42, 42, 42));
  CHECK(prints("  007", "%5.3d", 7));
  CHECK(prints("", "%.0d", 0));
  CHECK(prints("   -7|-7   ", "%*d|%-*d", 5, -7, 5, -7));
  CHECK(prints("0x1234", "%p", (void *) 0x1234));
}

static void check_floats(void)
{
  CHECK(prints("3.141593 3.14 3", "%f %.2f %.0f", 3.14159265, 3.14159265, 3.14159265));
  CHECK(prints("1.000000e+100 1E-10", "%e %.0E", 1e100, 1e-10));
  CHECK(prints("0.0001 1e-05 100000 1e+06", "%g %g %g %g", 1e-4, 1e-5, 1e5, 1e6));
  CHECK(prints("0.10000000000000001", "%.17g", 0.1));
  CHECK(prints("1.7976931348623157e+308", "%.17g", DBL_MAX));
  CHECK(prints("4.9406564584124654e-324", "%.17g", 4.9406564584124654e-324));
  CHECK(prints("inf -inf INF nan", "%f %f %F %f", INFINITY, -INFINITY, INFINITY, NAN));
  CHECK(prints("-0.0", "%.1f", -0.0));
  CHECK(prints("0x1p+0 0x1.8p+1 0x1.999999999999ap-4", "%a %a %a", 1.0, 3.0, 0.1));
  CHECK(prints("0x1.0p+0", "%.1a", 1.0));
  CHECK(prints("3.14159265358979323851", "%.20Lf", 3.14159265358979323846264338327950288L));
  CHECK(prints("1.18973149535723176502e+4932", "%.20Le", LDBL_MAX));
  CHECK(prints("123456789012345683968.0", "%.1f", 123456789012345680000.0));
  CHECK(prints("2 4 0.12", "%.0f %.0f %.2f", 2.5, 3.5, 0.125)); /* ties to even */
  CHECK(prints("     1.50|1.50     |000001.50", "%9.2f|%-9.2f|%09.2f", 1.5, 1.5, 1.5));
  CHECK(prints("1 2.5 3 4.5 5 6.5 7 8.5 9 10.5", "%d %g %d %g %d %g %d %g %d %g", 1, 2.5, 3, 4.5, 5,
               6.5, 7, 8.5, 9, 10.5));
}

static void check_positional(void)
{
  CHECK(prints("world hello", "%2$s %1$s", "hello", "world"));
  CHECK(prints("2.5 7 x", "%3$g %1$d %2$c", 7, 'x', 2.5));
  CHECK(prints("    7", "%1$*2$d", 7, 5));
  CHECK(prints("9 8 7 6 5 4 3 2 1", "%9$d %8$d %7$d %6$d %5$d %4$d %3$d %2$d %1$d", 1, 2, 3, 4, 5,
               6, 7, 8, 9));
  CHECK(prints("1.5 2 1.5", "%1$Lg %2$lld %1$Lg", 1.5L, 2ll));
}

static void check_strings(void)
{
  CHECK(prints("abc   |   abc|ab", "%-6s|%6s|%.2s", "abc", "abc", "abc"));
  CHECK(prints("100%", "%d%%", 100));
  int count = 0;
  CHECK(prints("abc", "abc%n", &count));
  CHECK(count == 3);
  char small[4] = "zzz";
  CHECK(snprintf(small, sizeof(small), "%s", "abcdef") == 6);
  CHECK(strcmp(small, "abc") == 0);
  CHECK(snprintf(NULL, 0, "%d", 12345) == 5);
  char *allocated = NULL;
  CHECK(asprintf(&allocated, "%0*d", 3000, 1) == 3000);
  CHECK(allocated != NULL && strlen(allocated) == 3000);
  free(allocated);
}

static void check_wide(void)
{
  CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL);
  CHECK(prints("h\xc3\xa9 \xe2\x82\xac", "%ls %lc", L"h\u00e9", (wint_t) 0x20ac));
  CHECK(prints("\xf0\x9f\x99\x82", "%ls", L"\U0001f642"));
  wchar_t wide[32];
  CHECK(swprintf(wide, 32, L"%d %s %ls", 5, "\xc3\xa9", L"\u20ac") == 5);
  CHECK(wcscmp(wide, L"5 \u00e9 \u20ac") == 0);
  CHECK(swprintf(wide, 32, L"%2$ls %1$d", 5, L"w") == 3 && wcscmp(wide, L"w 5") == 0);
  CHECK(mbstowcs(wide, "\xe2\x82\xac", 32) == 1 && wide[0] == 0x20ac);
  CHECK(setlocale(LC_ALL, "C") != NULL);
}

int main(void)
{
  check_integers();
  check_floats();
  check_positional();
  check_strings();
  check_wide();
  return check_finish();
}

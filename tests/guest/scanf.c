/* The formats of scanf, strtod and strtol, and their errors. */
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

#pragma GCC diagnostic ignored "-Wformat"

static void check_scanf(void)
{
  int i = 0, j = 0, used = 0;
  unsigned int u = 0;
  long long ll = 0;
  size_t z = 0;
  char word[16] = "", letters[16] = "", c = 0;
  float f = 0;
  double d = 0;
  long double ld = 0;
  CHECK(sscanf("12 -34 0x1f", "%d %d %x", &i, &j, &u) == 3 && i == 12 && j == -34 && u == 31);
  CHECK(sscanf("010 0x10", "%i %i", &i, &j) == 2 && i == 8 && j == 16);
  CHECK(sscanf("-9223372036854775808", "%lld", &ll) == 1 && ll == LLONG_MIN);
  CHECK(sscanf("18446744073709551615", "%zu", &z) == 1 && z == SIZE_MAX);
  CHECK(sscanf("1.5 2.5e3 0x1.8p1", "%f %lf %Lf", &f, &d, &ld) == 3 && f == 1.5f && d == 2500 &&
        ld == 3);
  CHECK(sscanf("3.14159265358979323846", "%Lf", &ld) == 1 && ld == 3.14159265358979323846L);
  CHECK(sscanf("  word x", "%15s %c", word, &c) == 2 && strcmp(word, "word") == 0 && c == 'x');
  CHECK(sscanf("abc123", "%[a-z]%n", letters, &used) == 1 && strcmp(letters, "abc") == 0 &&
        used == 3);
  CHECK(sscanf("1 2 3", "%*d %d", &i) == 1 && i == 2);
  CHECK(sscanf("x", "%d", &i) == 0);
  CHECK(sscanf("", "%d", &i) == EOF);
  CHECK(sscanf("7 8", "%2$d %1$d", &i, &j) == 2 && i == 8 && j == 7);
  wchar_t wide[8] = L"";
  CHECK(swscanf(L"9 w", L"%d %ls", &i, wide) == 2 && i == 9 && wcscmp(wide, L"w") == 0);
}

static void check_conversions(void)
{
  char *end;
  errno = 0;
  CHECK(strtol("99999999999999999999", &end, 10) == LONG_MAX && errno == ERANGE && *end == '\0');
  errno = 0;
  CHECK(strtoull("-1", NULL, 10) == ULLONG_MAX && errno == 0);
  CHECK(strtol("zz", &end, 36) == 35 * 36 + 35 && *end == '\0');
  errno = 0;
  CHECK(isinf(strtod("1e999", NULL)) && errno == ERANGE);
  CHECK(strtod("0x1.fffffffffffffp1023", NULL) == DBL_MAX);
  CHECK(strtod("1.7976931348623157e308", NULL) == DBL_MAX);
  CHECK(strtod("0.1", NULL) == 0.1 && strtof("0.1", NULL) == 0.1f && strtold("0.1", NULL) == 0.1L);
  CHECK(isnan(strtod("nan", NULL)) && isinf(strtod("-infinity", NULL)));
  CHECK(atoi(" -12x") == -12);
}

int main(void)
{
  check_scanf();
  check_conversions();
  return check_finish();
}

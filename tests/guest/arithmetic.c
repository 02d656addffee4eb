/* Floating point and vector code at several levels of optimisation. */
#include <fenv.h>
#include <math.h>
#include <stdint.h>

#include "check.h"

#define COUNT 1000

static double a[COUNT], b[COUNT];
static int64_t integers[COUNT];

static bool close_to(double value, double expected)
{
  return fabs(value - expected) <= 1e-9 * fabs(expected);
}

int main(void)
{
  double sum = 0;
  int64_t total = 0;
  for (int i = 0; i < COUNT; i++)
  {
    a[i] = i * 0.5;
    b[i] = COUNT - i;
    integers[i] = (int64_t) i * i - 7;
  }
  for (int i = 0; i < COUNT; i++)
  {
    sum += a[i] * b[i];
    total += integers[i] << (i % 5);
  }
  int64_t expected = 0;
  for (volatile int i = 0; i < COUNT; i++)
    expected += ((int64_t) i * i - 7) << (i % 5);
  CHECK(total == expected);
  CHECK(sum == 83333250.0);
  CHECK(close_to(sqrt(a[4]), 1.4142135623730951));
  volatile double one = 1.0, three = 3.0;
  CHECK(close_to(sin(one), 0.8414709848078965) && close_to(exp(one), 2.718281828459045));
  CHECK(close_to(pow(three, 2.5), 15.588457268119894) && close_to(log(three), 1.0986122886681098));
  volatile long double third = 1.0L;
  third /= 3.0L;
  CHECK(third * 3.0L == 1.0L && third != (long double) (double) third);
  volatile double zero = 0.0;
  CHECK(isinf(one / zero) && isnan(zero / zero)); /* exceptions are masked */
  CHECK(fetestexcept(FE_DIVBYZERO) != 0);
  CHECK(fesetround(FE_UPWARD) == 0);
  double up = one / three;
  CHECK(fesetround(FE_TONEAREST) == 0);
  CHECK(up > one / three);
  return check_finish();
}

/* Nested functions called by their address: arguments in all kinds of registers arrive. */
#include "check.h"

typedef double function(double a, double b, long c, long d, long e, long f, long g, long h);

__attribute__((noinline)) static double call(function *called)
{
  return called(1.5, 2.25, 3, 4, 5, 6, 7, 8);
}

int main(void)
{
  double outer = 0.125;
  double inner(double a, double b, long c, long d, long e, long f, long g, long h)
  {
    outer += 1;
    return outer + a * 10 + b * 100 + (double) (c + 10 * d + 100 * e + 1000 * f + 10000 * (g + h));
  }
  CHECK(call(inner) == 0.125 + 1 + 15 + 225 + 156543);
  CHECK(call(inner) == 0.125 + 2 + 15 + 225 + 156543);
  CHECK(outer == 2.125);
  return check_finish();
}

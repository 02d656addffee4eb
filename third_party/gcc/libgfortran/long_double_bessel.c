/* The Bessel functions of Fortran's real(10), which Newlib lacks, by those of real(16). */
#include <quadmath.h>

long double j0l(long double x);
long double j1l(long double x);
long double jnl(int order, long double x);
long double y0l(long double x);
long double y1l(long double x);
long double ynl(int order, long double x);

long double j0l(long double x)
{
  return (long double) j0q(x);
}

long double j1l(long double x)
{
  return (long double) j1q(x);
}

long double jnl(int order, long double x)
{
  return (long double) jnq(order, x);
}

long double y0l(long double x)
{
  return (long double) y0q(x);
}

long double y1l(long double x)
{
  return (long double) y1q(x);
}

long double ynl(int order, long double x)
{
  return (long double) ynq(order, x);
}

/* Complex functions for long double that Newlib lacks: argument and projection. */
#include <complex.h>
#include <math.h>

long double cargl(long double complex z)
{
  return atan2l(cimagl(z), creall(z));
}

long double complex cprojl(long double complex z)
{
  if (!isinf(creall(z)) && !isinf(cimagl(z)))
    return z;
  return __builtin_complex((long double) INFINITY, copysignl(0, cimagl(z)));
}

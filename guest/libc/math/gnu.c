/* GNU functions for long double that gcc makes calls of by itself, and Newlib lacks. Compiled with
 * -fno-builtin: else gcc would make them call themselves. */
#include <math.h>

/* gcc makes it of sinl and cosl of the same angle. */
void sincosl(long double angle, long double *sine, long double *cosine)
{
  *sine = sinl(angle);
  *cosine = cosl(angle);
}

/* With -ffast-math gcc makes it of powl(10, x). */
long double exp10l(long double x)
{
  return powl(10, x);
}

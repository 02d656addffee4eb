/* Square root of complex long double, with the special values of C17 annex G. */
#include <complex.h>
#include <float.h>
#include <math.h>

/* Squares and sums of what is between are in range. */
#define LARGE 0x1p+16380L
#define SMALL 0x1p-16300L

static long double complex sqrt_infinite(long double a, long double b)
{
  if (isinf(b))
    return __builtin_complex((long double) INFINITY, b);
  if (signbit(a))
    return __builtin_complex(isnan(b) ? b : 0, copysignl(a, b));
  return __builtin_complex(a, isnan(b) ? b : copysignl(0, b));
}

long double complex csqrtl(long double complex z)
{
  long double a = creall(z);
  long double b = cimagl(z);
  if (a == 0 && b == 0)
    return __builtin_complex(0.0L, b);
  if (isinf(a) || isinf(b))
    return sqrt_infinite(a, b);

  long double scale = 1;
  if (fabsl(a) >= LARGE || fabsl(b) >= LARGE)
  {
    a *= 0x1p-4L;
    b *= 0x1p-4L;
    scale = 0x1p+2L;
  }
  else if (fabsl(a) < SMALL && fabsl(b) < SMALL)
  {
    a *= 0x1p+130L;
    b *= 0x1p+130L;
    scale = 0x1p-65L;
  }
  long double root = sqrtl((fabsl(a) + hypotl(a, b)) / 2);
  long double other = fabsl(b) / (2 * root);
  if (a >= 0)
    return __builtin_complex(scale * root, scale * copysignl(other, b));
  return __builtin_complex(scale * other, scale * copysignl(root, b));
}

/* Inverse tangents of complex long double, with the special values of C17 annex G. */
#include <complex.h>
#include <float.h>
#include <math.h>

static const long double half_pi = 1.570796326794896619231321691639751442L;
static const long double ln_2 = 0.693147180559945309417232121458176568L;

/* 1 + x is x beyond HUGE_NUMBER; 1 + x*x is x*x beyond LARGE, and 1 below SMALL. */
#define HUGE_NUMBER 0x1p+66L
#define LARGE       0x1p+33L
#define SMALL       0x1p-33L

/* The real part of 1/(x + i y), for x and y that are not negative, one of them huge. */
static long double real_of_reciprocal(long double x, long double y)
{
  if (x / LARGE >= y)
    return 1 / x;
  if (y / LARGE >= x)
    return x / y / y;
  long double scale = scalbnl(1, -ilogbl(fmaxl(x, y)));
  x *= scale;
  y *= scale;
  return x / (x * x + y * y) * scale;
}

/* For x and y that are finite and not negative. */
static long double complex atanh_of_quadrant(long double x, long double y)
{
  if (x > HUGE_NUMBER || y > HUGE_NUMBER)
    return __builtin_complex(real_of_reciprocal(x, y), half_pi);
  if (x < SMALL && y < SMALL)
    return __builtin_complex(x, y);
  if (x == 0)
    return __builtin_complex(x, atanl(y));

  long double real;
  if (x == 1 && y < SMALL)
    real = (ln_2 - logl(y)) / 2;
  else
    real = log1pl(4 * x / ((x - 1) * (x - 1) + (y < SMALL * SMALL ? 0 : y * y))) / 4;
  long double imaginary;
  if (x == 1)
    imaginary = atan2l(2, -y) / 2;
  else
    imaginary = atan2l(2 * y, (1 - x) * (1 + x) - (y < SMALL * SMALL ? 0 : y * y)) / 2;
  return __builtin_complex(real, imaginary);
}

long double complex catanhl(long double complex z)
{
  long double x = creall(z);
  long double y = cimagl(z);
  if (y == 0 && fabsl(x) <= 1)
    return __builtin_complex(atanhl(x), y);
  if (isinf(x) || isinf(y))
    return __builtin_complex(copysignl(0, x), isnan(y) ? y : copysignl(half_pi, y));
  if (isnan(x) || isnan(y))
    return __builtin_complex(x == 0 ? x : x + y, x + y);
  long double complex w = atanh_of_quadrant(fabsl(x), fabsl(y));
  return __builtin_complex(copysignl(creall(w), x), copysignl(cimagl(w), y));
}

long double complex catanl(long double complex z)
{
  long double complex w = catanhl(__builtin_complex(cimagl(z), creall(z)));
  return __builtin_complex(cimagl(w), creall(w));
}

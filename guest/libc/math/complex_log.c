/* Logarithms and power of complex long double, with the special values of C17 annex G. */
#include <complex.h>
#include <math.h>

static const long double ln_2 = 0.693147180559945309417232121458176568L;
static const long double log10_e = 0.434294481903251827651128918916605082L;

/* a + b is sum + error, exactly. */
struct exact
{
  long double sum;
  long double error;
};

static struct exact add(long double a, long double b)
{
  long double sum = a + b;
  long double part = sum - a;
  return (struct exact){sum, (a - (sum - part)) + (b - part)};
}

/* By halves of 32 bits, whose products have no more than the 64 bits of a long double. */
static struct exact square(long double x)
{
  long double large = 0x1.00000001p+32L * x;
  long double high = large - (large - x);
  long double low = x - high;
  long double sum = x * x;
  return (struct exact){sum, ((high * high - sum) + 2 * high * low) + low * low};
}

/* x*x + y*y - 1, where nearly all may cancel. */
static long double squares_minus_1(long double x, long double y)
{
  struct exact x2 = square(x);
  struct exact y2 = square(y);
  struct exact first = add(x2.sum, -1);
  struct exact second = add(first.sum, y2.sum);
  struct exact third = add(x2.error, y2.error);
  struct exact rest = add(first.error + second.error, third.sum);
  struct exact all = add(second.sum, rest.sum);
  return all.sum + (all.error + (rest.error + third.error));
}

/* log(hypot(x, y)), for x and y that are not negative. */
static long double log_of_hypot(long double x, long double y)
{
  long double large = fmaxl(x, y);
  long double small = fminl(x, y);
  if (isnan(x) || isnan(y) || isinf(large) || large == 0)
    return logl(hypotl(x, y));
  if (large > 0x1p+16380L)
    return logl(hypotl(large * 0x1p-4L, small * 0x1p-4L)) + 4 * ln_2;
  if (large < 0x1p-16300L)
    return logl(hypotl(large * 0x1p+130L, small * 0x1p+130L)) - 130 * ln_2;
  if (large < 0.5L || large > 2)
    return logl(hypotl(large, small));
  if (small < 0x1p-8000L)
    small = 0;
  return log1pl(squares_minus_1(large, small)) / 2;
}

long double complex clogl(long double complex z)
{
  return __builtin_complex(log_of_hypot(fabsl(creall(z)), fabsl(cimagl(z))), cargl(z));
}

long double complex clog10l(long double complex z)
{
  long double complex w = clogl(z);
  return __builtin_complex(log10_e * creall(w), log10_e * cimagl(w));
}

long double complex cpowl(long double complex base, long double complex exponent)
{
  long double a = creall(exponent);
  long double b = cimagl(exponent);
  if (base == 0 && !isnan(a) && !isnan(b) && (a > 0 || exponent == 0))
    return __builtin_complex(exponent == 0 ? 1.0L : 0.0L, 0.0L);
  long double complex w = clogl(base);
  long double angle = a * cimagl(w) + (b == 0 ? 0 : b * creall(w));
  long double size = cabsl(base);
  if (isinf(size))
    size = expl(a * creall(w) - b * cimagl(w));
  else
    size = powl(size, a) * (b == 0 ? 1 : expl(-b * cimagl(w)));
  if (angle == 0)
    return __builtin_complex(size, angle);
  return __builtin_complex(size * cosl(angle), size * sinl(angle));
}

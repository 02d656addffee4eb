/* Exponential, circular and hyperbolic functions of complex long double, with the special values of
 * C17 annex G. */
#include <complex.h>
#include <math.h>

/* Beyond it exp(x) overflows; the result need not, for a sine or cosine may be small. */
#define LOG_OF_LARGEST 11356.0L

long double complex cexpl(long double complex z)
{
  long double x = creall(z);
  long double y = cimagl(z);
  if (y == 0)
    return __builtin_complex(expl(x), y);
  if (isinf(x) && !isfinite(y))
  {
    if (x < 0)
      return __builtin_complex(0.0L, copysignl(0, y));
    return __builtin_complex(x, y - y);
  }
  if (x <= LOG_OF_LARGEST || isinf(x))
  {
    long double size = expl(x);
    return __builtin_complex(size * cosl(y), size * sinl(y));
  }
  long double root = expl(x / 2);
  return __builtin_complex(root * cosl(y) * root, root * sinl(y) * root);
}

/* x or y is infinite or NaN. */
static long double complex sinh_special(long double x, long double y)
{
  if (y == 0)
    return __builtin_complex(x, y);
  if (x == 0)
    return __builtin_complex(x, y - y);
  if (isinf(x) && isfinite(y))
    return __builtin_complex(x * cosl(y), (long double) INFINITY * sinl(y));
  if (isinf(x))
    return __builtin_complex(x, y - y);
  return __builtin_complex(x + (y - y), x + (y - y));
}

long double complex csinhl(long double complex z)
{
  long double x = creall(z);
  long double y = cimagl(z);
  if (!isfinite(x) || !isfinite(y))
    return sinh_special(x, y);
  if (y == 0)
    return __builtin_complex(sinhl(x), y);
  if (fabsl(x) < LOG_OF_LARGEST)
    return __builtin_complex(sinhl(x) * cosl(y), coshl(x) * sinl(y));
  long double root = expl(fabsl(x) / 2);
  return __builtin_complex(copysignl(root / 2, x) * cosl(y) * root, root / 2 * sinl(y) * root);
}

/* x or y is infinite or NaN. */
static long double complex cosh_special(long double x, long double y)
{
  if (y == 0)
    return __builtin_complex(x * x, isnan(x) ? y : copysignl(0, x) * y);
  if (x == 0)
    return __builtin_complex(y - y, x);
  if (isinf(x) && isfinite(y))
    return __builtin_complex((long double) INFINITY * cosl(y), x * sinl(y));
  if (isinf(x))
    return __builtin_complex((long double) INFINITY, y - y);
  return __builtin_complex(x + (y - y), x + (y - y));
}

long double complex ccoshl(long double complex z)
{
  long double x = creall(z);
  long double y = cimagl(z);
  if (!isfinite(x) || !isfinite(y))
    return cosh_special(x, y);
  if (y == 0)
    return __builtin_complex(coshl(x), copysignl(0, x) * y);
  if (fabsl(x) < LOG_OF_LARGEST)
    return __builtin_complex(coshl(x) * cosl(y), sinhl(x) * sinl(y));
  long double root = expl(fabsl(x) / 2);
  return __builtin_complex(root / 2 * cosl(y) * root, copysignl(root / 2, x) * sinl(y) * root);
}

/* x or y is infinite or NaN. */
static long double complex tanh_special(long double x, long double y)
{
  if (isinf(x))
    return __builtin_complex(copysignl(1, x), copysignl(0, isfinite(y) ? sinl(2 * y) : y));
  if (isnan(x))
    return __builtin_complex(x, y == 0 ? y : x + y);
  return __builtin_complex(x == 0 ? x : y - y, y - y);
}

/* W. Kahan, Branch Cuts for Complex Elementary Functions (1987). */
long double complex ctanhl(long double complex z)
{
  long double x = creall(z);
  long double y = cimagl(z);
  if (!isfinite(x) || !isfinite(y))
    return tanh_special(x, y);
  if (fabsl(x) >= 24)
  {
    long double small = expl(-fabsl(x));
    return __builtin_complex(copysignl(1, x), 4 * sinl(y) * cosl(y) * small * small);
  }
  long double tangent = tanl(y);
  long double beta = 1 + tangent * tangent;
  long double sine = sinhl(x);
  long double rho = sqrtl(1 + sine * sine);
  long double denominator = 1 + beta * sine * sine;
  return __builtin_complex(beta * rho * sine / denominator, tangent / denominator);
}

long double complex csinl(long double complex z)
{
  long double complex w = csinhl(__builtin_complex(cimagl(z), creall(z)));
  return __builtin_complex(cimagl(w), creall(w));
}

long double complex ccosl(long double complex z)
{
  return ccoshl(__builtin_complex(-cimagl(z), creall(z)));
}

long double complex ctanl(long double complex z)
{
  long double complex w = ctanhl(__builtin_complex(cimagl(z), creall(z)));
  return __builtin_complex(cimagl(w), creall(w));
}

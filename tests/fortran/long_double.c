/* Functions of long double against libquadmath's, at random numbers of all magnitudes: the complex
 * ones of the kernel library, and those that patches mend in Newlib. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <quadmath.h>
#include <stdint.h>
#include <stdio.h>

#include "../guest/check.h"

#define ROUNDS 300

static uint64_t random_bits(void)
{
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* Up to 2**exponents, and down to its inverse. */
static long double random_number(int exponents)
{
  long double number = (long double) (random_bits() | UINT64_C(1) << 63) * 0x1p-63L;
  if (exponents > 0)
    number = scalbnl(number, (int) (random_bits() % (2u * (unsigned) exponents)) - exponents);
  return (random_bits() & 1) != 0 ? -number : number;
}

/* Units in the last place between a result and the true value. */
static double error_of(long double result, __float128 truth)
{
  if (isnan(result) || isnanq(truth))
    return isnan(result) && isnanq(truth) ? 0 : HUGE_VAL;
  if (isinf(result) || fabsq(truth) > LDBL_MAX)
    return isinf(result) && fabsq(truth) > LDBL_MAX * (1 - 0x1p-62L) && (result > 0) == (truth > 0)
               ? 0
               : HUGE_VAL;
  int exponent;
  frexpq(truth, &exponent);
  if (exponent < LDBL_MIN_EXP)
    exponent = LDBL_MIN_EXP;
  return (double) (fabsq(result - truth) / scalbnq(1, exponent - LDBL_MANT_DIG));
}

#define NAMED(function) #function, function##l, function##q

static const struct
{
  const char *name;
  long double complex (*function)(long double complex);
  __complex128 (*truth)(__complex128);
} complex_functions[] = {
    {NAMED(cexp)}, {NAMED(clog)}, {NAMED(csqrt)}, {NAMED(csinh)}, {NAMED(ccosh)},  {NAMED(ctanh)},
    {NAMED(csin)}, {NAMED(ccos)}, {NAMED(ctan)},  {NAMED(catan)}, {NAMED(catanh)}, {NAMED(cproj)},
};

static const struct
{
  const char *name;
  long double (*function)(long double);
  __float128 (*truth)(__float128);
} real_functions[] = {
    {NAMED(sin)},  {NAMED(cos)}, {NAMED(tan)}, {NAMED(sqrt)},
    {NAMED(erfc)}, {NAMED(exp)}, {NAMED(log)},
};

static const int magnitudes[] = {0, 2, 16, 60, 1000, 16000};
#define MAGNITUDES (sizeof(magnitudes) / sizeof(magnitudes[0]))

/* A quarter of them very near to the unit circle. */
static long double complex random_complex(int exponents)
{
  if (exponents == 0 && (random_bits() & 1) != 0)
  {
    long double angle = 3 * random_number(0);
    long double size = (random_bits() & 1) != 0 ? 1 : 1 + random_number(0) * 0x1p-30L;
    return __builtin_complex(size * cosl(angle), size * sinl(angle));
  }
  return __builtin_complex(random_number(exponents), random_number(exponents));
}

static void check_complex(void)
{
  for (size_t i = 0; i < sizeof(complex_functions) / sizeof(complex_functions[0]); i++)
  {
    double worst = 0;
    for (size_t j = 0; j < ROUNDS * MAGNITUDES; j++)
    {
      long double complex z = random_complex(magnitudes[j % MAGNITUDES]);
      long double complex result = complex_functions[i].function(z);
      __complex128 truth = complex_functions[i].truth(z);
      worst = fmax(worst, error_of(creall(result), crealq(truth)));
      worst = fmax(worst, error_of(cimagl(result), cimagq(truth)));
    }
    if (!CHECK(worst < 6))
      fprintf(stderr, "%s: %g\n", complex_functions[i].name, worst);
  }
}

static void check_real(void)
{
  for (size_t i = 0; i < sizeof(real_functions) / sizeof(real_functions[0]); i++)
  {
    double worst = 0;
    for (size_t j = 0; j < ROUNDS * MAGNITUDES; j++)
    {
      long double x = random_number(magnitudes[j % MAGNITUDES]);
      worst = fmax(worst, error_of(real_functions[i].function(x), real_functions[i].truth(x)));
    }
    if (!CHECK(worst < 4))
      fprintf(stderr, "%s: %g\n", real_functions[i].name, worst);
  }
}

static void check_two_arguments(void)
{
  double argument = 0, hypotenuse = 0, power = 0;
  for (size_t j = 0; j < ROUNDS * MAGNITUDES; j++)
  {
    long double complex z = random_complex(magnitudes[j % MAGNITUDES]);
    argument = fmax(argument, error_of(cargl(z), cargq(z)));
    hypotenuse =
        fmax(hypotenuse, error_of(hypotl(creall(z), cimagl(z)), hypotq(creall(z), cimagl(z))));
    long double complex exponent = random_complex(0);
    long double complex base = random_complex(2);
    long double complex result = cpowl(base, exponent);
    __complex128 truth = cpowq(base, exponent);
    power = fmax(power, (double) (cabsq(result - truth) / cabsq(truth) / LDBL_EPSILON));
  }
  CHECK(argument < 2);
  CHECK(hypotenuse < 2);
  CHECK(power < 16);
}

static bool same(long double complex z, long double real, long double imaginary)
{
  bool real_same =
      isnan(real) ? isnan(creall(z)) : creall(z) == real && !signbit(creall(z)) == !signbit(real);
  bool imaginary_same = isnan(imaginary)
                            ? isnan(cimagl(z))
                            : cimagl(z) == imaginary && !signbit(cimagl(z)) == !signbit(imaginary);
  return real_same && imaginary_same;
}

/* C17, annex G. */
static void check_special(void)
{
  const long double infinity = INFINITY, nan = NAN;
  CHECK(same(csqrtl(__builtin_complex(-4.0L, -0.0L)), 0, -2));
  CHECK(same(csqrtl(__builtin_complex(nan, infinity)), infinity, infinity));
  CHECK(same(csqrtl(__builtin_complex(-infinity, 1.0L)), 0, infinity));
  CHECK(same(csqrtl(__builtin_complex(infinity, -1.0L)), infinity, -0.0L));
  CHECK(same(clogl(__builtin_complex(0.0L, 0.0L)), -infinity, 0));
  CHECK(same(clogl(__builtin_complex(infinity, 1.0L)), infinity, 0));
  CHECK(same(clogl(__builtin_complex(nan, infinity)), infinity, nan));
  CHECK(same(cexpl(__builtin_complex(-infinity, infinity)), 0, 0));
  CHECK(same(cexpl(__builtin_complex(infinity, nan)), infinity, nan));
  CHECK(same(cexpl(__builtin_complex(nan, 0.0L)), nan, 0));
  CHECK(same(csinhl(__builtin_complex(0.0L, infinity)), 0, nan));
  CHECK(same(csinhl(__builtin_complex(infinity, 0.0L)), infinity, 0));
  CHECK(same(ccoshl(__builtin_complex(infinity, 0.0L)), infinity, 0));
  CHECK(same(ccoshl(__builtin_complex(0.0L, nan)), nan, 0));
  CHECK(same(ctanhl(__builtin_complex(infinity, 1.0L)), 1, 0));
  CHECK(same(ctanhl(__builtin_complex(1.0L, infinity)), nan, nan));
  CHECK(same(catanhl(__builtin_complex(1.0L, 0.0L)), infinity, 0));
  CHECK(same(catanhl(__builtin_complex(infinity, 1.0L)), 0, M_PI_2q));
  CHECK(same(cprojl(__builtin_complex(nan, -infinity)), infinity, -0.0L));
  CHECK(same(cpowl(0, __builtin_complex(2.0L, 0.0L)), 0, 0));
  CHECK(same(cpowl(0, 0), 1, 0));
}

int main(void)
{
  check_complex();
  check_real();
  check_two_arguments();
  check_special();
  return check_finish();
}

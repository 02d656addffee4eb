/* A loop of integer and floating-point work in which each step needs the one before. */
#include "measure.h"

#define STEPS 20000000

static volatile uint64_t integer_sink;
static volatile double float_sink;
static uint64_t integer_state = 88172645463325252u;
static double float_state = 0.3;

/* Aligned, so that where the linker puts the loop does not decide how fast it is. */
__attribute__((noinline, aligned(64))) static void run(void)
{
  uint64_t integer = integer_state;
  double number = float_state;
  for (uint32_t i = 0; i < STEPS; i++)
  {
    integer ^= integer << 13;
    integer ^= integer >> 7;
    integer ^= integer << 17;
    number = 3.99 * number * (1.0 - number) + (double) (integer & 7) * 1e-12;
    if (number >= 1.0)
      number = 0.5;
  }
  integer_sink = integer;
  float_sink = number;
}

int main(void)
{
  measure_rounds("cpu_loop", run, STEPS);
  return 0;
}

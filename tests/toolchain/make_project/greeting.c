/* A library of one function. */
#include "greeting.h"

#include <math.h>

const char *greeting(double number)
{
  return sqrt(number) == 7 ? "hello from a library" : "mathematics fails";
}

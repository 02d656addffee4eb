/* Prints what the library says. */
#include <stdio.h>

#include "greeting.h"

int main(int argc, char **argv)
{
  (void) argv;
  puts(greeting(48 + argc));
  return 0;
}

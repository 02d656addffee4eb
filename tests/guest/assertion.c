/* An assertion that fails. */
#include <assert.h>
#include <stdio.h>

int main(int argc, char **argv)
{
  (void) argv;
  puts("before the assertion");
  assert(argc == 4711);
  return 0;
}

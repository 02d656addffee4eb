/* Non-local jumps. */
#include <setjmp.h>
#include <string.h>

#include "check.h"

static jmp_buf target;

__attribute__((noinline)) static int jump_from_depth(int depth, int value)
{
  volatile char frame[256];
  frame[0] = (char) depth;
  if (depth == 0)
    longjmp(target, value);
  return depth < 0 ? depth : jump_from_depth(depth - 1, value) + frame[0];
}

int main(void)
{
  volatile int rounds = 0;
  volatile double kept = 1.25;
  int value = setjmp(target);
  CHECK(value == rounds);
  CHECK(kept == 1.25);
  if (rounds < 100)
    jump_from_depth(20, ++rounds);
  CHECK(rounds == 100);

  volatile int zero_round = 0;
  value = setjmp(target);
  if (zero_round++ == 0)
    longjmp(target, 0);
  CHECK(value == 1);

  sigjmp_buf signal_target;
  volatile int signal_round = 0;
  value = sigsetjmp(signal_target, 1);
  if (signal_round++ == 0)
    siglongjmp(signal_target, 7);
  CHECK(value == 7);
  return check_finish();
}

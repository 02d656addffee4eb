/* Thread-local variables of the main thread: values and alignment. */
#include <stdint.h>
#include <string.h>

#include "check.h"

static _Thread_local int initialised = 42;
static _Thread_local int zero;
static _Thread_local _Alignas(64) char line[64] = "a cache line";
_Thread_local _Alignas(1024) char wide[1000];
static _Thread_local int *address_kept;
_Thread_local char last = 'z';
static _Thread_local char big[100000];

int main(void)
{
  /* The compiler may not conclude the alignment from the declaration. */
  volatile uintptr_t line_at = (uintptr_t) line, wide_at = (uintptr_t) wide;
  CHECK(initialised == 42 && zero == 0 && last == 'z' && address_kept == NULL);
  CHECK(strcmp(line, "a cache line") == 0);
  CHECK(line_at % 64 == 0);
  CHECK(wide_at % 1024 == 0);
  bool clean = true;
  for (size_t i = 0; i < sizeof(big); i++)
    clean = clean && big[i] == 0;
  for (size_t i = 0; i < sizeof(wide); i++)
    clean = clean && wide[i] == 0;
  CHECK(clean);
  memset(big, 1, sizeof(big));
  memset(wide, 1, sizeof(wide));
  zero = 7;
  address_kept = &zero;
  CHECK(initialised == 42 && *address_kept == 7 && last == 'z');
  CHECK(strcmp(line, "a cache line") == 0);
  return check_finish();
}

/* Has the timer's interrupt end a few sleeps, and interrupt running code. */
#include <stdint.h>
#include <time.h>

/* The kernel library's way into the nucleus; call 0 arms the timer. */
long nucleus_call(long number, uint64_t argument) __asm__("__uhyve_nucleus_call");

int main(void)
{
  const struct timespec pause = {.tv_nsec = 2000000};
  /* One that is over before the halt, as the host takes the CPU away, has none. */
  for (int i = 0; i < 20; i++)
    nanosleep(&pause, NULL);
  uint64_t now = __builtin_ia32_rdtsc();
  nucleus_call(0, now + 1000000);
  while (__builtin_ia32_rdtsc() - now < 30000000)
    ;
  return 0;
}

/* What libgomp waits with, in place of config/linux/x86/futex.h: the kernel library's futex. */
#include <stdint.h>

/* guest/sched/futex.h, by the names it has in programs */
#pragma GCC visibility push(default)
extern int __uhyve_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns);
extern int __uhyve_futex_wake(uint32_t *word, int count);
#pragma GCC visibility pop

static inline void futex_wait(int *word, int expected)
{
  __uhyve_futex_wait((uint32_t *) word, (uint32_t) expected, UINT64_MAX);
}

static inline void futex_wake(int *word, int count)
{
  __uhyve_futex_wake((uint32_t *) word, count);
}

static inline void cpu_relax(void)
{
  __builtin_ia32_pause();
}

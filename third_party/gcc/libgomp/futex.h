/* What libgomp waits with, in place of config/linux/x86/futex.h: the kernel library's futex. */
#include <stdbool.h>
#include <stdint.h>

/* guest/sched/futex.h and task.h, by the names they have in programs */
#pragma GCC visibility push(default)
extern int __uhyve_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns);
extern int __uhyve_futex_wake(uint32_t *word, int count);
extern bool __uhyve_task_others_wait(void);
extern void __uhyve_task_yield(void);
#pragma GCC visibility pop

static inline void futex_wait(int *word, int expected)
{
  __uhyve_futex_wait((uint32_t *) word, (uint32_t) expected, UINT64_MAX);
}

static inline void futex_wake(int *word, int count)
{
  __uhyve_futex_wake((uint32_t *) word, count);
}

/* A turn of a loop that waits for another thread, which may need this CPU to get on. */
static inline void cpu_relax(void)
{
  __builtin_ia32_pause();
  __uhyve_task_yield();
}

/* Whether to sleep rather than to spin on. */
static inline bool cpu_is_wanted(void)
{
  return __uhyve_task_others_wait();
}

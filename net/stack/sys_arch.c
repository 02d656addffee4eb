/* What lwIP asks of an operating system: time, protection of a few instructions. Nobody waits in
 * it. */
#include "lwip/opt.h"
#include "lwip/sys.h"

#include "crash.h"
#include "sched/spinlock.h"
#include "time/clock.h"

#define NS_PER_MS 1000000ull

void sys_init(void)
{
}

_Noreturn void net_assertion_failed(const char *message)
{
  panic(message);
}

u32_t sys_now(void)
{
  return (u32_t) (clock_monotonic_ns() / NS_PER_MS);
}

/* ---- A few instructions that exclude each other; never nested ---- */

static struct spinlock protection;

sys_prot_t sys_arch_protect(void)
{
  return spinlock_lock_masked(&protection);
}

void sys_arch_unprotect(sys_prot_t was_masked)
{
  spinlock_unlock_restore(&protection, was_masked);
}

/* A CPU with nothing to run: looks for work for a while, then halts. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tlb.h"
#include "hypercall.h"
#include "net/driver/attention.h"
#include "sched/backoff.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"

/* Waking a halted CPU costs microseconds, on some hosts a hundred: it looks for itself as long as
 * work has lately come within a few times that. Not where CPUs share those of the host: the one it
 * waits for may need its place. */
#define POLL_MOST_NS  300000ull
#define POLL_LEAST_NS 5000ull

/* Between two looks: longer, and the host has run something else in place of this CPU. */
#define LOOK_MOST_NS 50000ull

/* Who only looks for frames lets others run on the host's CPU now and then: there may be no other
 * for who is to send them. */
#define YIELD_AFTER_NS 50000ull

static uint64_t poll_most;
static uint64_t poll_least;
static uint64_t look_most;
static uint64_t yield_after;

static uint32_t halted_cpus;

void idle_init(void)
{
  if (start_info->cpu_count <= start_info->host_cpu_count)
    poll_most = clock_cycles_of_ns(POLL_MOST_NS);
  poll_least = clock_cycles_of_ns(POLL_LEAST_NS);
  yield_after = clock_cycles_of_ns(YIELD_AFTER_NS);
  look_most = clock_cycles_of_ns(LOOK_MOST_NS);
}

static bool has_work(const struct percpu *cpu)
{
  return cpu->queue.ready != 0 || __atomic_load_n(&cpu->inbox, __ATOMIC_SEQ_CST) != NULL;
}

/* Learns from how long the CPU was halted. */
static void adapt_polling(struct percpu *cpu, uint64_t halted_cycles)
{
  if (halted_cycles <= poll_most)
    cpu->poll_cycles = 2 * cpu->poll_cycles + poll_least;
  else
    cpu->poll_cycles = cpu->poll_cycles / 2 >= poll_least ? cpu->poll_cycles / 2 : 0;
  if (cpu->poll_cycles > poll_most)
    cpu->poll_cycles = poll_most;
}

static void halt(struct percpu *cpu)
{
  timer_arm(cpu, timers_next_tsc(cpu));
  /* Before the last look: who gives work now sends an interrupt, which NUCLEUS_IDLE sees. */
  __atomic_exchange_n(&cpu->state, CPU_HALTED, __ATOMIC_SEQ_CST);
  uint64_t begin_tsc = cpu_tsc();
  __atomic_add_fetch(&halted_cpus, 1, __ATOMIC_RELAXED);
  if (!has_work(cpu))
    nucleus_call(NUCLEUS_IDLE, 0, 0);
  __atomic_sub_fetch(&halted_cpus, 1, __ATOMIC_RELAXED);
  __atomic_store_n(&cpu->state, CPU_POLLING, __ATOMIC_RELAXED);
  adapt_polling(cpu, cpu_tsc() - begin_tsc);
}

/* Where the monitor serves network devices, one CPU of the host is left to it: else what this CPU
 * waits for would wait for its place. */
static bool may_poll(void)
{
  uint32_t awake = start_info->cpu_count - __atomic_load_n(&halted_cpus, __ATOMIC_RELAXED);
  return net_is_used == NULL || !net_is_used() || awake < start_info->host_cpu_count;
}

/* Looks around in the loop of an idle CPU; the first time it may become the CPU that looks into the
 * rings of network devices. Returns whether it is. */
static bool look_outside(bool watches)
{
  if (!watches && net_watch_begin != NULL)
    watches = net_watch_begin();
  if (watches)
    net_watch_look();
  else
    cpu_relax();
  return watches;
}

/* Where the host has had to take the CPU away from one that only looks for frames, somebody needs
 * it, perhaps who is to send them. Returns whether it has. */
static bool was_displaced(struct percpu *cpu, uint64_t looked_tsc)
{
  if (looked_tsc == 0 || cpu_tsc() - looked_tsc <= look_most)
    return false;
  cpu->poll_cycles = 0;
  return true;
}

static void wait_for_work(struct percpu *cpu)
{
  bool watches = false;
  uint64_t yield_tsc = cpu_tsc() + yield_after;
  uint64_t looked_tsc = 0; /* for frames; not 0: nothing else was done since */
  uint64_t poll_end_tsc = may_poll() ? cpu_tsc() + cpu->poll_cycles : 0;
  while (!has_work(cpu))
  {
    if (was_displaced(cpu, looked_tsc))
      poll_end_tsc = 0;
    looked_tsc = 0;
    if (cpu->area.pending != 0)
      interrupts_run(cpu);
    uint64_t now_tsc = cpu_tsc();
    uint64_t next_tsc = timers_next_tsc(cpu);
    if (next_tsc <= now_tsc)
      timers_run(cpu, now_tsc);
    else if (now_tsc < poll_end_tsc)
    {
      watches = look_outside(watches);
      looked_tsc = watches ? now_tsc : 0;
      if (watches && now_tsc > yield_tsc)
      {
        backoff_yield();
        looked_tsc = 0;
        yield_tsc = cpu_tsc() + yield_after;
      }
    }
    else if (watches)
    {
      watches = false;
      net_watch_end();
    }
    else if (start_info->cpu_count == 1 || !balance_steal(cpu))
      halt(cpu);
  }
  was_displaced(cpu, looked_tsc);
  if (watches)
    net_watch_end();
}

void idle_wait(struct percpu *cpu)
{
  __atomic_add_fetch(&idle_cpus, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&cpu->state, CPU_POLLING, __ATOMIC_SEQ_CST);
  bool look_around = start_info->cpu_count > 1;
  do
  {
    if (!look_around || !balance_steal(cpu))
      wait_for_work(cpu);
    spinlock_lock(run_lock(cpu));
    inbox_drain(cpu);
    /* A task may have been taken by another CPU meanwhile. */
    if (cpu->queue.ready == 0)
      spinlock_unlock(run_lock(cpu));
  } while (cpu->queue.ready == 0);
  __atomic_sub_fetch(&idle_cpus, 1, __ATOMIC_RELAXED);
  __atomic_exchange_n(&cpu->state, CPU_RUNNING, __ATOMIC_SEQ_CST);
  /* Who gave work before that exchange relied on this look. */
  inbox_drain(cpu);
  tlb_catch_up(cpu);
  cpu->reschedule = false;
}

/* Figures of threads and what they wait for. */
#include "program.h"
#include "topics.h"

static const struct program programs[] = {
    {.file = "sched_yield",
     .what = "sched_yield of the only thread",
     .rows = {{"sched_yield", "cycles", 1}}},
    {.file = "yield_switch",
     .what = "sched_yield to the other thread of the CPU",
     .rows = {{"yield_switch", "cycles", 1}}},
    {.file = "mutex_uncontended",
     .what = "lock and unlock of a mutex nobody else wants",
     .rows = {{"mutex_uncontended", "cycles", 1}}},
    {.file = "cond_pingpong",
     .argument = "same",
     .part = "in_cond_signal",
     .with_counters = true,
     .what = "a handover by condition variable to the other thread of the CPU",
     .rows = {{"cond_pingpong_same_cpu", "cycles", 0}}},
    {.file = "cond_pingpong",
     .argument = "two",
     .cpus = 2,
     .part = "in_cond_signal",
     .with_counters = true,
     .repetitions = 5,
     .what = "a handover by condition variable to a thread of another CPU",
     .rows = {{"cond_pingpong_two_cpus", "cycles", 0}}},
    {.file = "sem_timeout",
     .with_counters = true,
     .repetitions = 5,
     .what = "how late sem_timedwait returns",
     .rows = {{"sem_timeout", "cycles", 0}, {"sem_timeout_p99", "cycles", 0}}},
    {.file = "ipi_wakeup",
     .cpus = 2,
     .part = "in_sem_post",
     .with_counters = true,
     .repetitions = 5,
     .what = "from sem_post to running, for a thread of another CPU, which is halted",
     .rows = {{"ipi_wakeup", "cycles", 0}, {"ipi_wakeup_p99", "cycles", 0}}},
};

int figures_tasks(struct run *run)
{
  return program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
}

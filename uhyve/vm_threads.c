/* The threads of a virtual machine's CPUs: their life, and how one of them stops all. */
#include "vm_threads.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "affinity.h"
#include "signals.h"
#include "vcpu_run.h"
#include "vm.h"

/* Between two rounds of kicks. */
#define KICK_PAUSE_NS 50000

bool vm_begin_end(struct vm *vm)
{
  return !atomic_exchange(&vm->ending, true);
}

static void kick_others(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->thread_count; i++)
  {
    if (!pthread_equal(vm->threads[i], pthread_self()))
      pthread_kill(vm->threads[i], SIGNALS_KICK);
  }
}

void vm_stop_cpus(struct vm *vm)
{
  for (unsigned int i = 0; i < vm->vcpu_count; i++)
    vm->vcpus[i].run->immediate_exit = 1;
  /* A kick that comes just before a thread blocks is lost: again until all are out. */
  const struct timespec pause = {.tv_nsec = KICK_PAUSE_NS};
  while (atomic_load(&vm->running_threads) > 1)
  {
    kick_others(vm);
    nanosleep(&pause, NULL);
  }
}

static void fail_affinity(struct vm *vm, unsigned int cpu, int error)
{
  if (!vm_begin_end(vm))
    return;
  vm->end.kind = VM_END_MONITOR;
  snprintf(vm->end.message, sizeof(vm->end.message), "cannot pin CPU %u as --affinity says: %s",
           cpu, error == -EINVAL ? "this process may not use that host CPU" : strerror(-error));
  vm_stop_cpus(vm);
}

/* The life of a vCPU's thread. */
static void run_cpu(struct vm *vm, unsigned int cpu)
{
  int error = vm->options->affinity_given ? affinity_pin(&vm->options->affinity, cpu) : 0;
  if (error != 0)
    fail_affinity(vm, cpu, error);
  vcpu_run(vm, cpu);
  atomic_fetch_sub(&vm->running_threads, 1);
}

struct cpu_thread
{
  struct vm *vm;
  unsigned int cpu;
};

static void *run_cpu_thread(void *argument)
{
  struct cpu_thread thread = *(struct cpu_thread *) argument;
  free(argument);
  /* Nobody runs, and so nobody stops others, before all are there. */
  pthread_mutex_lock(&thread.vm->start_lock);
  pthread_mutex_unlock(&thread.vm->start_lock);
  run_cpu(thread.vm, thread.cpu);
  return NULL;
}

static bool start_thread(struct vm *vm, unsigned int cpu)
{
  struct cpu_thread *thread = malloc(sizeof(*thread));
  if (thread == NULL)
    return false;
  *thread = (struct cpu_thread){.vm = vm, .cpu = cpu};
  if (pthread_create(&vm->threads[cpu], NULL, run_cpu_thread, thread) == 0)
    return true;
  free(thread);
  return false;
}

/* Starts the threads of all CPUs but the first, as many as can be had. */
static void start_threads(struct vm *vm)
{
  vm->threads[0] = pthread_self();
  vm->thread_count = 1;
  while (vm->thread_count < vm->vcpu_count && start_thread(vm, vm->thread_count))
    vm->thread_count++;
  atomic_store(&vm->running_threads, vm->thread_count);
  if (vm->thread_count < vm->vcpu_count && vm_begin_end(vm))
  {
    vm->end.kind = VM_END_MONITOR;
    snprintf(vm->end.message, sizeof(vm->end.message),
             "cannot start a thread for every CPU: lower --cpu-count");
  }
}

void vm_threads_run(struct vm *vm)
{
  pthread_mutex_lock(&vm->start_lock);
  start_threads(vm);
  pthread_mutex_unlock(&vm->start_lock);
  run_cpu(vm, 0);
  /* One of the others may still be kicking the rest: a thread is joined when none is kicked. */
  const struct timespec pause = {.tv_nsec = KICK_PAUSE_NS};
  while (atomic_load(&vm->running_threads) > 0)
    nanosleep(&pause, NULL);
  for (unsigned int cpu = 1; cpu < vm->thread_count; cpu++)
    pthread_join(vm->threads[cpu], NULL);
}

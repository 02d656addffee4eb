/* The threads of a virtual machine's CPUs. */
#ifndef UHYVE_VM_THREADS_H
#define UHYVE_VM_THREADS_H

#include <stdbool.h>

struct vm;

/* Runs all CPUs until the guest has ended and their threads are gone; the first runs on the
 * caller's. Called once, by vm_run. */
void vm_threads_run(struct vm *vm);

/* For the code that serves exits, on any vCPU's thread: true if the caller is the one to fill
 * vm->end; it calls vm_stop_cpus when that is done. */
bool vm_begin_end(struct vm *vm);

/* Returns when no other thread serves a vCPU any more, or waits for anything. */
void vm_stop_cpus(struct vm *vm);

#endif

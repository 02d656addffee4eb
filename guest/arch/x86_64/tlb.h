/* Translations that CPUs remember. */
#ifndef GUEST_ARCH_TLB_H
#define GUEST_ARCH_TLB_H

#include <stdbool.h>

struct percpu;

/* Has all CPUs forget translations; returns when they have. A CPU that is idle is left alone: it
 * forgets before it runs a task again. self_is_done: this CPU has forgotten since the last change
 * of a table, with interrupts masked. Any context, also with the lock of a memory manager held. */
void tlb_shootdown(bool self_is_done);

/* A CPU that leaves idle: forgets what changed meanwhile. Masked, its state is CPU_RUNNING. */
void tlb_catch_up(struct percpu *cpu);

#endif

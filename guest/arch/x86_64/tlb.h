/* Translations that CPUs remember. */
#ifndef GUEST_ARCH_TLB_H
#define GUEST_ARCH_TLB_H

struct percpu;

/* Has all CPUs forget translations; returns when they have. A CPU that is idle is left alone: it
 * forgets before it runs a task again. Any context, also with the lock of a memory manager held. */
void tlb_shootdown(void);

/* A CPU that leaves idle: forgets what changed meanwhile. Masked, its state is CPU_RUNNING. */
void tlb_catch_up(struct percpu *cpu);

#endif

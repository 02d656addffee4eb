/* A short spin before a task sleeps: worth it only while another CPU may change the word. */
#ifndef GUEST_SCHED_SPIN_H
#define GUEST_SCHED_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* Spins until *word is zero (zero) or is not (!zero); returns whether that happened. Bounded: by
 * how long earlier spins took, which *history keeps, and not at all on a machine with one CPU. */
bool spin_until(const uint32_t *word, bool zero, uint32_t *history);

/* The same while *word has that value; returns whether it has another one now. */
bool spin_while(const uint32_t *word, uint32_t value, uint32_t *history);

#endif

/* The vector and x87 registers of a preempted task. */
#ifndef GUEST_ARCH_VECTOR_STATE_H
#define GUEST_ARCH_VECTOR_STATE_H

#include <stddef.h>

#define VECTOR_STATE_ALIGN_BYTES 64

/* Bytes that vector_state_save() writes on this processor. The first call costs microseconds where
 * the host is a virtual machine itself. */
size_t vector_state_bytes(void);

/* Makes memory with any content ready for the first save. */
void vector_state_prepare(void *state);

/* state: zeroed or prepared before the first use, VECTOR_STATE_ALIGN_BYTES. */
void vector_state_save(void *state);
void vector_state_restore(const void *state);

/* What a function expects that is called: control bits as at the start, no x87 register in use. */
void vector_state_begin(void);

#endif

/* The vector and x87 registers of a preempted task. */
#ifndef GUEST_ARCH_VECTOR_STATE_H
#define GUEST_ARCH_VECTOR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Writes out what an image that was just saved leaves out because it is as at the start, of what
 * FXSAVE has: so that it can be looked at, and changed. */
void vector_state_complete(void *state);

/* The part that FXSAVE saves: 512 bytes, aligned to 16. */
void vector_legacy_save(void *state);
void vector_legacy_restore(const void *state);

/* Control and status bits: all that a function which is called must leave as it was, and a handler
 * of a signal must not change. */
struct vector_control
{
  uint32_t mxcsr;
  uint16_t fcw;
  uint16_t fsw;
};

/* Saves them, and sets what a function expects; restores them. */
void vector_control_begin(struct vector_control *control);
void vector_control_end(const struct vector_control *control);

/* What of an exception is raised and not masked: bits as in MXCSR. */
unsigned int vector_exceptions(bool is_x87);

#endif

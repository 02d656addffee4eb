/* What standard output still holds when a guest crashes. */
#ifndef GUEST_LIBC_RESCUE_H
#define GUEST_LIBC_RESCUE_H

/* Writes it out as it is, without locks and without trusting the stream's pointers. */
void libc_rescue_output(void);

#endif

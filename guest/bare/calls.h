/* Hypercalls where there is no monitor: the kernel library does itself what can be done. */
#ifndef GUEST_BARE_CALLS_H
#define GUEST_BARE_CALLS_H

#include "hypercalls/hypercalls.h"

/* As hypercall(). What is not there fails with -ENOSYS. In upcalls too. */
void bare_call(enum hc_port port, void *block);

#endif

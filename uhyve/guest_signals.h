/* Signals from outside that the guest sees to itself: which, and those that have come. */
#ifndef UHYVE_GUEST_SIGNALS_H
#define UHYVE_GUEST_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "hypercalls/hypercalls.h"

/* There is a guest to be told, from when its CPUs are there. */
void guest_signals_prepare(int vm_fd);

/* The guest has ended: all signals do by default what they do to any process. */
void guest_signals_stop(void);

/* Has the guest know of a signal that has come. False: it does not see to it. Safe in signal
 * handlers. */
bool guest_signals_offer(int number, const siginfo_t *info);

/* Serves HC_signals. False: the guest broke the interface, the message says how. */
bool guest_signals_serve(struct hc_signals *block, char message[static 256]);

#endif

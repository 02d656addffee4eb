/* Terminals among the guest's standard streams. */
#ifndef UHYVE_TERMINAL_H
#define UHYVE_TERMINAL_H

#include <stdbool.h>

#include "hypercalls/hypercalls.h"
#include "streams.h"

/* Serves HC_terminal. False: the guest broke the interface, the message says how. May block. */
bool terminal_serve(const struct streams *streams, struct hc_terminal *block,
                    char message[static 256]);

/* Gives the terminals the settings they had before the guest's first change. Safe in signal
 * handlers. */
void terminal_restore(void);

#endif

/* The report of a crash where there is no monitor. */
#ifndef GUEST_BARE_CRASH_WORDS_H
#define GUEST_BARE_CRASH_WORDS_H

#include "hypercalls/hypercalls.h"

/* Cause, registers and return addresses to the console. Returns the status to end with. */
int crash_words_print(const struct hc_crash *crash);

#endif

/* Reading the standard input where there is no monitor, and waiting for it. */
#ifndef GUEST_BARE_LINE_INPUT_H
#define GUEST_BARE_LINE_INPUT_H

#include "hypercalls/hypercalls.h"

/* Has keys that send signals heard also while nobody reads; once. */
void line_input_begin(void);

/* In the interrupt UHYVE_VECTOR_STREAM: takes what has come. */
void line_input_interrupt(void);

/* The hypercalls; masked. */
void line_input_read(struct hc_io *call);
void line_input_watch(struct hc_watch *call);

#endif

/* What a crash was, in words. */
#ifndef UHYVE_CRASH_CAUSE_H
#define UHYVE_CRASH_CAUSE_H

#include <stddef.h>
#include <stdio.h>

struct crash_report_input;

/* The first line of a report, with the newline. */
void crash_put_cause(FILE *out, const struct crash_report_input *input);

/* Text of the guest's, which must not write escape sequences to the user's terminal by this road.
 */
void crash_put_text(FILE *out, const char *text, size_t len_bytes);
void crash_put_string(FILE *out, const char *string);

#endif

/* The log of a guest without a monitor, in ring 3: lines as those of the boot (boot/ring0_log.c).
 */
#ifndef GUEST_BARE_LOG_H
#define GUEST_BARE_LOG_H

#include <stdbool.h>

/* As log= on the command line. */
enum bare_log_level
{
  BARE_LOG_QUIET, /* nothing but errors */
  BARE_LOG_NORMAL,
  BARE_LOG_VERBOSE,
};

/* Whether lines of this level are asked for. */
bool bare_log_is_on(enum bare_log_level level);

/* If it is: begins a line, with the time since the start and the CPU. What follows is printed on
 * the console by who calls. Returns whether it is. */
bool bare_log_begin(enum bare_log_level level);

#endif

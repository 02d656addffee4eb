/* The terminal that the serial line is for a program without a monitor: lines are edited and echoed
 * here, and handed over whole, unless the program has it otherwise. */
#ifndef GUEST_BARE_SERIAL_TERMINAL_H
#define GUEST_BARE_SERIAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bare/console.h"
#include "hypercalls/hypercalls.h"

/* All masked, and any of them in upcalls. */

/* Writes at most TERMINAL_WRITE_BYTES as the settings say, all or nothing: false, there is no room.
 */
#define TERMINAL_WRITE_BYTES (CONSOLE_ROOM_BYTES / 2)
bool terminal_write(const char *text, size_t len_bytes);

/* If there is none: an interrupt comes when it is worth another try. */
bool terminal_has_room(void);

/* In that interrupt. */
void terminal_interrupt(void);

/* As much of one line, or without lines of what there is, as fits; 0 at the end of input, which is
 * taken by that; -EAGAIN: nothing. *is_over: a read ends with that. */
int64_t terminal_read(uint8_t *buffer, size_t len_bytes, bool *is_over);

/* Takes what the line has. Returns whether there is something to be read. */
bool terminal_look(void);

/* For the end of the machine: whatever other CPUs write from now on waits for ever, and what comes
 * begins a line. They are waited for, if they are in the middle of something, but not for long. */
void terminal_take_over(void);

/* The hypercalls. */
void terminal_control(struct hc_terminal *call);
void terminal_signals(struct hc_signals *call);

#endif

/* The console of a guest without a monitor: a serial line (16550), and for the program a virtio
 * console in its place where there is one. */
#ifndef GUEST_BARE_CONSOLE_H
#define GUEST_BARE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All of these in upcalls too. */

/* ---- What the program writes and reads: calls exclude each other ---- */

/* One byte as it is. What there is no room for is lost. */
void console_put(char character);

/* Has all go that was put. */
void console_flush(void);

/* Whether so many bytes can be put. If not: an interrupt comes when it is worth another try. */
#define CONSOLE_ROOM_BYTES 2048
bool console_has_room(void);

/* No more interrupts for room, until there has been none again. */
void console_ask_no_room(void);

/* Waits until all has left. */
void console_drain(void);

/* Has the line interrupt when something comes: until console_take() has found nothing more. */
void console_ask_interrupt(void);

/* In an interrupt: takes its cause, which has a line fall. Returns whether there was one. */
bool console_take_cause(void);

/* Takes a byte that has come, if there is one. */
bool console_take(uint8_t *byte);

/* ---- What the kernel library says, on all consoles that there are ---- */

/* All bytes go, newlines as carriage return and newline. */
void console_write(const char *text, size_t len_bytes);
void console_print(const char *text);
void console_print_number(uint64_t number, unsigned int base);
void console_print_hex(uint64_t number); /* 16 digits */

/* Waits until all of that has left. */
void console_end(void);

#endif

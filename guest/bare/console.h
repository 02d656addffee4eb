/* The console of a guest without a monitor: a serial line (16550). */
#ifndef GUEST_BARE_CONSOLE_H
#define GUEST_BARE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One byte as it is. In upcalls too, as all of these. */
void console_put(char character);

/* All bytes go, newlines as carriage return and newline. */
void console_write(const char *text, size_t len_bytes);
void console_print(const char *text);
void console_print_number(uint64_t number, unsigned int base);
void console_print_hex(uint64_t number); /* 16 digits */

/* Waits until all has left. */
void console_drain(void);

/* Takes a byte that has come, if there is one. */
bool console_take(uint8_t *byte);

#endif

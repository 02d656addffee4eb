/* The console of a guest without a monitor: a serial line (16550). */
#ifndef GUEST_BARE_CONSOLE_H
#define GUEST_BARE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* All bytes go, newlines as carriage return and newline. In upcalls too. */
void console_write(const char *text, size_t len_bytes);
void console_print(const char *text);
void console_print_number(uint64_t number, unsigned int base);

#endif

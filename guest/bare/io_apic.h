/* I/O APICs (Intel 82093AA): interrupts of devices that send no messages. */
#ifndef GUEST_BARE_IO_APIC_H
#define GUEST_BARE_IO_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Has a line, counted over all I/O APICs, come to CPU 0 as a vector whenever it rises (is_low: when
 * its level falls). A line that stays up until a driver has looked would interrupt without end
 * between the nucleus's acknowledge and that look. Returns 0 or -ENOSYS: there is no such line. */
int io_apic_use(unsigned int line, uint8_t vector, bool is_low);

/* Whether there is this line. */
bool io_apic_has(unsigned int line);

/* The same for one of the sixteen interrupts of a PC, wherever firmware's tables say that it is. */
int io_apic_use_isa(unsigned int interrupt, uint8_t vector);

#endif

/* Ports of devices, which ring 3 may use where there is no monitor. */
#ifndef GUEST_ARCH_PORT_IO_H
#define GUEST_ARCH_PORT_IO_H

#include <stdint.h>

uint8_t port_read8(uint16_t port);
void port_write8(uint16_t port, uint8_t value);
uint16_t port_read16(uint16_t port);
void port_write16(uint16_t port, uint16_t value);

#endif

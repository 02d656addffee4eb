/* A virtio console, one port of it (virtio 1.2, section 5.3). */
#ifndef GUEST_BARE_VIRTIO_CONSOLE_H
#define GUEST_BARE_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether there is one; the others are for that case. */
extern bool virtio_console_is_used;

/* Finds the first one and starts it; one that cannot be used is told of. May block. */
void virtio_console_find(void);

/* As the functions of console.h, in upcalls too; each is safe against calls of the others. */
void virtio_console_put(char character);
void virtio_console_flush(void);
bool virtio_console_has_room(void);
void virtio_console_quiet(void); /* console_ask_no_room() */
void virtio_console_drain(void);
bool virtio_console_take_cause(void);
bool virtio_console_take(uint8_t *byte);

/* The kernel library's words: waits for room, and for nobody who holds the console. */
void virtio_console_say(const char *text, size_t len_bytes);

#endif

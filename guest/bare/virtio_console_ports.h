/* Ports of a virtio console that may have several. For the start alone. */
#ifndef GUEST_BARE_VIRTIO_CONSOLE_PORTS_H
#define GUEST_BARE_VIRTIO_CONSOLE_PORTS_H

#include <stdbool.h>

#include "bare/virtio_console_state.h"

#define CONSOLE_SEVERAL_PORTS (1ull << 1) /* the feature: 5.3.3 */

/* Makes the queues that it takes, if it does, before the device begins. Returns 0 or -errno; after
 * an error too there may be something to free. */
int console_ports_make(struct virtio_console *console);

/* Whether port 0 is there and is a console: it is open then. The device has begun. */
bool console_ports_open(struct virtio_console *console);

/* The device must have forgotten them. */
void console_ports_free(struct virtio_console *console);

#endif

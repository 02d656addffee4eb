/* Network devices of a machine without a monitor. */
#ifndef NET_DRIVER_BARE_DEVICES_H
#define NET_DRIVER_BARE_DEVICES_H

#include "hypercalls/start_info.h"
#include "net/driver/virtio_net.h"

/* Starts a virtio-mmio device that the command line has named, with its interrupts. Returns 0,
 * -ENODEV, -ENOTSUP, -ENOMEM, -ENOSYS. */
int bare_start_behind(struct virtio_net *net, const struct uhyve_interface *interface);

/* Finds and starts those that the command line does not name; a list. */
struct net_device *bare_devices(void);

#endif

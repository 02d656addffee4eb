/* Network devices of a machine without a monitor. */
#ifndef NET_DRIVER_BARE_DEVICES_H
#define NET_DRIVER_BARE_DEVICES_H

#include "hypercalls/start_info.h"
#include "net/driver/virtio_net.h"

/* Starts a virtio-mmio device that the command line has named, with its interrupts. Returns 0,
 * -ENODEV, -ENXIO, -ENOTSUP, -ENOMEM, -ENOSYS; that it is not there is told of on the console. */
int bare_start_behind(struct virtio_net *net, const struct uhyve_interface *interface);

/* Finds and starts those that the command line does not name (there are some that it has named and
 * that have started: has_named); a list. */
struct net_device *bare_devices(bool has_named);

#endif

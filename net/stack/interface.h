/* Network interfaces: lwIP's, each over one device. The core is locked unless they say otherwise.
 */
#ifndef NET_STACK_INTERFACE_H
#define NET_STACK_INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/opt.h"

#include "lwip/netif.h"

#include "net/driver/device.h"

struct frame_queue
{
  struct net_received *first, *last;
};

/* A frame that waits for room in the device. */
struct waiting_frame;

struct merged_frame;

struct net_interface
{
  struct netif netif; /* first */
  struct net_device *device;
  struct frame_queue received; /* by the device, not yet seen by lwIP */
  struct waiting_frame *waiting, *waiting_last;
  uint32_t waiting_count;
  bool is_full;                /* there were too many, and have not become half as many */
  uint32_t given_count;        /* frames that the device has not read yet */
  struct merged_frame *merged; /* takes more segments until the lock is let go; or null */
  uint32_t held_pieces;        /* of the device's memory, in lwIP or with programs; atomic */
  bool must_flush;
  bool link_has_changed; /* which lwIP has not been told yet */
  bool told_of_clash;    /* somebody else has our address */
  struct net_interface *next;
};

#define NET_INTERFACE_NAME_BYTES 16

/* As programs see it: lo, eth0 ... */
void net_interface_name(const struct netif *netif, char name[static NET_INTERFACE_NAME_BYTES]);

/* Adds interfaces for all devices, without addresses. Returns the first, or null. */
struct net_interface *net_interfaces_start(void);

/* All of them. */
extern struct net_interface *net_interfaces;

/* Takes at most some frames from the devices and hands them to lwIP. Returns whether there were
 * any. */
bool net_interfaces_serve(void);

/* Whether frames were taken from devices, or changes of their links, that lwIP has not seen. */
bool net_interfaces_have_received(void);

/* Tells devices of what was sent. */
void net_interfaces_flush(void);

/* Asks for interrupts. Returns whether there is something to be served already. Needs no lock. */
bool net_interfaces_expect(void);

/* ---- interface_receive.c ---- */

/* The frame is lwIP's, or dropped. */
void net_interface_input(struct net_interface *interface, struct net_received *frame);

/* ---- interface_send.c ---- */

/* lwIP's link output. */
err_t net_interface_output(struct netif *netif, struct pbuf *packet);

/* For the device: it has read what it was given. */
void net_interface_sent(void *context, void *owner);

/* Sends what may still grow. */
void net_interface_send_merged(struct net_interface *interface);

/* Gives the device what waits for room. */
void net_interface_send_waiting(struct net_interface *interface);

/* ---- clash.c ---- */

/* Looks whether a frame comes from somebody with an address of ours, and reports the first. */
void net_clash_look(struct net_interface *interface, const uint8_t *frame, uint32_t len_bytes);
/* owner: the other's hardware address, or null. */
void net_clash_report(struct net_interface *interface, const char *address, const uint8_t *owner);

/* Has whoever has our IPv4 address, too, answer. */
void net_clash_probe(struct net_interface *interface);

#endif

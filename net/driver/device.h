/* A network device, as drivers offer it and the stack uses it. Frames are Ethernet's, without
 * preamble and checksum. */
#ifndef NET_DRIVER_DEVICE_H
#define NET_DRIVER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_device;
struct net_attention;

/* What a device does for the stack. */
#define NET_CHECKSUM_SEND    1u /* fills in checksums of TCP and UDP that are asked for */
#define NET_CHECKSUM_RECEIVE 2u /* says of frames that theirs need no check */
#define NET_SEGMENT_IPV4     4u /* cuts large TCP segments */
#define NET_SEGMENT_IPV6     8u

/* A frame is the concatenation of its pieces, in order. */
struct net_piece
{
  void *data;
  uint32_t len_bytes;
};

#define NET_MOST_PIECES     46 /* to be sent: 64 KiB in segments of 1460 bytes, and headers */
#define NET_RECEIVED_PIECES 20 /* 64 KiB in pages, and room for headers */

struct net_received
{
  struct net_piece pieces[NET_RECEIVED_PIECES];
  uint32_t piece_count;
  uint32_t len_bytes;
  bool is_checked;           /* the checksums of TCP and UDP need no look, and may be missing */
  struct net_received *next; /* the driver's, and of who has it meanwhile */
};

struct net_frame
{
  const struct net_piece *pieces; /* read until sent() is called */
  uint32_t piece_count;           /* at most NET_MOST_PIECES */
  uint16_t checksum_begin;        /* to be computed from there on ... */
  uint16_t checksum_offset;       /* ... and put there, counted from the begin; both 0: none */
  uint16_t segment_bytes; /* of TCP's payload in each segment; 0: the frame is sent as it is */
  uint16_t header_bytes;  /* in front of the payload, if it is to be cut */
  bool is_ipv6;           /* counts if it is to be cut */
  void *owner;            /* goes to sent() */
};

/* Called by net_device_serve() on the task that serves the device. */
struct net_device_user
{
  /* The frame is the user's until it calls release(). */
  void (*received)(void *context, struct net_received *frame);
  void (*sent)(void *context, void *owner); /* the device has read the frame */
  void (*link_changed)(void *context, bool is_up);
  /* In an interrupt, masked: there is something for serve(). Wakes the task, nothing else. */
  void (*wake)(void *context);
  void *context;
};

struct net_device_operations
{
  /* 0, -EAGAIN: no room until sent() was called for another one, -EINVAL. Does not block. May be
   * called by any task; calls exclude each other (the caller sees to that). */
  int (*send)(struct net_device *device, const struct net_frame *frame);
  /* Tells the device of what was queued by send(), at the end of a batch. */
  void (*flush)(struct net_device *device);
  /* Hands over what has come and been sent, at most `most` frames. Returns how many. Excluded
   * against send() as send() is. */
  unsigned int (*serve)(struct net_device *device, unsigned int most);
  /* Asks for an interrupt at the next frame. Returns true if something has come already: then
   * serve() is to be called again. */
  bool (*expect)(struct net_device *device);
  void (*release)(struct net_device *device, struct net_received *frame); /* any task */
};

struct net_device
{
  const struct net_device_operations *operations;
  struct net_attention *attention; /* attention.c's; set by the driver */
  struct net_device_user user;     /* set by net_device_use */
  uint8_t address[6];
  uint16_t mtu_bytes; /* payload of a frame */
  uint32_t features;  /* NET_* */
  uint32_t interface; /* index in the start information */
  uint32_t most_held; /* pieces of frames that users may keep, so that it has room for more */
  bool is_up;
  struct net_device *next; /* in net_devices() */
};

/* Finds and starts all devices, once. Returns the first, or null: there is none. May block. */
struct net_device *net_devices(void);

/* From now on calls of the user come. */
void net_device_use(struct net_device *device, const struct net_device_user *user);

#endif

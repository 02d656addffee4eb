/* What the start of a virtio console leaves to its use. */
#ifndef GUEST_BARE_VIRTIO_CONSOLE_STATE_H
#define GUEST_BARE_VIRTIO_CONSOLE_STATE_H

#include "bare/console.h"
#include "virtio/virtio_device.h"

#define CONSOLE_RECEIVE_QUEUE  0
#define CONSOLE_SEND_QUEUE     1

#define CONSOLE_BUFFERS        16u /* for each direction, at most */
#define CONSOLE_RECEIVED_BYTES 256u

struct console_buffer
{
  struct console_buffer *next; /* free */
  uint64_t gpa;
  uint32_t used_bytes;
  unsigned char text[CONSOLE_ROOM_BYTES];
};

struct console_message;

struct virtio_console
{
  struct virtio_device virtio;
  struct virtqueue receive, send;
  struct console_buffer *received; /* of which `taken_bytes` are taken */
  uint32_t taken_bytes;
  struct console_buffer *written; /* not sent yet */
  struct console_buffer *free;
  /* If it may have several ports: of the start, and left to the device. */
  struct virtqueue heard, told;
  struct console_message *messages;
};

/* Has the console used from now on; the device may use the buffers. */
void virtio_console_begin(struct virtio_console *console, struct console_buffer *buffers);

extern struct virtio_console *virtio_console;

#endif

/* A way out: what carries the frames of one interface on the host, a TAP or a stream socket. Errors
 * are negative errno. */
#ifndef UHYVE_NET_WAY_H
#define UHYVE_NET_WAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "frame_stream.h"
#include "net_options.h"

/* In front of each frame, in both directions: struct virtio_net_hdr_v1 (virtio 1.2, 5.1.6). */
#define NET_HEADER_BYTES 12

/* A frame without the header. */
#define NET_MOST_FRAME_BYTES FRAME_STREAM_MOST_BYTES

/* The pieces of a frame, the header included; no way has to take more. */
#define NET_MOST_PIECES_OF_WAY 1024

struct net_way;

struct net_way_operations
{
  /* Receives one frame. pieces[0] is the header, NET_HEADER_BYTES of the monitor's own; a way
   * without headers leaves it alone, it is zero. The rest is the guest's memory: it may change at
   * any time, and is written only. Returns the bytes of frame and header together; -EAGAIN: none is
   * there; -EMSGSIZE: it did not fit and is lost; any other error: the way is broken for good, and
   * so is the link. Does not block. */
  ssize_t (*receive)(struct net_way *way, const struct iovec *pieces, int count);

  /* Sends one frame, or keeps a copy for flush(). pieces are as above, but are read only, once.
   * Returns 0; -EAGAIN: nothing was taken, and POLLOUT tells when to try again; -ENETDOWN: the
   * frame is lost, as are all until POLLOUT tells that the way is up; any other error: the frame is
   * lost (-EINVAL, -EMSGSIZE: this one), or the way is broken. Does not block. */
  int (*send)(struct net_way *way, const struct iovec *pieces, int count);

  /* Sends what send() has kept, at the end of a batch. Null: send() keeps nothing. Returns 0;
   * -EAGAIN: there is more, and POLLOUT tells when to try again; any other error: the way is
   * broken. */
  int (*flush)(struct net_way *way);

  /* Which offloads the guest takes, of net_way.features: when its driver is ready, and 0 at the
   * end. Null: there are none. */
  int (*set_offloads)(struct net_way *way, uint64_t features);

  /* Gives everything back, the struct too. By the thread that opened it, at the end. */
  void (*close)(struct net_way *way);
};

/* The thread of the interface calls receive(), send(), flush(), set_offloads(), alone, within its
 * filter (FILTER_THREAD_NET): beside memory and clocks read, readv, write, writev, poll, and
 * TUNSETOFFLOAD. All signals are blocked there, SIGPIPE too. */
struct net_way
{
  const struct net_way_operations *operations;
  int fd;             /* to be polled for POLLIN and POLLOUT; does not block; kept in the sandbox */
  uint64_t features;  /* offloads, bits VIRTIO_NET_F_*; all of them only with headers */
  uint32_t mtu_bytes; /* 0: not known */
  char name[64];      /* for messages, like "tap uhyve0" */
  /* Of the same interface, the next queue, by a descriptor of its own: receive(), send() and
   * flush() are for one queue. The first has what all have in common, and its close() is for all.
   * Null: there are no more. */
  struct net_way *next;
};

/* Opens the way of interface number `index`; before the sandbox is entered. May start a program.
 * Returns 0, or an error with one line in message. */
int net_way_open(struct net_way **way, const struct net_options *options, unsigned int index,
                 char message[static 256]);

/* The same for each kind. */
int net_tap_open(struct net_way **way, const struct net_option *option, char message[static 256]);
int net_user_open(struct net_way **way, const struct net_options *options, unsigned int index,
                  char message[static 256]);
int net_passt_open(struct net_way **way, const struct net_options *options, unsigned int index,
                   char message[static 256]);

/* A way by a descriptor that is open already, and does not block: a connected stream socket. */
int net_stream_open(struct net_way **way, int fd, char message[static 256]);

/* The same by that of a TAP, of one of its queues. Returns 0, -ENOTTY: it is none, -EINVAL: not of
 * the kind needed, or another negative errno. */
int net_tap_adopt(struct net_way **way, int fd);

#endif

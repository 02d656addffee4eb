/* Ethernet frames on a stream socket, as QEMU's "-netdev stream", passt and uhyve-net-user have
 * them: four bytes of length in network order, then the frame. Errors are negative errno. Nothing
 * here blocks. */
#ifndef UHYVE_NET_FRAME_STREAM_H
#define UHYVE_NET_FRAME_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* What a frame may have at most: what one of 64 KiB has, with Ethernet's header and a tag of a
 * VLAN.
 */
#define FRAME_STREAM_MOST_BYTES 65553

/* Of each direction: several of the largest frames. */
#define FRAME_STREAM_BUFFER_BYTES (512u << 10)

struct frame_buffer
{
  uint8_t *data; /* FRAME_STREAM_BUFFER_BYTES */
  size_t begin;
  size_t end;
};

struct frame_stream
{
  int fd; /* does not block */
  struct frame_buffer in;
  struct frame_buffer out;
};

/* The descriptor stays the caller's, and becomes one that does not block. Returns 0 or a negative
 * errno. */
int frame_stream_begin(struct frame_stream *stream, int fd);
void frame_stream_end(struct frame_stream *stream);

/* Sets `frame` to the next one, which stays there until the next call. Returns its length; -EAGAIN:
 * none is complete; -EPIPE: the other side has ended; -EPROTO: what comes are not frames; or what
 * read() said. All but the first two are for good. */
ssize_t frame_stream_receive(struct frame_stream *stream, const uint8_t **frame);

/* Sends a frame, the pieces together, or keeps it for the next call of any of the two. The pieces
 * are read once. Returns 0; -EAGAIN: nothing was taken, for lack of room; -EMSGSIZE; or what
 * write() said. */
int frame_stream_send(struct frame_stream *stream, const struct iovec *pieces, int count);

/* Returns 0: all is sent; -EAGAIN: there is more; or what write() said. */
int frame_stream_flush(struct frame_stream *stream);

/* Bytes that are kept. */
size_t frame_stream_kept(const struct frame_stream *stream);

#endif

/* Ethernet frames on a stream socket: whole ones from what comes in any portions, and whole ones
 * kept when the socket takes a part. One read or write serves many small frames. */
#include "frame_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LENGTH_BYTES 4

/* From this length on a frame goes out from where it is; shorter ones are gathered. */
#define DIRECT_BYTES  16384
#define DIRECT_PIECES 64

int frame_stream_begin(struct frame_stream *stream, int fd)
{
  *stream = (struct frame_stream){.fd = fd};
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
    return -errno;
  stream->in.data = malloc(FRAME_STREAM_BUFFER_BYTES);
  stream->out.data = malloc(FRAME_STREAM_BUFFER_BYTES);
  if (stream->in.data != NULL && stream->out.data != NULL)
    return 0;
  frame_stream_end(stream);
  return -ENOMEM;
}

void frame_stream_end(struct frame_stream *stream)
{
  free(stream->in.data);
  free(stream->out.data);
  stream->in.data = NULL;
  stream->out.data = NULL;
}

static size_t held(const struct frame_buffer *buffer)
{
  return buffer->end - buffer->begin;
}

/* Makes all room that there is lie at the end. */
static void move_to_begin(struct frame_buffer *buffer)
{
  if (buffer->begin == 0)
    return;
  memmove(buffer->data, buffer->data + buffer->begin, held(buffer));
  buffer->end -= buffer->begin;
  buffer->begin = 0;
}

/* ---- In ---- */

static ssize_t next_length(const struct frame_buffer *in)
{
  uint32_t length;
  memcpy(&length, in->data + in->begin, sizeof(length));
  length = ntohl(length);
  return length > 0 && length <= FRAME_STREAM_MOST_BYTES ? (ssize_t) length : -EPROTO;
}

/* As frame_stream_receive(), of what is in the buffer. */
static ssize_t take(struct frame_buffer *in, const uint8_t **frame)
{
  if (held(in) < LENGTH_BYTES)
    return -EAGAIN;
  ssize_t length = next_length(in);
  if (length < 0)
    return length;
  if (held(in) - LENGTH_BYTES < (size_t) length)
    return -EAGAIN;
  *frame = in->data + in->begin + LENGTH_BYTES;
  in->begin += LENGTH_BYTES + (size_t) length;
  return length;
}

static int fill(struct frame_stream *stream)
{
  struct frame_buffer *in = &stream->in;
  move_to_begin(in);
  ssize_t got = read(stream->fd, in->data + in->end, FRAME_STREAM_BUFFER_BYTES - in->end);
  if (got < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  in->end += (size_t) got;
  return got > 0 ? 0 : -EPIPE;
}

ssize_t frame_stream_receive(struct frame_stream *stream, const uint8_t **frame)
{
  ssize_t length = take(&stream->in, frame);
  if (length != -EAGAIN)
    return length;
  int error = fill(stream);
  return error == 0 ? take(&stream->in, frame) : error;
}

/* ---- Out ---- */

static void keep(struct frame_buffer *out, const void *data, size_t bytes)
{
  memcpy(out->data + out->end, data, bytes);
  out->end += bytes;
}

/* Keeps what a write of the length and the pieces has left. */
static void keep_rest(struct frame_buffer *out, const struct iovec *pieces, int count,
                      size_t written)
{
  for (int i = 0; i < count; i++)
  {
    size_t gone = written < pieces[i].iov_len ? written : pieces[i].iov_len;
    written -= gone;
    keep(out, (const char *) pieces[i].iov_base + gone, pieces[i].iov_len - gone);
  }
}

/* Returns how much was written, of nothing held; or a negative errno. */
static ssize_t write_directly(struct frame_stream *stream, const struct iovec *pieces, int count)
{
  ssize_t written = writev(stream->fd, pieces, count);
  if (written >= 0)
    return written;
  return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int frame_stream_send(struct frame_stream *stream, const struct iovec *pieces, int count)
{
  struct frame_buffer *out = &stream->out;
  size_t bytes = 0;
  for (int i = 0; i < count; i++)
  {
    if (pieces[i].iov_len > FRAME_STREAM_MOST_BYTES - bytes)
      return -EMSGSIZE;
    bytes += pieces[i].iov_len;
  }
  if (bytes == 0)
    return -EMSGSIZE;
  bool is_direct = bytes >= DIRECT_BYTES && count <= DIRECT_PIECES;
  if (is_direct || FRAME_STREAM_BUFFER_BYTES - held(out) < LENGTH_BYTES + bytes)
  {
    int error = frame_stream_flush(stream);
    if (error != 0 && error != -EAGAIN)
      return error;
    if (FRAME_STREAM_BUFFER_BYTES - held(out) < LENGTH_BYTES + bytes)
      return -EAGAIN;
  }
  if (FRAME_STREAM_BUFFER_BYTES - out->end < LENGTH_BYTES + bytes)
    move_to_begin(out);
  uint32_t length = htonl((uint32_t) bytes);
  struct iovec all[1 + DIRECT_PIECES];
  ssize_t written = 0;
  if (is_direct && held(out) == 0)
  {
    all[0] = (struct iovec){.iov_base = &length, .iov_len = LENGTH_BYTES};
    memcpy(all + 1, pieces, (size_t) count * sizeof(all[0]));
    written = write_directly(stream, all, 1 + count);
    if (written < 0)
      return (int) written;
  }
  const struct iovec head = {.iov_base = &length, .iov_len = LENGTH_BYTES};
  keep_rest(out, &head, 1, (size_t) written);
  keep_rest(out, pieces, count,
            (size_t) written > LENGTH_BYTES ? (size_t) written - LENGTH_BYTES : 0);
  return 0;
}

int frame_stream_flush(struct frame_stream *stream)
{
  struct frame_buffer *out = &stream->out;
  while (held(out) > 0)
  {
    ssize_t written = write(stream->fd, out->data + out->begin, held(out));
    if (written < 0 && errno != EINTR)
      return -errno;
    if (written > 0)
      out->begin += (size_t) written;
  }
  out->begin = 0;
  out->end = 0;
  return 0;
}

size_t frame_stream_kept(const struct frame_stream *stream)
{
  return held(&stream->out);
}

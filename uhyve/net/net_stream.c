/* The way out by a stream socket: frames without headers and offloads (frame_stream.h). */
#include "net_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_stream.h"

struct stream_way
{
  struct net_way way;
  struct frame_stream stream;
  bool has_program;
  struct net_program program;
};

static struct stream_way *of(struct net_way *way)
{
  return (struct stream_way *) way;
}

static ssize_t stream_receive(struct net_way *way, const struct iovec *pieces, int count)
{
  const uint8_t *frame;
  ssize_t length = frame_stream_receive(&of(way)->stream, &frame);
  if (length < 0)
    return length;
  size_t left = (size_t) length;
  for (int i = 1; i < count && left > 0; i++)
  {
    size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    memcpy(pieces[i].iov_base, frame, part);
    frame += part;
    left -= part;
  }
  return left == 0 ? NET_HEADER_BYTES + length : -EMSGSIZE;
}

static int stream_send(struct net_way *way, const struct iovec *pieces, int count)
{
  return frame_stream_send(&of(way)->stream, pieces + 1, count - 1);
}

static int stream_flush(struct net_way *way)
{
  return frame_stream_flush(&of(way)->stream);
}

static void stream_close(struct net_way *way)
{
  struct stream_way *stream = of(way);
  frame_stream_end(&stream->stream);
  if (stream->has_program)
    net_program_end(&stream->program);
  else
    close(way->fd);
  free(stream);
}

static const struct net_way_operations operations = {
    .receive = stream_receive,
    .send = stream_send,
    .flush = stream_flush,
    .close = stream_close,
};

int net_stream_open(struct net_way **way, int fd, char message[static 256])
{
  struct stream_way *stream = calloc(1, sizeof(*stream));
  int error = stream == NULL ? -ENOMEM : frame_stream_begin(&stream->stream, fd);
  if (error != 0)
  {
    free(stream);
    snprintf(message, 256, "cannot use a stream socket for the network: %s", strerror(-error));
    return error;
  }
  stream->way = (struct net_way){.operations = &operations, .fd = fd};
  snprintf(stream->way.name, sizeof(stream->way.name), "stream socket %d", fd);
  *way = &stream->way;
  return 0;
}

int net_stream_open_program(struct net_way **way, const struct net_program *program,
                            char message[static 256])
{
  int error = net_stream_open(way, program->frames_fd, message);
  if (error != 0)
    return error;
  of(*way)->has_program = true;
  of(*way)->program = *program;
  return 0;
}

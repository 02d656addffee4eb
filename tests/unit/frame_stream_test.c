/* Tests of frames on a stream socket, uhyve/net/frame_stream.c, and of the way out made of it,
 * uhyve/net/net_stream.c. */
#include "uhyve/net/frame_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "uhyve/net/way.h"
#include "unit_test.h"

struct pair
{
  int peer;
  struct frame_stream stream;
};

static uint8_t large[FRAME_STREAM_MOST_BYTES + 1];

static void begin(struct pair *pair)
{
  int ends[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  assert_int_equal(frame_stream_begin(&pair->stream, ends[0]), 0);
  pair->peer = ends[1];
}

static void end(struct pair *pair)
{
  close(pair->peer);
  close(pair->stream.fd);
  frame_stream_end(&pair->stream);
}

static void peer_write(const struct pair *pair, const void *data, size_t bytes)
{
  assert_int_equal(write(pair->peer, data, bytes), bytes);
}

static void peer_write_length(const struct pair *pair, uint32_t length)
{
  const uint32_t text = htonl(length);
  peer_write(pair, &text, sizeof(text));
}

static void expect_frame(struct pair *pair, const void *data, size_t bytes)
{
  const uint8_t *frame;
  assert_int_equal(frame_stream_receive(&pair->stream, &frame), bytes);
  assert_memory_equal(frame, data, bytes);
}

static void expect_nothing(struct pair *pair, int error)
{
  const uint8_t *frame;
  assert_int_equal(frame_stream_receive(&pair->stream, &frame), error);
}

/* ---- In ---- */

static void test_portions(void **state)
{
  (void) state;
  static const uint8_t bytes[] = {0, 0, 0, 5, 'f', 'i', 'r', 's', 't', 0, 0, 0, 1, 'x'};
  struct pair pair;
  begin(&pair);
  expect_nothing(&pair, -EAGAIN);
  for (size_t i = 0; i < sizeof(bytes); i++)
  {
    peer_write(&pair, bytes + i, 1);
    if (i == 8)
      expect_frame(&pair, "first", 5);
    else if (i == 13)
      expect_frame(&pair, "x", 1);
    else
      expect_nothing(&pair, -EAGAIN);
  }
  /* Several at once. */
  for (int i = 0; i < 3; i++)
    peer_write(&pair, bytes, sizeof(bytes));
  for (int i = 0; i < 3; i++)
  {
    expect_frame(&pair, "first", 5);
    expect_frame(&pair, "x", 1);
  }
  expect_nothing(&pair, -EAGAIN);
  end(&pair);
}

/* All that is there when the other side ends is received; a part of a frame is not. */
static void test_peer_ends(void **state)
{
  (void) state;
  struct pair pair;
  begin(&pair);
  peer_write_length(&pair, 4);
  peer_write(&pair, "last", 4);
  peer_write_length(&pair, 4);
  peer_write(&pair, "par", 3);
  shutdown(pair.peer, SHUT_WR);
  expect_frame(&pair, "last", 4);
  expect_nothing(&pair, -EPIPE);
  expect_nothing(&pair, -EPIPE);
  end(&pair);
}

static void test_wrong_lengths(void **state)
{
  (void) state;
  static const uint32_t lengths[] = {0, FRAME_STREAM_MOST_BYTES + 1, 0x80000000, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(lengths); i++)
  {
    struct pair pair;
    begin(&pair);
    peer_write_length(&pair, lengths[i]);
    expect_nothing(&pair, -EPROTO);
    expect_nothing(&pair, -EPROTO);
    end(&pair);
  }
}

/* ---- Out ---- */

static int send_one(struct pair *pair, const void *data, size_t bytes)
{
  const struct iovec piece = {.iov_base = (void *) data, .iov_len = bytes};
  return frame_stream_send(&pair->stream, &piece, 1);
}

static void test_sizes(void **state)
{
  (void) state;
  struct pair pair;
  begin(&pair);
  assert_int_equal(send_one(&pair, large, 0), -EMSGSIZE);
  assert_int_equal(send_one(&pair, large, FRAME_STREAM_MOST_BYTES + 1), -EMSGSIZE);
  const struct iovec pieces[] = {{large, FRAME_STREAM_MOST_BYTES}, {large, 1}};
  assert_int_equal(frame_stream_send(&pair.stream, pieces, 2), -EMSGSIZE);
  const struct iovec wrapping[] = {{large, SIZE_MAX}, {large, 2}};
  assert_int_equal(frame_stream_send(&pair.stream, wrapping, 2), -EMSGSIZE);
  assert_int_equal(frame_stream_kept(&pair.stream), 0);
  end(&pair);
}

static size_t size_of(unsigned int number)
{
  return 4 + (number * 7919u) % (FRAME_STREAM_MOST_BYTES - 4);
}

/* Its number, then `large` twice. */
static int send_numbered(struct pair *pair, unsigned int number)
{
  size_t rest = size_of(number) - 4;
  const struct iovec pieces[] = {{&number, 4}, {large, rest / 3}, {large, rest - rest / 3}};
  return frame_stream_send(&pair->stream, pieces, 3);
}

/* Returns false if none is there. */
static bool receive_numbered(struct pair *pair, unsigned int number)
{
  const uint8_t *frame;
  ssize_t bytes = frame_stream_receive(&pair->stream, &frame);
  if (bytes == -EAGAIN)
    return false;
  size_t rest = size_of(number) - 4;
  assert_int_equal(bytes, 4 + rest);
  assert_memory_equal(frame, &number, 4);
  assert_memory_equal(frame + 4, large, rest / 3);
  assert_memory_equal(frame + 4 + rest / 3, large, rest - rest / 3);
  return true;
}

/* What is sent until there is no room comes out whole and in order, whatever the socket takes at a
 * time. */
static void test_full(void **state)
{
  (void) state;
  struct pair pair, other;
  uint64_t random = 3;
  unsigned int sent = 0, received = 0;
  begin(&pair);
  assert_int_equal(frame_stream_begin(&other.stream, pair.peer), 0);
  for (int round = 0; round < 200; round++)
  {
    int error;
    while ((error = send_numbered(&pair, sent)) == 0)
      sent++;
    assert_int_equal(error, -EAGAIN);
    assert_true(frame_stream_kept(&pair.stream) > 0);
    assert_int_equal(frame_stream_flush(&pair.stream), -EAGAIN);
    for (uint64_t most = random_next(&random) % 12; most > 0; most--)
      received += receive_numbered(&other, received);
  }
  assert_true(received > 100);
  while (received < sent)
  {
    int error = frame_stream_flush(&pair.stream);
    assert_true(error == 0 || error == -EAGAIN);
    received += receive_numbered(&other, received);
  }
  assert_int_equal(frame_stream_kept(&pair.stream), 0);
  frame_stream_end(&other.stream);
  end(&pair);
}

static void test_send_to_nobody(void **state)
{
  (void) state;
  struct pair pair;
  begin(&pair);
  close(pair.peer);
  assert_int_equal(send_one(&pair, "frame", 5), 0);
  assert_int_equal(frame_stream_flush(&pair.stream), -EPIPE);
  assert_int_equal(send_one(&pair, large, 20000), -EPIPE);
  pair.peer = -1;
  end(&pair);
}

/* ---- The way ---- */

static void test_way(void **state)
{
  (void) state;
  int ends[2];
  struct net_way *way;
  char message[256];
  uint8_t header[NET_HEADER_BYTES] = {0}, first[3] = "", second[60] = "";
  struct iovec pieces[] = {{header, sizeof(header)}, {first, 3}, {second, sizeof(second)}};
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  assert_int_equal(net_stream_open(&way, ends[0], message), 0);
  assert_int_equal(way->features, 0);
  assert_int_equal(way->operations->receive(way, pieces, 3), -EAGAIN);
  assert_int_equal(write(ends[1], "\0\0\0\5frame\0\0\0\100", 13), 13);
  assert_int_equal(way->operations->receive(way, pieces, 3), NET_HEADER_BYTES + 5);
  assert_memory_equal(first, "fra", 3);
  assert_memory_equal(second, "me\0", 3);
  /* Too large for the pieces: lost, and the next one is received. */
  assert_int_equal(write(ends[1], large, 64), 64);
  assert_int_equal(way->operations->receive(way, pieces, 3), -EMSGSIZE);
  assert_int_equal(write(ends[1], "\0\0\0\1x", 5), 5);
  assert_int_equal(way->operations->receive(way, pieces, 3), NET_HEADER_BYTES + 1);
  /* Out, without the header. */
  char text[16] = "";
  first[0] = 'a', first[1] = 'b', first[2] = 'c';
  pieces[2].iov_len = 2;
  assert_int_equal(way->operations->send(way, pieces, 3), 0);
  assert_int_equal(way->operations->flush(way), 0);
  assert_int_equal(read(ends[1], text, sizeof(text)), 9);
  assert_memory_equal(text, "\0\0\0\5abc", 7);
  close(ends[1]);
  assert_int_equal(way->operations->receive(way, pieces, 3), -EPIPE);
  way->operations->close(way);
}

int main(void)
{
  signal(SIGPIPE, SIG_IGN);
  for (size_t i = 0; i < sizeof(large); i++)
    large[i] = (uint8_t) (i * 31);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_portions),      cmocka_unit_test(test_peer_ends),
      cmocka_unit_test(test_wrong_lengths), cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_full),          cmocka_unit_test(test_send_to_nobody),
      cmocka_unit_test(test_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

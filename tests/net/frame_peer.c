/* The other side of frames.c: a Linux program with a packet socket on the TAP interface.
 * usage: frame_peer INTERFACE GUESTS-ADDRESS echo COUNT MOST-BYTES | rtt COUNT | large | end
 *
 * echo: sends frames of all lengths, many at a time, and expects each back as it was. rtt: one
 * after the other; prints the median of a round trip in microseconds. large: gives the guest a TCP
 * segment of 60 KiB in one frame, expects it back so, and one from the guest, both cut only by who
 * has not room for them. end: ends the guest. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_TYPE   0x88b5
#define HEADER_BYTES 14u
#define NUMBER_BYTES 4u
#define LEAST_BYTES  60u
#define AT_A_TIME    100u
#define BUFFER_BYTES (128ul << 10)
#define WAIT_MS      10000

static int wire;
static unsigned char guest[6], own[6];

static _Noreturn void fail(const char *what)
{
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void open_wire(const char *interface)
{
  struct ifreq request = {0};
  wire = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
  if (wire < 0)
    fail("socket");
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
  if (ioctl(wire, SIOCGIFHWADDR, &request) != 0)
    fail("address");
  memcpy(own, request.ifr_hwaddr.sa_data, sizeof(own));
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(ETH_P_ALL),
                                .sll_ifindex = (int) if_nametoindex(interface)};
  int on = 1;
  int bytes = 16 << 20;
  if (bind(wire, (struct sockaddr *) &address, sizeof(address)) != 0 ||
      setsockopt(wire, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) != 0 ||
      setsockopt(wire, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
      (setsockopt(wire, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0 &&
       setsockopt(wire, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) != 0))
    fail("options");
}

/* ---- Frames of our own: the pattern follows from number and length ---- */

static unsigned char pattern(uint32_t number, size_t at)
{
  return (unsigned char) (number * 13ul + at * 7 + at / 256);
}

static void make_frame(unsigned char *frame, uint32_t number, size_t len_bytes)
{
  memcpy(frame, guest, 6);
  memcpy(frame + 6, own, 6);
  frame[12] = FRAME_TYPE >> 8;
  frame[13] = FRAME_TYPE & 0xff;
  memcpy(frame + HEADER_BYTES, &number, NUMBER_BYTES);
  for (size_t i = HEADER_BYTES + NUMBER_BYTES; i < len_bytes; i++)
    frame[i] = pattern(number, i);
}

static void send_frame(const unsigned char *frame, size_t len_bytes)
{
  unsigned char buffer[sizeof(struct virtio_net_hdr) + 9216] = {0};
  memcpy(buffer + sizeof(struct virtio_net_hdr), frame, len_bytes);
  while (send(wire, buffer, sizeof(struct virtio_net_hdr) + len_bytes, 0) < 0)
    if (errno != ENOBUFS)
      fail("send");
}

/* The next frame of this type, with its header of virtio in front; returns its length without. */
static size_t receive(unsigned char *buffer, unsigned int type)
{
  for (;;)
  {
    struct pollfd poll_one = {.fd = wire, .events = POLLIN};
    if (poll(&poll_one, 1, WAIT_MS) != 1)
    {
      fprintf(stderr, "nothing comes\n");
      exit(1);
    }
    ssize_t bytes = recv(wire, buffer, BUFFER_BYTES, 0);
    const unsigned char *frame = buffer + sizeof(struct virtio_net_hdr);
    if (bytes < 0)
      fail("recv");
    size_t len_bytes = (size_t) bytes - sizeof(struct virtio_net_hdr);
    if (len_bytes >= LEAST_BYTES && (frame[12] << 8 | frame[13]) == (int) type &&
        memcmp(frame + 6, guest, 6) == 0)
      return len_bytes;
  }
}

static uint32_t check_frame(const unsigned char *frame, const size_t *lengths, size_t len_bytes)
{
  uint32_t number = 0;
  memcpy(&number, frame + HEADER_BYTES, NUMBER_BYTES);
  bool is_right = memcmp(frame, own, 6) == 0 && lengths[number % AT_A_TIME] == len_bytes;
  for (size_t i = HEADER_BYTES + NUMBER_BYTES; i < len_bytes; i++)
    is_right = is_right && frame[i] == pattern(number, i);
  if (!is_right)
  {
    fprintf(stderr, "frame %u is another one, with %zu bytes\n", number, len_bytes);
    exit(1);
  }
  return number;
}

static void echo(uint32_t count, size_t most_bytes)
{
  static unsigned char buffer[BUFFER_BYTES];
  unsigned char frame[9216];
  size_t lengths[AT_A_TIME];
  uint32_t sent = 0;
  for (uint32_t expected = 1; expected <= count; expected++)
  {
    for (; sent < count && sent - expected + 1 < AT_A_TIME - 1; sent++)
    {
      uint32_t number = sent + 1;
      size_t len_bytes = LEAST_BYTES + (number * 7919ul) % (most_bytes - LEAST_BYTES + 1);
      lengths[number % AT_A_TIME] = len_bytes;
      make_frame(frame, number, len_bytes);
      send_frame(frame, len_bytes);
    }
    size_t len_bytes = receive(buffer, FRAME_TYPE);
    uint32_t number = check_frame(buffer + sizeof(struct virtio_net_hdr), lengths, len_bytes);
    if (number != expected)
    {
      fprintf(stderr, "frame %u in place of %u\n", number, expected);
      exit(1);
    }
  }
  printf("%u frames came back\n", count);
}

/* ---- One after the other ---- */

static int by_size(const void *one, const void *other)
{
  double difference = *(const double *) one - *(const double *) other;
  return difference < 0 ? -1 : difference > 0;
}

static double now_us(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static void round_trips(uint32_t count)
{
  static unsigned char buffer[BUFFER_BYTES];
  unsigned char frame[LEAST_BYTES];
  double *times_us = calloc(count, sizeof(*times_us));
  size_t lengths[AT_A_TIME];
  double begin_us = now_us();
  for (uint32_t number = 1; number <= count; number++)
  {
    double before_us = now_us();
    lengths[number % AT_A_TIME] = sizeof(frame);
    make_frame(frame, number, sizeof(frame));
    send_frame(frame, sizeof(frame));
    check_frame(buffer + sizeof(struct virtio_net_hdr), lengths, receive(buffer, FRAME_TYPE));
    times_us[number - 1] = now_us() - before_us;
  }
  double all_us = now_us() - begin_us;
  qsort(times_us, count, sizeof(*times_us), by_size);
  printf("round trip: median %.1f us, 90 %%: %.1f, 99 %%: %.1f, mean %.1f\n", times_us[count / 2],
         times_us[count * 9ul / 10], times_us[count * 99ul / 100], all_us / count);
}

/* ---- Segments of TCP ---- */

#define LARGE_BYTES        (60u << 10)
#define LARGE_HEADER_BYTES 54u
#define GUESTS_LARGE_BYTES 32768u

static void large(void)
{
  static unsigned char buffer[BUFFER_BYTES];
  struct virtio_net_hdr *header = (struct virtio_net_hdr *) buffer;
  unsigned char *frame = buffer + sizeof(*header);
  *header = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
                                    .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
                                    .hdr_len = LARGE_HEADER_BYTES,
                                    .gso_size = 1448,
                                    .csum_start = 34,
                                    .csum_offset = 16};
  size_t len_bytes = LARGE_HEADER_BYTES + LARGE_BYTES;
  make_frame(frame, 1, len_bytes);
  static const unsigned char ip[20] = {0x45,
                                       0,
                                       (LARGE_BYTES + 40) >> 8,
                                       (LARGE_BYTES + 40) & 0xff,
                                       0,
                                       1,
                                       0x40,
                                       0,
                                       64,
                                       6,
                                       0,
                                       0,
                                       192,
                                       0,
                                       2,
                                       1,
                                       192,
                                       0,
                                       2,
                                       2};
  memcpy(frame + HEADER_BYTES, ip, sizeof(ip));
  memset(frame + 34, 0, 20);
  frame[46] = 0x50;
  frame[47] = 0x10;
  frame[12] = ETH_P_IP >> 8; /* the kernel drops large frames of types that it could not cut */
  frame[13] = ETH_P_IP & 0xff;
  if (send(wire, buffer, sizeof(*header) + len_bytes, 0) < 0)
    fail("send of a large frame");
  size_t back_bytes = receive(buffer, ETH_P_IP);
  if (back_bytes != len_bytes)
  {
    fprintf(stderr, "%zu bytes came back of %zu\n", back_bytes, len_bytes);
    exit(1);
  }
  for (size_t i = LARGE_HEADER_BYTES; i < len_bytes; i++)
    if (frame[i] != pattern(1, i))
    {
      fprintf(stderr, "byte %zu is another one\n", i);
      exit(1);
    }
  printf("%zu bytes came back in one frame\n", len_bytes);
}

/* The guest's own: its checksum is not there yet, and it has not been cut. */
static void large_of_guest(void)
{
  static unsigned char buffer[BUFFER_BYTES];
  unsigned char ask[LEAST_BYTES];
  make_frame(ask, 7, sizeof(ask));
  static const unsigned char word[] = {'l', 'a', 'r', 'g', 'e'};
  memcpy(ask + HEADER_BYTES + NUMBER_BYTES, word, sizeof(word));
  send_frame(ask, sizeof(ask));
  size_t len_bytes = receive(buffer, ETH_P_IP);
  const struct virtio_net_hdr *header = (const struct virtio_net_hdr *) buffer;
  const unsigned char *frame = buffer + sizeof(*header);
  if (len_bytes != LARGE_HEADER_BYTES + GUESTS_LARGE_BYTES ||
      header->gso_type != VIRTIO_NET_HDR_GSO_TCPV4 || header->gso_size != 1448 ||
      header->flags != VIRTIO_NET_HDR_F_NEEDS_CSUM)
  {
    fprintf(stderr, "%zu bytes, type %u, segments of %u, flags %u\n", len_bytes, header->gso_type,
            header->gso_size, header->flags);
    exit(1);
  }
  for (size_t i = 0; i < GUESTS_LARGE_BYTES; i++)
    if (frame[LARGE_HEADER_BYTES + i] != (unsigned char) (i * 7 + i / 256))
    {
      fprintf(stderr, "byte %zu of the guest's segment is another one\n", i);
      exit(1);
    }
  printf("%zu bytes came in one segment\n", len_bytes);
}

int main(int argc, char **argv)
{
  unsigned char end[LEAST_BYTES];
  struct ether_addr *address = argc < 4 ? NULL : ether_aton(argv[2]);
  if (address == NULL)
    return 2;
  memcpy(guest, address, sizeof(guest));
  open_wire(argv[1]);
  if (strcmp(argv[3], "echo") == 0 && argc == 6)
    echo((uint32_t) strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
  else if (strcmp(argv[3], "rtt") == 0 && argc == 5)
    round_trips((uint32_t) strtoul(argv[4], NULL, 10));
  else if (strcmp(argv[3], "large") == 0)
  {
    large();
    large_of_guest();
  }
  else if (strcmp(argv[3], "end") == 0)
  {
    make_frame(end, 0, sizeof(end));
    send_frame(end, sizeof(end));
  }
  else
    return 2;
  return 0;
}

/* Frames made and read by hand. */
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_ARGUMENTS 32
#define PATIENCE_MS    5000

const uint8_t guest_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};

void fail(const char *format, ...)
{
  va_list list;
  va_start(list, format);
  fprintf(stderr, "FAILED: ");
  vfprintf(stderr, format, list);
  fprintf(stderr, "\n");
  va_end(list);
  exit(EXIT_FAILURE);
}

/* ---- The program ---- */

static void start(struct net_program *program, char *const *arguments)
{
  char *all[MOST_ARGUMENTS] = {"uhyve-net-user", "--frames", "3", "--status", "4"};
  size_t count = 5;
  for (; *arguments != NULL && count < MOST_ARGUMENTS - 1; arguments++)
    all[count++] = *arguments;
  const char *path = getenv("NET_USER");
  CHECK(path != NULL);
  CHECK(net_program_start(program, path, all, false) == 0);
}

void guest_begin(struct guest *guest, char *const *arguments)
{
  char text[256] = "";
  start(&guest->program, arguments);
  net_program_read_status(&guest->program, text, sizeof(text) - 1);
  if (strcmp(text, "ready") != 0)
    fail("not ready: %s", text);
  CHECK(frame_stream_begin(&guest->stream, guest->program.frames_fd) == 0);
}

void guest_begin_refused(char *const *arguments, char text[static 256])
{
  struct net_program program;
  int status;
  start(&program, arguments);
  text[net_program_read_status(&program, text, 255)] = '\0';
  CHECK(waitpid(program.pid, &status, 0) == program.pid);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 125);
  close(program.frames_fd);
}

void guest_end(struct guest *guest)
{
  int status;
  close(guest->program.frames_fd);
  CHECK(waitpid(guest->program.pid, &status, 0) == guest->program.pid);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("uhyve-net-user has ended with %#x", (unsigned int) status);
  frame_stream_end(&guest->stream);
}

/* ---- Frames ---- */

static void wait_for(struct guest *guest, short events)
{
  struct pollfd polled = {.fd = guest->stream.fd, .events = events};
  if (poll(&polled, 1, PATIENCE_MS) != 1)
    fail("nothing comes, or is taken, for %d ms", PATIENCE_MS);
}

void guest_send(struct guest *guest, const void *frame, size_t bytes)
{
  const struct iovec piece = {.iov_base = (void *) frame, .iov_len = bytes};
  CHECK(frame_stream_send(&guest->stream, &piece, 1) == 0);
  int error;
  while ((error = frame_stream_flush(&guest->stream)) == -EAGAIN)
    wait_for(guest, POLLOUT);
  CHECK(error == 0);
}

static void answer_arp(struct guest *guest, const struct frame *asked)
{
  struct frame frame = {.ethernet.ether_type = htons(ETHERTYPE_ARP), .arp = asked->arp};
  memcpy(frame.ethernet.ether_dhost, asked->ethernet.ether_shost, 6);
  memcpy(frame.ethernet.ether_shost, guest_mac, 6);
  frame.arp.arp_op = htons(ARPOP_REPLY);
  memcpy(frame.arp.arp_sha, guest_mac, 6);
  memcpy(frame.arp.arp_spa, asked->arp.arp_tpa, 4);
  memcpy(frame.arp.arp_tha, asked->arp.arp_sha, 6);
  memcpy(frame.arp.arp_tpa, asked->arp.arp_spa, 4);
  guest_send(guest, &frame, sizeof(frame.ethernet) + sizeof(frame.arp));
}

size_t guest_receive(struct guest *guest, struct frame *frame,
                     bool (*is_wanted)(const struct frame *frame))
{
  for (;;)
  {
    const uint8_t *data;
    ssize_t bytes = frame_stream_receive(&guest->stream, &data);
    if (bytes == -EAGAIN)
    {
      wait_for(guest, POLLIN);
      continue;
    }
    CHECK(bytes > 0 && (size_t) bytes <= sizeof(*frame));
    memset(frame, 0, sizeof(*frame));
    memcpy(frame, data, (size_t) bytes);
    if (is_arp(frame) && frame->arp.arp_op == htons(ARPOP_REQUEST))
      answer_arp(guest, frame);
    if (is_wanted(frame))
      return (size_t) bytes;
  }
}

bool is_arp(const struct frame *frame)
{
  return frame->ethernet.ether_type == htons(ETHERTYPE_ARP);
}

static bool is_ipv4(const struct frame *frame, uint8_t protocol)
{
  return frame->ethernet.ether_type == htons(ETHERTYPE_IP) && frame->ip.ihl == 5 &&
         frame->ip.protocol == protocol;
}

bool is_icmp(const struct frame *frame)
{
  return is_ipv4(frame, IPPROTO_ICMP);
}

bool is_udp(const struct frame *frame)
{
  return is_ipv4(frame, IPPROTO_UDP);
}

bool is_tcp(const struct frame *frame)
{
  return is_ipv4(frame, IPPROTO_TCP);
}

bool is_ipv6(const struct frame *frame)
{
  return frame->ethernet.ether_type == htons(ETHERTYPE_IPV6);
}

uint16_t checksum(uint32_t sum, const void *data, size_t bytes)
{
  const uint8_t *at = data;
  for (size_t i = 0; i < bytes; i++)
    sum += i % 2 == 0 ? (uint32_t) at[i] << 8 : at[i];
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t) ~sum);
}

size_t make_arp_question(struct frame *frame, uint32_t own, uint32_t other)
{
  *frame = (struct frame){.ethernet.ether_type = htons(ETHERTYPE_ARP)};
  memset(frame->ethernet.ether_dhost, 0xff, 6);
  memcpy(frame->ethernet.ether_shost, guest_mac, 6);
  frame->arp.ea_hdr = (struct arphdr){.ar_hrd = htons(ARPHRD_ETHER),
                                      .ar_pro = htons(ETHERTYPE_IP),
                                      .ar_hln = 6,
                                      .ar_pln = 4,
                                      .ar_op = htons(ARPOP_REQUEST)};
  memcpy(frame->arp.arp_sha, guest_mac, 6);
  memcpy(frame->arp.arp_spa, &own, 4);
  memcpy(frame->arp.arp_tpa, &other, 4);
  return sizeof(frame->ethernet) + sizeof(frame->arp);
}

void guest_announce(struct guest *guest)
{
  struct frame frame;
  const uint32_t host = htonl(HOST_IPV4);
  size_t bytes = make_arp_question(&frame, htonl(GUEST_IPV4), host);
  guest_send(guest, &frame, bytes);
  guest_receive(guest, &frame, is_arp);
  CHECK(frame.arp.arp_op == htons(ARPOP_REPLY));
  CHECK(memcmp(frame.arp.arp_spa, &host, 4) == 0);
}

static void begin_ipv4(struct frame *frame, uint32_t to, uint8_t protocol, size_t bytes)
{
  frame->ethernet.ether_type = htons(ETHERTYPE_IP);
  memset(frame->ethernet.ether_dhost, 0xff, 6);
  memcpy(frame->ethernet.ether_shost, guest_mac, 6);
  frame->ip = (struct iphdr){.version = 4,
                             .ihl = 5,
                             .tot_len = htons((uint16_t) (sizeof(frame->ip) + bytes)),
                             .ttl = 64,
                             .protocol = protocol,
                             .saddr = htonl(GUEST_IPV4),
                             .daddr = htonl(to)};
  frame->ip.check = checksum(0, &frame->ip, sizeof(frame->ip));
}

/* Of the pseudo header. */
static uint32_t begin_sum(uint32_t to, uint8_t protocol, size_t bytes)
{
  return (GUEST_IPV4 >> 16) + (GUEST_IPV4 & 0xffff) + (to >> 16) + (to & 0xffff) + protocol +
         (uint32_t) bytes;
}

void guest_send_udp(struct guest *guest, uint32_t to, uint16_t from_port, uint16_t to_port,
                    const void *data, size_t bytes)
{
  struct frame frame = {0};
  size_t all = sizeof(frame.udp) + bytes;
  CHECK(bytes <= sizeof(frame.udp_data));
  begin_ipv4(&frame, to, IPPROTO_UDP, all);
  frame.udp.source = htons(from_port);
  frame.udp.dest = htons(to_port);
  frame.udp.len = htons((uint16_t) all);
  memcpy(frame.udp_data, data, bytes);
  frame.udp.check = checksum(begin_sum(to, IPPROTO_UDP, all), &frame.udp, all);
  guest_send(guest, &frame, sizeof(frame.ethernet) + sizeof(frame.ip) + all);
}

void guest_send_tcp(struct guest *guest, struct tcp_end *end, uint8_t flags, const void *data,
                    size_t bytes)
{
  struct frame frame = {0};
  size_t all = sizeof(frame.tcp) + bytes;
  CHECK(bytes <= sizeof(frame.tcp_data));
  begin_ipv4(&frame, end->to, IPPROTO_TCP, all);
  frame.tcp.th_sport = htons(end->from_port);
  frame.tcp.th_dport = htons(end->to_port);
  frame.tcp.th_seq = htonl(end->next);
  frame.tcp.th_ack = htonl(end->seen);
  frame.tcp.th_off = 5;
  frame.tcp.th_flags = flags;
  frame.tcp.th_win = htons(32768);
  if (bytes > 0)
    memcpy(frame.tcp_data, data, bytes);
  frame.tcp.th_sum = checksum(begin_sum(end->to, IPPROTO_TCP, all), &frame.tcp, all);
  guest_send(guest, &frame, sizeof(frame.ethernet) + sizeof(frame.ip) + all);
  end->next += (uint32_t) bytes + ((flags & (TH_SYN | TH_FIN)) != 0 ? 1 : 0);
}

size_t guest_receive_tcp(struct guest *guest, struct tcp_end *end, uint8_t flags, void *data,
                         size_t most)
{
  for (;;)
  {
    struct frame frame;
    guest_receive(guest, &frame, is_tcp);
    if (frame.tcp.th_dport != htons(end->from_port) || frame.tcp.th_sport != htons(end->to_port))
      continue;
    size_t header = 4 * (size_t) frame.tcp.th_off;
    size_t bytes = ntohs(frame.ip.tot_len) - sizeof(frame.ip) - header;
    bool is_next = (frame.tcp.th_flags & TH_SYN) != 0 || ntohl(frame.tcp.th_seq) == end->seen;
    if (!is_next || ((frame.tcp.th_flags & flags) == 0 && bytes == 0))
      continue;
    CHECK(bytes <= most);
    if (bytes > 0)
      memcpy(data, (const uint8_t *) &frame.tcp + header, bytes);
    end->seen = ntohl(frame.tcp.th_seq) + (uint32_t) bytes +
                ((frame.tcp.th_flags & (TH_SYN | TH_FIN)) != 0 ? 1 : 0);
    return bytes;
  }
}

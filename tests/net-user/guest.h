/* A guest by hand: frames to and from uhyve-net-user, without a virtual machine. All that fails
 * ends the test. */
#ifndef TESTS_NET_USER_GUEST_H
#define TESTS_NET_USER_GUEST_H

#include <netinet/ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uhyve/net/frame_stream.h"
#include "uhyve/net/net_program.h"

#define GUEST_IPV4 0x0a00020fu /* 10.0.2.15 */
#define HOST_IPV4  0x0a000202u
#define DNS_IPV4   0x0a000203u

struct guest
{
  struct net_program program;
  struct frame_stream stream;
};

struct frame
{
  struct ether_header ethernet;
  union
  {
    struct ether_arp arp;
    struct
    {
      struct iphdr ip;
      union
      {
        struct icmphdr icmp;
        struct
        {
          struct udphdr udp;
          uint8_t udp_data[1400];
        };
        struct
        {
          struct tcphdr tcp;
          uint8_t tcp_data[1400];
        };
      };
    };
    struct
    {
      struct ip6_hdr ip6;
      uint8_t ip6_data[1400];
    };
  };
} __attribute__((packed, aligned(2)));

extern const uint8_t guest_mac[6];

__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...);
#define CHECK(condition)                                 \
  do                                                     \
  {                                                      \
    if (!(condition))                                    \
      fail("%s:%d: %s", __FILE__, __LINE__, #condition); \
  } while (0)

/* Begins the program with --frames, --status and the arguments, which end with a null; it must say
 * that it is ready. */
void guest_begin(struct guest *guest, char *const *arguments);

/* As guest_begin(), of one that must not: returns what it says instead. */
void guest_begin_refused(char *const *arguments, char text[static 256]);

/* The program must end by itself, with status 0. */
void guest_end(struct guest *guest);

void guest_send(struct guest *guest, const void *frame, size_t bytes);

/* The next frame, at most five seconds away; others than of this kind are dropped. */
size_t guest_receive(struct guest *guest, struct frame *frame,
                     bool (*is_wanted)(const struct frame *frame));

/* Answers ARP too, so that the host finds the guest; nothing else comes of it. */
void guest_announce(struct guest *guest);

/* An ARP request of the guest's for the other address; both in network order. Returns its bytes. */
size_t make_arp_question(struct frame *frame, uint32_t own, uint32_t other);

/* Fill in headers and checksums, and send. Addresses and ports are in host order. */
void guest_send_udp(struct guest *guest, uint32_t to, uint16_t from_port, uint16_t to_port,
                    const void *data, size_t bytes);

struct tcp_end
{
  uint32_t to;
  uint16_t from_port;
  uint16_t to_port;
  uint32_t next; /* of our bytes */
  uint32_t seen; /* of theirs */
};

void guest_send_tcp(struct guest *guest, struct tcp_end *end, uint8_t flags, const void *data,
                    size_t bytes);

/* The next segment of a connection that has any of the flags or data, which it acknowledges; data
 * go to `data`. Returns their length. */
size_t guest_receive_tcp(struct guest *guest, struct tcp_end *end, uint8_t flags, void *data,
                         size_t most);

bool is_arp(const struct frame *frame);
bool is_icmp(const struct frame *frame);
bool is_udp(const struct frame *frame);
bool is_tcp(const struct frame *frame);
bool is_ipv6(const struct frame *frame);

uint16_t checksum(uint32_t sum, const void *data, size_t bytes);

#endif

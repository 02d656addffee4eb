/* A neighbour advertisement out of a solicitation by which a guest looks for owners of its address.
 */
#include "neighbour.h"

#include <arpa/inet.h>
#include <netinet/ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <string.h>

struct solicitation
{
  struct ether_header ethernet;
  struct ip6_hdr ip;
  struct nd_neighbor_solicit ask;
} __attribute__((packed));

struct advertisement
{
  struct ether_header ethernet;
  struct ip6_hdr ip;
  struct nd_neighbor_advert tell;
} __attribute__((packed));

_Static_assert(sizeof(struct advertisement) == NEIGHBOUR_FRAME_BYTES, "frame");

static bool looks_for_owner(const struct solicitation *asked)
{
  static const struct in6_addr nobody;
  struct in6_addr source = asked->ip.ip6_src;
  struct in6_addr target = asked->ask.nd_ns_target;
  return asked->ethernet.ether_type == htons(ETHERTYPE_IPV6) &&
         asked->ip.ip6_nxt == IPPROTO_ICMPV6 && asked->ask.nd_ns_type == ND_NEIGHBOR_SOLICIT &&
         IN6_ARE_ADDR_EQUAL(&source, &nobody) && !IN6_IS_ADDR_MULTICAST(&target) &&
         !IN6_IS_ADDR_LINKLOCAL(&target) && !IN6_IS_ADDR_UNSPECIFIED(&target);
}

static uint32_t add_words(uint32_t sum, const void *data, size_t bytes)
{
  const uint8_t *at = data;
  for (size_t i = 0; i < bytes; i += 2)
    sum += (uint32_t) at[i] << 8 | at[i + 1];
  return sum;
}

static uint16_t checksum(const struct advertisement *frame)
{
  uint32_t sum = add_words(IPPROTO_ICMPV6 + sizeof(frame->tell), &frame->ip.ip6_src, 32);
  sum = add_words(sum, &frame->tell, sizeof(frame->tell));
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t) ~sum);
}

size_t neighbour_introduce(const uint8_t *frame, size_t bytes,
                           uint8_t made[static NEIGHBOUR_FRAME_BYTES])
{
  struct solicitation asked;
  if (bytes < sizeof(asked))
    return 0;
  memcpy(&asked, frame, sizeof(asked));
  if (!looks_for_owner(&asked))
    return 0;
  struct advertisement told = {
      .ethernet = asked.ethernet,
      .ip = {.ip6_plen = htons(sizeof(told.tell)),
             .ip6_nxt = IPPROTO_ICMPV6,
             .ip6_hlim = 255,
             .ip6_src = asked.ask.nd_ns_target},
      .tell = {.nd_na_type = ND_NEIGHBOR_ADVERT, .nd_na_target = asked.ask.nd_ns_target},
  };
  told.ip.ip6_vfc = 6 << 4;
  inet_pton(AF_INET6, "fe80::2", &told.ip.ip6_dst);
  told.tell.nd_na_cksum = checksum(&told);
  memcpy(made, &told, sizeof(told));
  return sizeof(told);
}

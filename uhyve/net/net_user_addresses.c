/* Looks at the addresses of --net user: with others than these the network would be dead without a
 * word. */
#include "net_user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Of a guest without an address: 10.0.2.15/24. */
#define USUAL_GUEST  0x0a00020fu
#define USUAL_PREFIX 24

static uint32_t address_of(const uint8_t bytes[static 4])
{
  return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
         bytes[3];
}

static int check_ipv4(const struct net_option *option, char message[static 256])
{
  unsigned int prefix = option->has_ipv4 ? option->ipv4_prefix : USUAL_PREFIX;
  if (prefix < 1 || prefix > 29)
  {
    snprintf(message, 256, "--net user: a network of /%u has no room for host and name server",
             prefix);
    return -EINVAL;
  }
  uint32_t mask = ~0u << (32 - prefix);
  uint32_t guest = option->has_ipv4 ? address_of(option->ipv4) : USUAL_GUEST;
  uint32_t gateway = address_of(option->ipv4_gateway);
  uint32_t first = guest & mask;
  uint32_t last = guest | ~mask;
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &(uint32_t){htonl(first)}, text, sizeof(text));
  if (guest == first || guest == last)
    snprintf(message, 256, "--net user: ip= is not the address of a host in %s/%u", text, prefix);
  else if (gateway != 0 && ((gateway & mask) != first || gateway == first || gateway == last))
    snprintf(message, 256,
             "--net user: gateway= is not the address of a host in %s/%u, as it is to be", text,
             prefix);
  else if (gateway == guest)
    snprintf(message, 256, "--net user: gateway= is the guest's own address");
  else
    return 0;
  return -EINVAL;
}

/* What user_network.c has, whatever is asked for: fec0::/64, in which ::2 is the host and ::3 the
 * name server. */
static int check_ipv6(const struct net_option *option, char message[static 256])
{
  static const uint8_t none[16];
  static const uint8_t network[8] = {0xfe, 0xc0};
  static const uint8_t host[16] = {0xfe, 0xc0, [15] = 2};
  static const uint8_t near_host[16] = {0xfe, 0x80, [15] = 2};
  if (option->has_ipv6 &&
      (option->ipv6_prefix != 64 || memcmp(option->ipv6, network, sizeof(network)) != 0 ||
       (memcmp(option->ipv6 + 8, none, 7) == 0 && option->ipv6[15] <= 3)))
    snprintf(
        message, 256,
        "--net user: ip= for IPv6 is one of fec0::/64, from fec0::4 on: nothing else is there");
  else if (memcmp(option->ipv6_gateway, none, sizeof(none)) != 0 &&
           memcmp(option->ipv6_gateway, host, sizeof(host)) != 0 &&
           memcmp(option->ipv6_gateway, near_host, sizeof(near_host)) != 0)
    snprintf(message, 256, "--net user: the gateway for IPv6 is fec0::2: nothing else is there");
  else
    return 0;
  return -EINVAL;
}

int net_user_check_addresses(const struct net_option *option, char message[static 256])
{
  int error = check_ipv4(option, message);
  return error == 0 ? check_ipv6(option, message) : error;
}

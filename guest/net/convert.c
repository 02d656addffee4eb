/* Conversion of names, addresses and errors: the one place that knows both layouts. */
#include "net/convert.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

void convert_from_ipv4(ip_addr_t *to, uint32_t number)
{
  ip4_addr_set_u32(ip_2_ip4(to), number);
  to->type = IPADDR_TYPE_V4;
}

void convert_from_ipv6(ip_addr_t *to, const uint32_t numbers[4])
{
  ip_addr_set_zero_ip6(to);
  memcpy(ip_2_ip6(to)->addr, numbers, sizeof(ip_2_ip6(to)->addr));
}

static void from_ipv6(ip_addr_t *to, const struct sockaddr_in6 *name)
{
  if (IN6_IS_ADDR_V4MAPPED(&name->sin6_addr))
  {
    convert_from_ipv4(to, name->sin6_addr.s6_addr32[3]);
    return;
  }
  convert_from_ipv6(to, name->sin6_addr.s6_addr32);
  if (ip6_addr_has_scope(ip_2_ip6(to), IP6_UNKNOWN))
    ip6_addr_set_zone(ip_2_ip6(to), (u8_t) name->sin6_scope_id);
}

int convert_from_name(struct internet_address *to, int family, const struct socket_name *name)
{
  if (name->len_bytes < sizeof(name->family))
    return -EINVAL;
  if (family == AF_INET)
  {
    struct sockaddr_in ipv4;
    if (name->len_bytes < sizeof(ipv4))
      return -EINVAL;
    memcpy(&ipv4, name->bytes, sizeof(ipv4));
    if (ipv4.sin_family != AF_INET)
      return -EAFNOSUPPORT;
    convert_from_ipv4(&to->address, ipv4.sin_addr.s_addr);
    to->port = ntohs(ipv4.sin_port);
    return 0;
  }
  struct sockaddr_in6 ipv6;
  if (name->family == AF_INET && name->len_bytes >= sizeof(struct sockaddr_in))
    return -EAFNOSUPPORT;
  if (name->len_bytes < sizeof(ipv6) - sizeof(ipv6.sin6_scope_id))
    return -EINVAL;
  memcpy(&ipv6, name->bytes, sizeof(ipv6));
  if (ipv6.sin6_family != AF_INET6)
    return -EAFNOSUPPORT;
  from_ipv6(&to->address, &ipv6);
  to->port = ntohs(ipv6.sin6_port);
  return 0;
}

static void to_ipv6(struct sockaddr_in6 *name, const ip_addr_t *address)
{
  uint32_t *longs = name->sin6_addr.s6_addr32;
  if (IP_IS_V4_VAL(*address) && !ip_addr_isany(address))
  {
    longs[2] = htonl(0xffff);
    longs[3] = ip_addr_get_ip4_u32(address);
  }
  else if (IP_IS_V6_VAL(*address) && !IP_IS_ANY_TYPE_VAL(*address))
  {
    memcpy(longs, ip_2_ip6(address)->addr, sizeof(name->sin6_addr));
    name->sin6_scope_id = ip6_addr_zone(ip_2_ip6(address));
  }
}

void convert_to_name(struct socket_name *name, int family, const ip_addr_t *address, uint16_t port)
{
  memset(name->bytes, 0, sizeof(name->bytes));
  if (family == AF_INET)
  {
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (IP_IS_V4_VAL(*address))
      ipv4.sin_addr.s_addr = ip_addr_get_ip4_u32(address);
    memcpy(name->bytes, &ipv4, sizeof(ipv4));
    name->len_bytes = sizeof(ipv4);
    return;
  }
  struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  to_ipv6(&ipv6, address);
  memcpy(name->bytes, &ipv6, sizeof(ipv6));
  name->len_bytes = sizeof(ipv6);
}

int convert_error(err_t error)
{
  static const uint8_t numbers[] = {
      [-ERR_OK] = 0,
      [-ERR_MEM] = ENOBUFS,
      [-ERR_BUF] = ENOBUFS,
      [-ERR_TIMEOUT] = ETIMEDOUT,
      [-ERR_RTE] = ENETUNREACH,
      [-ERR_INPROGRESS] = EINPROGRESS,
      [-ERR_VAL] = EINVAL,
      [-ERR_WOULDBLOCK] = EAGAIN,
      [-ERR_USE] = EADDRINUSE,
      [-ERR_ALREADY] = EALREADY,
      [-ERR_ISCONN] = EISCONN,
      [-ERR_CONN] = ENOTCONN,
      [-ERR_IF] = EIO,
      [-ERR_ABRT] = ETIMEDOUT, /* by lwIP itself, after its last attempt */
      [-ERR_RST] = ECONNRESET,
      [-ERR_CLSD] = EPIPE,
      [-ERR_ARG] = EINVAL,
  };
  unsigned int index = (unsigned int) -(int) error;
  return index < sizeof(numbers) ? -(int) numbers[index] : -EIO;
}

/* Addresses of IPv4 as text in the older forms: one to four numbers, also octal and hexadecimal. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#define MOST_PARTS 4

int inet_aton(const char *text, struct in_addr *address)
{
  unsigned long parts[MOST_PARTS];
  int count = 0;
  for (;;)
  {
    char *end;
    if (!isdigit((unsigned char) *text))
      return 0;
    parts[count++] = strtoul(text, &end, 0);
    if (*end == '\0' || isspace((unsigned char) *end))
      break;
    if (*end != '.' || count == MOST_PARTS)
      return 0;
    text = end + 1;
  }
  unsigned long number = parts[count - 1];
  if (number > 0xfffffffful >> 8 * (count - 1))
    return 0;
  for (int i = 0; i < count - 1; i++)
  {
    if (parts[i] > 0xff)
      return 0;
    number |= parts[i] << (24 - 8 * i);
  }
  if (address != NULL)
    address->s_addr = htonl((in_addr_t) number);
  return 1;
}

in_addr_t inet_addr(const char *text)
{
  struct in_addr address;
  return inet_aton(text, &address) != 0 ? address.s_addr : INADDR_NONE;
}

/* ---- Networks by class ---- */

in_addr_t inet_network(const char *text)
{
  struct in_addr address;
  in_addr_t number = 0;
  int shift = 24;
  if (inet_aton(text, &address) == 0)
    return INADDR_NONE;
  for (const char *at = text; *at != '\0'; at++)
    shift -= *at == '.' ? 8 : 0;
  number = ntohl(address.s_addr);
  /* Parts that are missing are those in front. */
  if (shift == 24)
    return number;
  in_addr_t last = number & ((1u << (shift + 8)) - 1);
  return (number >> (shift + 8) << 8 | last) & 0xffffffff;
}

static int host_bits(in_addr_t number)
{
  if (IN_CLASSA(number))
    return IN_CLASSA_NSHIFT;
  return IN_CLASSB(number) ? IN_CLASSB_NSHIFT : IN_CLASSC_NSHIFT;
}

in_addr_t inet_netof(struct in_addr address)
{
  in_addr_t number = ntohl(address.s_addr);
  return number >> host_bits(number);
}

in_addr_t inet_lnaof(struct in_addr address)
{
  in_addr_t number = ntohl(address.s_addr);
  return number & ((1u << host_bits(number)) - 1);
}

struct in_addr inet_makeaddr(in_addr_t network, in_addr_t host)
{
  int shift = network < 128 ? 24 : network < 65536 ? 16 : network < 1u << 24 ? 8 : 0;
  return (struct in_addr){.s_addr = htonl(network << shift | host)};
}

/* Ethernet addresses as text. */
#include <ctype.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_BYTES 18

char *ether_ntoa_r(const struct ether_addr *address, char *text)
{
  const uint8_t *octets = address->ether_addr_octet;
  sprintf(text, "%x:%x:%x:%x:%x:%x", octets[0], octets[1], octets[2], octets[3], octets[4],
          octets[5]);
  return text;
}

char *ether_ntoa(const struct ether_addr *address)
{
  static _Thread_local char text[TEXT_BYTES];
  return ether_ntoa_r(address, text);
}

struct ether_addr *ether_aton_r(const char *text, struct ether_addr *address)
{
  for (int i = 0; i < ETH_ALEN; i++)
  {
    char *end;
    unsigned long octet = strtoul(text, &end, 16);
    if (!isxdigit((unsigned char) *text) || octet > UINT8_MAX || (i < ETH_ALEN - 1 && *end != ':'))
      return NULL;
    address->ether_addr_octet[i] = (uint8_t) octet;
    text = end + 1;
  }
  return address;
}

struct ether_addr *ether_aton(const char *text)
{
  static _Thread_local struct ether_addr address;
  return ether_aton_r(text, &address);
}

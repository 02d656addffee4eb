/* Addresses of the Internet as text. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct in6_addr in6addr_any = IN6ADDR_ANY_INIT;
const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

#define GROUPS 8 /* of an address of IPv6, 16 bits each */

/* ---- To text ---- */

static int print_ipv4(const unsigned char *bytes, char *text, size_t size_bytes)
{
  return snprintf(text, size_bytes, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* The longest run of zeros, of two groups at least (RFC 5952). */
static int find_zeros(const unsigned int groups[GROUPS], int *length)
{
  int best = -1;
  *length = 1;
  for (int i = 0; i < GROUPS; i++)
  {
    int count = 0;
    while (i + count < GROUPS && groups[i + count] == 0)
      count++;
    if (count > *length)
    {
      best = i;
      *length = count;
    }
    i += count;
  }
  return best;
}

static void print_ipv6(const unsigned char *bytes, char text[INET6_ADDRSTRLEN])
{
  unsigned int groups[GROUPS];
  int zeros_length;
  char *at = text;
  for (int i = 0; i < GROUPS; i++)
    groups[i] = (unsigned int) bytes[2 * (size_t) i] << 8 | bytes[2 * (size_t) i + 1];
  int zeros = find_zeros(groups, &zeros_length);
  bool has_ipv4 = zeros == 0 && (zeros_length == 6 || (zeros_length == 5 && groups[5] == 0xffff));
  int count = has_ipv4 ? 6 : GROUPS;
  *at = '\0';
  for (int i = 0; i < count; i++)
  {
    if (i == zeros)
    {
      at += sprintf(at, i == 0 ? "::" : ":");
      i += zeros_length - 1;
      continue;
    }
    at += sprintf(at, "%x%s", groups[i], i + 1 < GROUPS ? ":" : "");
  }
  if (has_ipv4)
    (void) print_ipv4(bytes + 12, at, INET_ADDRSTRLEN);
}

const char *inet_ntop(int family, const void *restrict address, char *restrict text,
                      socklen_t size_bytes)
{
  char whole[INET6_ADDRSTRLEN];
  if (family == AF_INET)
    (void) print_ipv4(address, whole, sizeof(whole));
  else if (family == AF_INET6)
    print_ipv6(address, whole);
  else
  {
    errno = EAFNOSUPPORT;
    return NULL;
  }
  size_t len = strlen(whole);
  if (len >= size_bytes)
  {
    errno = ENOSPC;
    return NULL;
  }
  return memcpy(text, whole, len + 1);
}

char *inet_ntoa(struct in_addr address)
{
  static _Thread_local char text[INET_ADDRSTRLEN];
  (void) print_ipv4((const unsigned char *) &address, text, sizeof(text));
  return text;
}

/* ---- From text ---- */

/* Four decimal numbers without leading zeros. */
static bool scan_ipv4(const char *text, unsigned char bytes[4])
{
  for (int i = 0; i < 4; i++)
  {
    unsigned int number = 0;
    int digits = 0;
    while (digits < 4 && isdigit((unsigned char) text[digits]))
      number = number * 10 + (unsigned int) (text[digits++] - '0');
    if (digits == 0 || number > 255 || (digits > 1 && text[0] == '0'))
      return false;
    bytes[i] = (unsigned char) number;
    text += digits;
    if (*text++ != (i < 3 ? '.' : '\0'))
      return false;
  }
  return true;
}

static int digit_of(char c)
{
  if (isdigit((unsigned char) c))
    return c - '0';
  return isxdigit((unsigned char) c) ? (c | 0x20) - 'a' + 10 : -1;
}

/* One group: how many digits, 0: it is none. */
static int scan_group(const char *text, unsigned int *group)
{
  int digits = 0;
  *group = 0;
  while (digits < 5 && digit_of(text[digits]) >= 0)
    *group = *group << 4 | (unsigned int) digit_of(text[digits++]);
  return digits <= 4 ? digits : 0;
}

static bool scan_ipv6(const char *text, unsigned char bytes[16])
{
  unsigned char found[16] = {0};
  int count = 0; /* bytes */
  int gap = -1;
  if (text[0] == ':' && *++text != ':')
    return false;
  while (*text != '\0')
  {
    unsigned int group;
    if (*text == ':')
    {
      if (gap >= 0)
        return false;
      gap = count;
      text++;
      continue;
    }
    int digits = scan_group(text, &group);
    if (digits == 0 || count > 14)
      return false;
    if (text[digits] == '.')
    {
      if (count > 12 || !scan_ipv4(text, found + count))
        return false;
      count += 4;
      break;
    }
    found[count++] = (unsigned char) (group >> 8);
    found[count++] = (unsigned char) group;
    text += digits;
    if (*text == ':' && *++text == '\0')
      return false;
    if (*text != '\0' && text[-1] != ':')
      return false;
  }
  if (gap < 0 ? count != 16 : count > 14)
    return false;
  if (gap >= 0)
  {
    memmove(found + 16 - (count - gap), found + gap, (size_t) (count - gap));
    memset(found + gap, 0, (size_t) (16 - count));
  }
  memcpy(bytes, found, sizeof(found));
  return true;
}

int inet_pton(int family, const char *restrict text, void *restrict address)
{
  unsigned char ipv4[4];
  switch (family)
  {
  case AF_INET:
    if (!scan_ipv4(text, ipv4))
      return 0;
    memcpy(address, ipv4, sizeof(ipv4));
    return 1;
  case AF_INET6:
    return scan_ipv6(text, address) ? 1 : 0;
  default:
    errno = EAFNOSUPPORT;
    return -1;
  }
}

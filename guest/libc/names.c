/* Finding hosts: addresses of names, names of addresses. */
#include "libc/names.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void names_add(struct names_found *found, int family, const void *bytes)
{
  size_t len_bytes = names_address_bytes(family);
  for (int i = 0; i < found->count; i++)
    if (found->addresses[i].family == family &&
        memcmp(found->addresses[i].bytes, bytes, len_bytes) == 0)
      return;
  if (found->count == NAMES_MOST_ADDRESSES)
    return;
  struct names_address *address = &found->addresses[found->count++];
  *address = (struct names_address){.family = family};
  memcpy(address->bytes, bytes, len_bytes);
}

static bool scope_of(const char *text, uint32_t *scope)
{
  char *end;
  *scope = if_nametoindex(text);
  if (*scope != 0)
    return true;
  *scope = (uint32_t) strtoul(text, &end, 10);
  return *text != '\0' && *end == '\0';
}

bool names_is_address(const char *text, struct names_address *address)
{
  char copy[INET6_ADDRSTRLEN];
  *address = (struct names_address){.family = AF_INET};
  if (inet_aton(text, (struct in_addr *) address->bytes) != 0)
    return text[strcspn(text, " \t")] == '\0';
  address->family = AF_INET6;
  size_t len = strcspn(text, "%");
  if (len >= sizeof(copy))
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  if (inet_pton(AF_INET6, copy, address->bytes) != 1)
    return false;
  return text[len] == '\0' || scope_of(text + len + 1, &address->scope);
}

/* ---- Asking servers ---- */

/* Whole, with nothing behind it. */
static int ask_whole(const struct names_config *config, struct names_found *found, const char *name,
                     int family)
{
  int first = EAI_NODATA;
  int second = EAI_NODATA;
  strlcpy(found->canonical, name, sizeof(found->canonical));
  if (family != AF_INET)
    first = dns_find(config, name, DNS_AAAA, found);
  if (family != AF_INET6)
    second = dns_find(config, name, DNS_A, found);
  if (found->count > 0)
    return 0;
  return family == AF_INET6 || (second == EAI_NODATA && family != AF_INET) ? first : second;
}

static int count_dots(const char *name)
{
  int count = 0;
  for (; *name != '\0'; name++)
    count += *name == '.';
  return count;
}

static int ask_with_domains(const struct names_config *config, struct names_found *found,
                            const char *name, int family)
{
  char whole[NAMES_BYTES];
  bool has_end = name[0] != '\0' && name[strlen(name) - 1] == '.';
  bool is_whole_first = has_end || count_dots(name) >= config->dots;
  int result = EAI_NONAME;
  if (is_whole_first)
    result = ask_whole(config, found, name, family);
  for (int i = 0; i < config->domain_count && !has_end && result != 0 && result != EAI_AGAIN; i++)
    if (snprintf(whole, sizeof(whole), "%s.%s", name, config->domains[i]) < (int) sizeof(whole))
      result = ask_whole(config, found, whole, family);
  if (!is_whole_first && result != 0 && result != EAI_AGAIN)
    result = ask_whole(config, found, name, family);
  return result;
}

int names_find(struct names_found *found, const char *name, int family)
{
  struct names_config config;
  found->count = 0;
  found->canonical[0] = '\0';
  if (name[0] == '\0' || strlen(name) >= NAMES_BYTES)
    return EAI_NONAME;
  if (hosts_find(found, name, family))
    return 0;
  names_configure(&config);
  return ask_with_domains(&config, found, name, family);
}

/* ---- The other way round ---- */

static void make_reverse(int family, const unsigned char *bytes, char text[NAMES_BYTES])
{
  if (family == AF_INET)
  {
    snprintf(text, NAMES_BYTES, "%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
    return;
  }
  for (int i = 15; i >= 0; i--)
    text += sprintf(text, "%x.%x.", bytes[i] & 0xfu, bytes[i] >> 4);
  strcpy(text, "ip6.arpa");
}

int names_find_reverse(int family, const void *bytes, char name[NAMES_BYTES])
{
  struct names_config config;
  struct names_found found = {.count = 0};
  char reverse[NAMES_BYTES];
  if (hosts_find_reverse(family, bytes, name))
    return 0;
  names_configure(&config);
  make_reverse(family, bytes, reverse);
  int error = dns_find(&config, reverse, DNS_PTR, &found);
  if (error == 0)
    strlcpy(name, found.canonical, NAMES_BYTES);
  return error;
}

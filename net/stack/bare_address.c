/* Reads the address of the first interface out of the environment. */
#include "net/stack/bare_address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "bare/console.h"
#include "bare/log.h"

#define USUAL_PREFIX 24

/* What is empty is as good as not set. */
static const char *variable(const char *name, const char *other_name)
{
  const char *value = getenv(name);
  if (value == NULL || *value == '\0')
    value = getenv(other_name);
  return value == NULL || *value == '\0' ? NULL : value;
}

/* Netmasks are ones, then zeros. */
static bool read_mask(const char *text, uint32_t *prefix)
{
  uint32_t mask;
  if (inet_pton(AF_INET, text, &mask) != 1)
    return false;
  mask = ntohl(mask);
  *prefix = (uint32_t) __builtin_popcount(mask);
  return mask == 0 || (mask | (mask - 1)) == UINT32_MAX;
}

/* Returns null, or what is wrong. */
static const char *read_variables(struct uhyve_interface *options, const char *ip)
{
  const char *gateway = variable("UHYVE_GATEWAY", "HERMIT_GATEWAY");
  const char *mask = variable("UHYVE_MASK", "HERMIT_MASK");
  uint32_t prefix = USUAL_PREFIX;
  if (inet_pton(AF_INET, ip, options->ipv4) != 1)
    return "IP: not as 10.0.0.2";
  if (gateway != NULL && inet_pton(AF_INET, gateway, options->ipv4_gateway) != 1)
    return "GATEWAY: not as 10.0.0.1";
  if (mask != NULL && !read_mask(mask, &prefix))
    return "MASK: not as 255.255.255.0";
  options->ipv4_prefix = prefix;
  options->flags |= UHYVE_INTERFACE_STATIC;
  return NULL;
}

void net_bare_address(struct uhyve_interface *options)
{
  struct uhyve_interface read = *options;
  const char *ip = variable("UHYVE_IP", "HERMIT_IP");
  const char *wrong = ip != NULL ? read_variables(&read, ip) : NULL;
  if (wrong == NULL)
  {
    *options = read;
    return;
  }
  bare_log_begin(BARE_LOG_QUIET);
  console_print("uhyve: environment variable UHYVE_ or HERMIT_");
  console_print(wrong);
  console_print(": the address is asked for by DHCP\n");
}

/* getnameinfo(): names of an address. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "libc/names.h"
#include "libc/services.h"

static int put(const char *text, char *to, socklen_t size_bytes)
{
  return strlcpy(to, text, size_bytes) < size_bytes ? 0 : EAI_OVERFLOW;
}

static void add_scope(char *text, size_t size_bytes, uint32_t scope, int flags)
{
  char name[IF_NAMESIZE];
  size_t len = strlen(text);
  if ((flags & NI_NUMERICSCOPE) == 0 && if_indextoname(scope, name) != NULL)
    snprintf(text + len, size_bytes - len, "%%%s", name);
  else
    snprintf(text + len, size_bytes - len, "%%%u", (unsigned int) scope);
}

static int put_host(const struct sockaddr *address, const void *bytes, char *host,
                    socklen_t host_bytes, int flags)
{
  char name[NAMES_BYTES];
  if ((flags & NI_NUMERICHOST) == 0)
  {
    int error = names_find_reverse(address->sa_family, bytes, name);
    if (error == 0)
      return put(name, host, host_bytes);
    if ((flags & NI_NAMEREQD) != 0)
      return error == EAI_AGAIN ? error : EAI_NONAME;
  }
  else if ((flags & NI_NAMEREQD) != 0)
    return EAI_NONAME;
  inet_ntop(address->sa_family, bytes, name, sizeof(name));
  if (address->sa_family == AF_INET6)
  {
    uint32_t scope = ((const struct sockaddr_in6 *) address)->sin6_scope_id;
    if (scope != 0)
      add_scope(name, sizeof(name), scope, flags);
  }
  return put(name, host, host_bytes);
}

static int put_service(int port, char *service, socklen_t service_bytes, int flags)
{
  struct service found;
  char number[8];
  if ((flags & NI_NUMERICSERV) == 0 &&
      service_find(&found, NULL, port, (flags & NI_DGRAM) != 0 ? "udp" : "tcp"))
    return put(found.name, service, service_bytes);
  snprintf(number, sizeof(number), "%d", port);
  return put(number, service, service_bytes);
}

int getnameinfo(const struct sockaddr *restrict address, socklen_t address_bytes,
                char *restrict host, socklen_t host_bytes, char *restrict service,
                socklen_t service_bytes, int flags)
{
  const void *bytes;
  int port;
  bool wants_host = host != NULL && host_bytes > 0;
  bool wants_service = service != NULL && service_bytes > 0;
  if (address == NULL || address_bytes < sizeof(sa_family_t))
    return EAI_FAMILY;
  if (address->sa_family == AF_INET && address_bytes >= sizeof(struct sockaddr_in))
  {
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *) address;
    bytes = &ipv4->sin_addr;
    port = ntohs(ipv4->sin_port);
  }
  else if (address->sa_family == AF_INET6 && address_bytes >= sizeof(struct sockaddr_in6))
  {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *) address;
    bytes = &ipv6->sin6_addr;
    port = ntohs(ipv6->sin6_port);
  }
  else
    return EAI_FAMILY;
  if (!wants_host && !wants_service)
    return EAI_NONAME;
  int error = wants_host ? put_host(address, bytes, host, host_bytes, flags) : 0;
  if (error == 0 && wants_service)
    error = put_service(port, service, service_bytes, flags);
  return error;
}

/* getaddrinfo(): addresses to connect or bind to, of names of hosts and services. */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libc/names.h"
#include "libc/services.h"
#include "net/interface_facts.h"

#define MOST_INTERFACES 16
#define FLAGS                                                                          \
  (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | \
   AI_NUMERICSERV)

/* Kinds of sockets, in the order of results. */
static const struct kind
{
  int type, protocol;
  const char *name; /* in the list of services; null: has none */
} kinds[] = {
    {SOCK_STREAM, IPPROTO_TCP, "tcp"},
    {SOCK_DGRAM, IPPROTO_UDP, "udp"},
    {SOCK_RAW, 0, NULL},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* One result, with its address and, in the first one, the name. */
struct result
{
  struct addrinfo info;
  struct sockaddr_storage address;
  char name[];
};

static bool is_wanted(const struct kind *kind, const struct addrinfo *hints)
{
  if (hints->ai_socktype != 0 && hints->ai_socktype != kind->type)
    return false;
  return hints->ai_protocol == 0 || kind->protocol == 0 || hints->ai_protocol == kind->protocol;
}

/* The port for each kind, -1: there is none. 0 or EAI_. */
static int find_ports(const char *service, const struct addrinfo *hints, int ports[KINDS])
{
  char *end = NULL;
  long number = 0;
  bool has_one = false;
  bool has_kind = false;
  if (service != NULL)
    number = strtol(service, &end, 10);
  bool is_number = service == NULL || (*service != '\0' && *end == '\0');
  if (!is_number && (hints->ai_flags & AI_NUMERICSERV) != 0)
    return EAI_NONAME;
  if (number < 0 || number > UINT16_MAX)
    return EAI_SERVICE;
  for (size_t i = 0; i < KINDS; i++)
  {
    struct service found;
    ports[i] = -1;
    if (!is_wanted(&kinds[i], hints))
      continue;
    has_kind = true;
    if (is_number)
      ports[i] = (int) number;
    else if (kinds[i].name != NULL && service_find(&found, service, 0, kinds[i].name))
      ports[i] = found.port;
    has_one = has_one || ports[i] >= 0;
  }
  if (!has_kind)
    return EAI_SOCKTYPE;
  return has_one ? 0 : EAI_SERVICE;
}

/* ---- Hosts ---- */

static void find_own(struct names_found *found, int family, bool is_passive)
{
  const struct in_addr any = {.s_addr = htonl(INADDR_ANY)};
  const struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};
  /* To bind, IPv4 comes first, as on Linux. */
  if (is_passive && family != AF_INET6)
    names_add(found, AF_INET, &any);
  if (family != AF_INET)
    names_add(found, AF_INET6, is_passive ? &in6addr_any : &in6addr_loopback);
  if (!is_passive && family != AF_INET6)
    names_add(found, AF_INET, &loopback);
}

static void map_ipv4(struct names_found *found)
{
  for (int i = 0; i < found->count; i++)
  {
    struct names_address *address = &found->addresses[i];
    if (address->family != AF_INET)
      continue;
    memcpy(address->bytes + 12, address->bytes, 4);
    memset(address->bytes, 0, 10);
    memset(address->bytes + 10, 0xff, 2);
    address->family = AF_INET6;
  }
}

static bool is_of_the_link(const struct socket_name *name)
{
  const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *) name->bytes;
  return name->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr);
}

/* AI_ADDRCONFIG: IPv6 is left out where only IPv4 has an address of an interface. The other way
 * around DHCP may be slower than a router, and an address of the link says nothing: both are asked
 * for. */
static int configured_family(int family)
{
  static const size_t bytes = MOST_INTERFACES * sizeof(struct interface_facts);
  struct interface_facts *facts = malloc(bytes);
  bool has_ipv4 = false;
  bool has_ipv6 = false;
  int count = facts != NULL ? interfaces_get(facts, MOST_INTERFACES) : 0;
  for (int i = 0; i < count && i < MOST_INTERFACES; i++)
    for (uint32_t j = 0; j < facts[i].address_count && !facts[i].is_loopback; j++)
    {
      const struct socket_name *address = &facts[i].addresses[j].address;
      has_ipv4 = has_ipv4 || address->family == AF_INET;
      has_ipv6 = has_ipv6 || (address->family == AF_INET6 && !is_of_the_link(address));
    }
  free(facts);
  return family == AF_UNSPEC && has_ipv4 && !has_ipv6 ? AF_INET : family;
}

/* Addresses that can be reached go before others; IPv6 goes before IPv4. Who has no address for a
 * family yet is not waited for. */
static bool is_reached(const struct sockaddr_storage *address)
{
  int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  socklen_t len_bytes =
      address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  bool is_reached = fd >= 0 && connect(fd, (const struct sockaddr *) address, len_bytes) == 0;
  if (fd >= 0)
    close(fd);
  return is_reached;
}

static int find_host(struct names_found *found, const char *host, const struct addrinfo *hints)
{
  struct names_address address;
  int family = hints->ai_family;
  bool maps = family == AF_INET6 && (hints->ai_flags & AI_V4MAPPED) != 0;
  found->count = 0;
  strlcpy(found->canonical, host != NULL ? host : "", sizeof(found->canonical));
  if (host == NULL)
  {
    find_own(found, family, (hints->ai_flags & AI_PASSIVE) != 0);
    return 0;
  }
  if (names_is_address(host, &address))
  {
    if (family != AF_UNSPEC && family != address.family && !maps)
      return EAI_ADDRFAMILY;
    found->addresses[found->count++] = address;
    if (maps)
      map_ipv4(found);
    return 0;
  }
  if ((hints->ai_flags & AI_NUMERICHOST) != 0)
    return EAI_NONAME;
  if ((hints->ai_flags & AI_ADDRCONFIG) != 0)
    family = configured_family(family);
  int error = names_find(found, host, maps && (hints->ai_flags & AI_ALL) != 0 ? AF_UNSPEC : family);
  if (maps && error != 0)
    error = names_find(found, host, AF_INET);
  if (maps)
    map_ipv4(found);
  return error;
}

/* ---- Results ---- */

static void fill_address(struct sockaddr_storage *to, const struct names_address *from, int port)
{
  memset(to, 0, sizeof(*to));
  to->ss_family = (sa_family_t) from->family;
  if (from->family == AF_INET)
  {
    struct sockaddr_in *ipv4 = (struct sockaddr_in *) to;
    ipv4->sin_port = htons((uint16_t) port);
    memcpy(&ipv4->sin_addr, from->bytes, sizeof(ipv4->sin_addr));
    return;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *) to;
  ipv6->sin6_port = htons((uint16_t) port);
  ipv6->sin6_scope_id = from->scope;
  memcpy(&ipv6->sin6_addr, from->bytes, sizeof(ipv6->sin6_addr));
}

static struct result *make_result(const struct names_address *address, const struct kind *kind,
                                  int port, const char *canonical, const struct addrinfo *hints)
{
  size_t name_bytes = canonical != NULL ? strlen(canonical) + 1 : 0;
  struct result *result = calloc(1, sizeof(*result) + name_bytes);
  if (result == NULL)
    return NULL;
  fill_address(&result->address, address, port);
  if (canonical != NULL)
    memcpy(result->name, canonical, name_bytes);
  result->info = (struct addrinfo){
      .ai_flags = hints->ai_flags,
      .ai_family = address->family,
      .ai_socktype = kind->type,
      .ai_protocol = kind->protocol != 0 ? kind->protocol : hints->ai_protocol,
      .ai_addrlen =
          address->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
      .ai_addr = (struct sockaddr *) &result->address,
      .ai_canonname = canonical != NULL ? result->name : NULL,
  };
  return result;
}

static int make_results(struct names_found *found, const int ports[KINDS],
                        const struct addrinfo *hints, struct addrinfo **results)
{
  struct addrinfo **link = results;
  const char *canonical = (hints->ai_flags & AI_CANONNAME) != 0 ? found->canonical : NULL;
  for (int i = 0; i < found->count; i++)
    for (size_t j = 0; j < KINDS; j++)
    {
      if (ports[j] < 0)
        continue;
      struct result *result =
          make_result(&found->addresses[i], &kinds[j], ports[j], canonical, hints);
      if (result == NULL)
      {
        freeaddrinfo(*results);
        *results = NULL;
        return EAI_MEMORY;
      }
      canonical = NULL;
      *link = &result->info;
      link = &result->info.ai_next;
    }
  return 0;
}

static void put_reached_first(struct names_found *found)
{
  struct names_found others = {.count = 0};
  int count = 0;
  for (int i = 0; i < found->count; i++)
  {
    struct sockaddr_storage address;
    fill_address(&address, &found->addresses[i], 1);
    if (is_reached(&address))
      found->addresses[count++] = found->addresses[i];
    else
      others.addresses[others.count++] = found->addresses[i];
  }
  memcpy(&found->addresses[count], others.addresses,
         (size_t) others.count * sizeof(others.addresses[0]));
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict results)
{
  static const struct addrinfo none = {.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG};
  struct names_found found;
  int ports[KINDS];
  *results = NULL;
  if (hints == NULL)
    hints = &none;
  if (host == NULL && service == NULL)
    return EAI_NONAME;
  if ((hints->ai_flags & ~FLAGS) != 0 || (host == NULL && (hints->ai_flags & AI_CANONNAME) != 0))
    return EAI_BADFLAGS;
  if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
    return EAI_FAMILY;
  int error = find_ports(service, hints, ports);
  if (error == 0)
    error = find_host(&found, host, hints);
  if (error != 0)
    return error;
  if (found.count > 1 && host != NULL)
    put_reached_first(&found);
  return make_results(&found, ports, hints, results);
}

void freeaddrinfo(struct addrinfo *list)
{
  while (list != NULL)
  {
    struct addrinfo *next = list->ai_next;
    free(list);
    list = next;
  }
}

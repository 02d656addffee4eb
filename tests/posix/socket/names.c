/* Addresses as text, names of hosts, services, protocols and interfaces, without asking anybody. */
#include "socket_check.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>

static void test_text(void)
{
  static const struct
  {
    const char *text, *canonical;
  } good[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"fe80::1:0:0:2", "fe80::1:0:0:2"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"},
      {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
      {"::1.2.3.4", "::1.2.3.4"},
      {"0:0:0:0:0:0:0:8", "::8"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
  };
  static const char *const bad[] = {
      "",        ":",   ":::", "1::2::3", "1:2:3:4:5:6:7", "12345::",     "1:2:3:4:5:6:7:8:9",
      "::1.2.3", "::g", "1:",  ":1",      "1.2.3.4",       "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4"};
  static const char *const bad_ipv4[] = {"",          "1",        "1.2.3",    "1.2.3.4.5",
                                         "256.1.1.1", "01.2.3.4", "1.2.3.",   "1..2.3",
                                         "1.2.3.4 ",  "a.b.c.d",  "0x1.2.3.4"};
  struct in6_addr address;
  struct in_addr ipv4;
  char text[INET6_ADDRSTRLEN];
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
  {
    GIVES(inet_pton(AF_INET6, good[i].text, &address), 1);
    CHECK(inet_ntop(AF_INET6, &address, text, sizeof(text)) == text);
    if (!CHECK(strcmp(text, good[i].canonical) == 0))
      fprintf(stderr, "  %s: %s\n", good[i].text, text);
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    if (!CHECK(inet_pton(AF_INET6, bad[i], &address) == 0))
      fprintf(stderr, "  %s\n", bad[i]);
  for (size_t i = 0; i < sizeof(bad_ipv4) / sizeof(bad_ipv4[0]); i++)
    if (!CHECK(inet_pton(AF_INET, bad_ipv4[i], &ipv4) == 0))
      fprintf(stderr, "  %s\n", bad_ipv4[i]);
  GIVES(inet_pton(AF_INET, "192.0.2.200", &ipv4), 1);
  CHECK(ipv4.s_addr == htonl(0xc00002c8) && strcmp(inet_ntoa(ipv4), "192.0.2.200") == 0);
  FAILS(inet_pton(AF_UNIX, "x", &ipv4), EAFNOSUPPORT);
  errno = 0;
  CHECK(inet_ntop(AF_INET, &ipv4, text, 5) == NULL && errno == ENOSPC);
  GIVES(inet_aton("127.1", &ipv4), 1);
  CHECK(ipv4.s_addr == htonl(INADDR_LOOPBACK));
  GIVES(inet_aton("0x7f.0377.1", &ipv4), 1);
  CHECK(ipv4.s_addr == htonl(0x7fff0001));
  GIVES(inet_aton("1.2.3.256", &ipv4), 0);
  GIVES(inet_aton("1.2.3.4x", &ipv4), 0);
  CHECK(inet_addr("10.0.0.1") == htonl(0x0a000001) && inet_addr("nothing") == INADDR_NONE);
  CHECK(inet_network("10.1.2.3") == 0x0a010203 && inet_network("192.0.2") == 0xc00002);
  CHECK(ntohs(0x1234) == 0x3412 && htonl(0x12345678) == 0x78563412);
  CHECK((htons) (1) == 0x100 && (ntohl) (1) == 0x1000000);
  struct ether_addr *ether = ether_aton("02:00:5E:10:00:ff");
  CHECK(ether != NULL && strcmp(ether_ntoa(ether), "2:0:5e:10:0:ff") == 0);
}

static struct addrinfo *find(const char *host, const char *service, int flags, int family, int type,
                             int expected)
{
  struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type};
  struct addrinfo *list = NULL;
  int error = getaddrinfo(host, service, &hints, &list);
  if (!CHECK(error == expected))
    fprintf(stderr, "  %s, %s: %d (%s)\n", host, service, error, gai_strerror(error));
  return error == 0 ? list : NULL;
}

static bool is_first(struct addrinfo *list, const char *host, const char *service)
{
  char found_host[100];
  char found_service[50];
  bool holds =
      list != NULL &&
      getnameinfo(list->ai_addr, list->ai_addrlen, found_host, sizeof(found_host), found_service,
                  sizeof(found_service), NI_NUMERICHOST | NI_NUMERICSERV) == 0 &&
      strcmp(found_host, host) == 0 && strcmp(found_service, service) == 0;
  if (!holds && list != NULL)
    fprintf(stderr, "  %s %s\n", found_host, found_service);
  freeaddrinfo(list);
  return holds;
}

static void test_addresses(void)
{
  CHECK(is_first(find("192.0.2.1", "80", 0, AF_UNSPEC, SOCK_STREAM, 0), "192.0.2.1", "80"));
  CHECK(is_first(find("2001:db8::5", "http", 0, AF_UNSPEC, SOCK_STREAM, 0), "2001:db8::5", "80"));
  CHECK(is_first(find(NULL, "443", AI_PASSIVE, AF_INET, SOCK_STREAM, 0), "0.0.0.0", "443"));
  CHECK(is_first(find(NULL, "443", AI_PASSIVE, AF_INET6, SOCK_STREAM, 0), "::", "443"));
  CHECK(is_first(find(NULL, "5", 0, AF_INET, SOCK_DGRAM, 0), "127.0.0.1", "5"));
  CHECK(is_first(find("localhost", "5", 0, AF_INET, SOCK_DGRAM, 0), "127.0.0.1", "5"));
  CHECK(
      is_first(find("1.2.3.4", NULL, AI_V4MAPPED, AF_INET6, SOCK_DGRAM, 0), "::ffff:1.2.3.4", "0"));
  find("1.2.3.4", NULL, 0, AF_INET6, SOCK_DGRAM, EAI_ADDRFAMILY);
  find("name", NULL, AI_NUMERICHOST, AF_UNSPEC, SOCK_STREAM, EAI_NONAME);
  find("1.2.3.4", "http", AI_NUMERICSERV, AF_UNSPEC, SOCK_STREAM, EAI_NONAME);
  find("1.2.3.4", "nosuchservice", 0, AF_UNSPEC, SOCK_STREAM, EAI_SERVICE);
  find("1.2.3.4", "80", 0, AF_UNIX, SOCK_STREAM, EAI_FAMILY);
  find("1.2.3.4", "80", 0, AF_UNSPEC, 77, EAI_SOCKTYPE);
  find("1.2.3.4", "80", 0x10000000, AF_UNSPEC, SOCK_STREAM, EAI_BADFLAGS);
  find(NULL, NULL, 0, AF_UNSPEC, SOCK_STREAM, EAI_NONAME);
  struct addrinfo *list = find("127.0.0.1", "80", AI_CANONNAME, AF_UNSPEC, 0, 0);
  int count = 0;
  for (struct addrinfo *at = list; at != NULL; at = at->ai_next)
    count++;
  CHECK(count == 3 && list->ai_canonname != NULL && strcmp(list->ai_canonname, "127.0.0.1") == 0);
  freeaddrinfo(list);
}

static void test_names(void)
{
  char host[100];
  char service[50];
  union name name = loopback(AF_INET, 80);
  GIVES(getnameinfo(&name.any, sizeof(name.ipv4), host, sizeof(host), service, sizeof(service), 0),
        0);
  CHECK(strcmp(host, "localhost") == 0 && strcmp(service, "http") == 0);
  GIVES(getnameinfo(&name.any, sizeof(name.ipv4), host, 3, NULL, 0, NI_NUMERICHOST), EAI_OVERFLOW);
  GIVES(getnameinfo(&name.any, 3, host, sizeof(host), NULL, 0, 0), EAI_FAMILY);
  struct hostent *entry = gethostbyname("localhost");
  CHECK(entry != NULL && entry->h_addrtype == AF_INET && entry->h_length == 4 &&
        *(in_addr_t *) entry->h_addr == htonl(INADDR_LOOPBACK) && entry->h_addr_list[1] == NULL);
  entry = gethostbyname("10.1.2.3");
  CHECK(entry != NULL && *(in_addr_t *) entry->h_addr == htonl(0x0a010203));
  entry = gethostbyaddr(&name.ipv4.sin_addr, 4, AF_INET);
  CHECK(entry != NULL && strcmp(entry->h_name, "localhost") == 0);
  struct servent *found = getservbyname("https", "tcp");
  CHECK(found != NULL && ntohs((uint16_t) found->s_port) == 443);
  found = getservbyport(htons(53), "udp");
  CHECK(found != NULL && strcmp(found->s_name, "domain") == 0 &&
        strcmp(found->s_proto, "udp") == 0);
  CHECK(getservbyname("nosuchservice", NULL) == NULL);
  struct protoent *protocol = getprotobyname("tcp");
  CHECK(protocol != NULL && protocol->p_proto == IPPROTO_TCP);
  protocol = getprotobynumber(17);
  CHECK(protocol != NULL && strcmp(protocol->p_name, "udp") == 0);
  CHECK(strcmp(gai_strerror(EAI_NONAME), "Name or service not known") == 0);
}

static void test_interfaces(void)
{
  char name[IF_NAMESIZE];
  struct ifaddrs *list;
  int found = 0;
  GIVES(if_nametoindex("lo"), 1);
  CHECK(if_indextoname(1, name) == name && strcmp(name, "lo") == 0);
  errno = 0;
  CHECK(if_nametoindex("none") == 0 && errno == ENODEV);
  errno = 0;
  CHECK(if_indextoname(200, name) == NULL && errno == ENXIO);
  struct if_nameindex *indices = if_nameindex();
  CHECK(indices != NULL && indices[0].if_index == 1 && strcmp(indices[0].if_name, "lo") == 0);
  if_freenameindex(indices);
  GIVES(getifaddrs(&list), 0);
  for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next)
  {
    if (at->ifa_addr == NULL || strcmp(at->ifa_name, "lo") != 0 ||
        (at->ifa_flags & IFF_LOOPBACK) == 0)
      continue;
    const union name *address = (const union name *) at->ifa_addr;
    const union name *mask = (const union name *) at->ifa_netmask;
    if (address->any.sa_family == AF_INET && mask->ipv4.sin_addr.s_addr == htonl(0xff000000))
      found |= 1;
    if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address->ipv6.sin6_addr))
      found |= 2;
  }
  freeifaddrs(list);
  GIVES(found, 3);
}

int main(void)
{
  test_text();
  test_addresses();
  test_names();
  test_interfaces();
  return check_finish();
}

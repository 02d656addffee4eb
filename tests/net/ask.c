/* Asks the network what its arguments name, one after the other, and prints the answers; in guests
 * for tests. What fails is printed as an answer, too.
 *
 *   name NAME          all addresses, sorted      host NAME          the same by gethostbyname
 *   reverse ADDRESS    the name of an address     interfaces         all with their addresses
 *   send ADDRESS PORT TEXT                        one datagram
 *   flood ADDRESS PORT COUNT                      COUNT datagrams, with waits and without; how many
 * calls failed, but for those that were to be tried again
 *   group ADDRESS PORT COUNT                      joins it, says so, prints COUNT datagrams, leaves
 *   sleep SECONDS      after a line that says so
 *   link ADDRESS STATE                            sends there until the link is up or down: says so
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_LINES 64
#define LINE_BYTES 128

static void print(const char *text)
{
  puts(text);
  fflush(stdout);
}

static int fail(const char *what)
{
  printf("%s: %s\n", what, strerror(errno));
  fflush(stdout);
  return 0;
}

static int compare(const void *left, const void *right)
{
  return strcmp(left, right);
}

static int ask_name(char **argv)
{
  static char lines[MOST_LINES][LINE_BYTES];
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *all;
  size_t count = 0;
  int error = getaddrinfo(argv[0], NULL, &hints, &all);
  if (error != 0)
  {
    print(gai_strerror(error));
    return 1;
  }
  for (const struct addrinfo *one = all; one != NULL && count < MOST_LINES; one = one->ai_next)
    getnameinfo(one->ai_addr, one->ai_addrlen, lines[count++], LINE_BYTES, NULL, 0, NI_NUMERICHOST);
  freeaddrinfo(all);
  qsort(lines, count, sizeof(lines[0]), compare);
  for (size_t i = 0; i < count; i++)
    print(lines[i]);
  return 1;
}

static int ask_host(char **argv)
{
  char text[INET6_ADDRSTRLEN];
  const struct hostent *host = gethostbyname(argv[0]);
  if (host == NULL)
    print(hstrerror(h_errno));
  for (char **address = host == NULL ? NULL : host->h_addr_list;
       address != NULL && *address != NULL; address++)
    print(inet_ntop(host->h_addrtype, *address, text, sizeof(text)));
  return 1;
}

/* Makes an address out of numbers. Returns its length or 0. */
static socklen_t read_address(const char *address, const char *port, struct sockaddr_storage *made)
{
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
  struct addrinfo *all;
  *made = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
  if (getaddrinfo(address, port, &hints, &all) != 0)
    return 0;
  socklen_t bytes = all->ai_addrlen;
  memcpy(made, all->ai_addr, bytes);
  freeaddrinfo(all);
  return bytes;
}

static int ask_reverse(char **argv)
{
  char name[NI_MAXHOST];
  struct sockaddr_storage address;
  socklen_t bytes = read_address(argv[0], "0", &address);
  int error =
      getnameinfo((struct sockaddr *) &address, bytes, name, sizeof(name), NULL, 0, NI_NAMEREQD);
  print(error == 0 ? name : gai_strerror(error));
  return 1;
}

static int prefix_of(const struct sockaddr *mask)
{
  int bits = 0;
  size_t bytes = mask->sa_family == AF_INET ? 4 : 16;
  const unsigned char *from =
      mask->sa_family == AF_INET
          ? (const unsigned char *) &((const struct sockaddr_in *) mask)->sin_addr
          : ((const struct sockaddr_in6 *) mask)->sin6_addr.s6_addr;
  for (size_t i = 0; i < bytes; i++)
    bits += __builtin_popcount(from[i]);
  return bits;
}

static int ask_interfaces(char **argv)
{
  char address[NI_MAXHOST];
  struct ifaddrs *all;
  (void) argv;
  if (getifaddrs(&all) != 0)
    return fail("getifaddrs");
  for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
  {
    int family = one->ifa_addr == NULL ? AF_UNSPEC : one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6)
      continue;
    socklen_t bytes = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    getnameinfo(one->ifa_addr, bytes, address, sizeof(address), NULL, 0, NI_NUMERICHOST);
    printf("%s %s/%d\n", one->ifa_name, address, prefix_of(one->ifa_netmask));
  }
  freeifaddrs(all);
  print("all interfaces");
  return 0;
}

static int ask_send(char **argv)
{
  struct sockaddr_storage address;
  socklen_t bytes = read_address(argv[0], argv[1], &address);
  int fd = socket(address.ss_family, SOCK_DGRAM, 0);
  size_t length = strlen(argv[2]);
  if (fd < 0 ||
      sendto(fd, argv[2], length, 0, (struct sockaddr *) &address, bytes) != (ssize_t) length)
    fail("sendto");
  close(fd);
  return 3;
}

static int ask_flood(char **argv)
{
  static const char text[100];
  struct sockaddr_storage address;
  socklen_t bytes = read_address(argv[0], argv[1], &address);
  long count = strtol(argv[2], NULL, 10);
  long failures = 0;
  for (int waits = 0; waits < 2; waits++)
  {
    int fd = socket(address.ss_family, SOCK_DGRAM | (waits ? 0 : SOCK_NONBLOCK), 0);
    struct pollfd polled = {.fd = fd, .events = POLLOUT};
    for (long i = 0; i < count; i++)
    {
      if (sendto(fd, text, sizeof(text), 0, (struct sockaddr *) &address, bytes) == sizeof(text))
        continue;
      failures += errno != EAGAIN || waits || poll(&polled, 1, 5000) != 1;
    }
    close(fd);
  }
  printf("failures %ld\n", failures);
  fflush(stdout);
  return 3;
}

/* The socket is bound to the port at all addresses; IPv6 names the interface, the first but
 * loopback. */
static int join(int fd, const struct sockaddr_storage *group, int option4, int option6)
{
  if (group->ss_family == AF_INET)
  {
    struct ip_mreq request = {.imr_multiaddr = ((const struct sockaddr_in *) group)->sin_addr};
    return setsockopt(fd, IPPROTO_IP, option4, &request, sizeof(request));
  }
  struct ipv6_mreq request = {.ipv6mr_multiaddr = ((const struct sockaddr_in6 *) group)->sin6_addr};
  struct if_nameindex *all = if_nameindex();
  for (const struct if_nameindex *one = all; one != NULL && one->if_index != 0; one++)
  {
    if (strcmp(one->if_name, "lo") != 0 && request.ipv6mr_interface == 0)
      request.ipv6mr_interface = one->if_index;
  }
  if_freenameindex(all);
  return setsockopt(fd, IPPROTO_IPV6, option6, &request, sizeof(request));
}

static int ask_group(char **argv)
{
  char text[LINE_BYTES];
  struct sockaddr_storage group;
  socklen_t bytes = read_address(argv[0], argv[1], &group);
  struct sockaddr_storage any = group;
  if (any.ss_family == AF_INET)
    ((struct sockaddr_in *) &any)->sin_addr.s_addr = htonl(INADDR_ANY);
  else
    ((struct sockaddr_in6 *) &any)->sin6_addr = in6addr_any;
  int fd = socket(any.ss_family, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *) &any, bytes) != 0 ||
      join(fd, &group, IP_ADD_MEMBERSHIP, IPV6_JOIN_GROUP) != 0)
    return fail("join") + 3;
  print("joined");
  for (long i = strtol(argv[2], NULL, 10); i > 0; i--)
  {
    ssize_t got = recv(fd, text, sizeof(text) - 1, 0);
    if (got < 0)
      return fail("recv") + 3;
    text[got] = '\0';
    print(text);
  }
  if (join(fd, &group, IP_DROP_MEMBERSHIP, IPV6_LEAVE_GROUP) != 0)
    fail("leave");
  close(fd);
  return 3;
}

static int ask_sleep(char **argv)
{
  print("sleeping");
  sleep((unsigned int) strtoul(argv[0], NULL, 10));
  return 1;
}

/* Of the first interface but loopback. */
static bool is_running(void)
{
  bool running = false;
  struct ifaddrs *all;
  if (getifaddrs(&all) != 0)
    return false;
  for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next)
    running |= (one->ifa_flags & IFF_LOOPBACK) == 0 && (one->ifa_flags & IFF_RUNNING) != 0;
  freeifaddrs(all);
  return running;
}

static int ask_link(char **argv)
{
  struct sockaddr_storage address;
  socklen_t bytes = read_address(argv[0], "9", &address);
  bool wanted = strcmp(argv[1], "up") == 0;
  int fd = socket(address.ss_family, SOCK_DGRAM, 0);
  while (is_running() != wanted)
  {
    ssize_t sent = sendto(fd, "", 1, 0, (struct sockaddr *) &address, bytes);
    (void) sent; /* or nobody can be reached by now */
    usleep(10000);
  }
  close(fd);
  print(argv[1]);
  return 2;
}

static const struct
{
  const char *name;
  int argument_count;
  int (*ask)(char **argv); /* returns how many arguments it took */
} questions[] = {
    {"name", 1, ask_name},
    {"host", 1, ask_host},
    {"reverse", 1, ask_reverse},
    {"send", 3, ask_send},
    {"flood", 3, ask_flood},
    {"group", 3, ask_group},
    {"interfaces", 0, ask_interfaces},
    {"sleep", 1, ask_sleep},
    {"link", 2, ask_link},
};

int main(int argc, char **argv)
{
  int i = 1;
  while (i < argc)
  {
    size_t n = 0;
    while (n < sizeof(questions) / sizeof(questions[0]) && strcmp(argv[i], questions[n].name) != 0)
      n++;
    if (n == sizeof(questions) / sizeof(questions[0]) || i + questions[n].argument_count >= argc)
    {
      fprintf(stderr, "ask: what is %s?\n", argv[i]);
      return 2;
    }
    i += 1 + questions[n].ask(argv + i + 1);
  }
  return 0;
}

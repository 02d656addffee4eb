/* uhyve-net-user, by a guest made by hand: what each protocol gets for an answer, ports that lead
 * to the guest, its life and its barrier. In a network name space of the test's own.
 * usage: NET_USER=PROGRAM net_user CASE */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cases.h"

static void write_file(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text));
  close(fd);
}

/* A network with loopback alone; for who is not root, in a user name space. */
static void enter_own_network(void)
{
  uid_t user = getuid();
  gid_t group = getgid();
  if (unshare(CLONE_NEWNET | CLONE_NEWNS | (user == 0 ? 0 : CLONE_NEWUSER)) != 0)
  {
    printf("SKIPPED: no name spaces: %s\n", strerror(errno));
    exit(SKIPPED);
  }
  if (user != 0)
  {
    char text[64];
    write_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof(text), "0 %u 1", user);
    write_file("/proc/self/uid_map", text);
    snprintf(text, sizeof(text), "0 %u 1", group);
    write_file("/proc/self/gid_map", text);
  }
  CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  struct ifreq request = {.ifr_name = "lo"};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0);
  request.ifr_flags |= IFF_UP;
  CHECK(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
  close(fd);
}

int host_socket(int type, const char *address, uint16_t port, bool is_bound)
{
  struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  bool is_ipv4 = inet_pton(AF_INET, address, &ipv4.sin_addr) == 1;
  CHECK(is_ipv4 || inet_pton(AF_INET6, address, &ipv6.sin6_addr) == 1);
  const struct sockaddr *to =
      is_ipv4 ? (const struct sockaddr *) &ipv4 : (const struct sockaddr *) &ipv6;
  socklen_t bytes = is_ipv4 ? sizeof(ipv4) : sizeof(ipv6);
  int fd = socket(to->sa_family, type | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  if (!is_bound)
    CHECK(connect(fd, to, bytes) == 0);
  else
  {
    CHECK(bind(fd, to, bytes) == 0);
    CHECK(type != SOCK_STREAM || listen(fd, 8) == 0);
  }
  return fd;
}

size_t host_read(int fd, void *data, size_t most)
{
  struct pollfd polled = {.fd = fd, .events = POLLIN};
  CHECK(poll(&polled, 1, 5000) == 1);
  ssize_t bytes = read(fd, data, most);
  CHECK(bytes >= 0);
  return (size_t) bytes;
}

static const struct
{
  const char *name;
  void (*run)(void);
} cases[] = {
    {"dhcp", case_dhcp},
    {"echo", case_echo},
    {"ipv6", case_ipv6},
    {"connect", case_connect},
    {"datagram", case_datagram},
    {"names", case_names},
    {"publish", case_publish},
    {"publish_udp", case_publish_udp},
    {"publish_ipv6", case_publish_ipv6},
    {"taken", case_taken},
    {"many", case_many},
    {"other_network", case_other_network},
    {"ends", case_ends},
    {"signals", case_signals},
    {"delivers", case_delivers},
    {"stuck", case_stuck},
    {"inherits", case_inherits},
    {"full", case_full},
    {"barrier", case_barrier},
    {"deaf", case_deaf},
    {"garbage", case_garbage},
    {"stream", case_stream},
    {"passt", case_passt},
};

int main(int argc, char **argv)
{
  signal(SIGPIPE, SIG_IGN);
  enter_own_network();
  for (size_t i = 0; argc == 2 && i < sizeof(cases) / sizeof(cases[0]); i++)
  {
    if (strcmp(argv[1], cases[i].name) == 0)
    {
      cases[i].run();
      return EXIT_SUCCESS;
    }
  }
  fail("usage: NET_USER=PROGRAM net_user CASE");
}

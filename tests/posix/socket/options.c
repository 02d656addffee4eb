/* Options of sockets: what is set is told, and what is not there is refused as on Linux. */
#include "socket_check.h"

#include <net/if.h>

static void test_common(int type)
{
  int fd = socket(AF_INET, type, 0);
  GIVES(get_int(fd, SOL_SOCKET, SO_TYPE), type);
  GIVES(get_int(fd, SOL_SOCKET, SO_DOMAIN), AF_INET);
  GIVES(get_int(fd, SOL_SOCKET, SO_PROTOCOL), type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
  GIVES(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
  GIVES(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
  static const int flags[] = {SO_REUSEADDR, SO_KEEPALIVE, SO_BROADCAST, SO_REUSEPORT};
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
  {
    GIVES(get_int(fd, SOL_SOCKET, flags[i]), 0);
    GIVES(set_int(fd, SOL_SOCKET, flags[i], 5), 0);
    GIVES(get_int(fd, SOL_SOCKET, flags[i]), 1);
    GIVES(set_int(fd, SOL_SOCKET, flags[i], 0), 0);
    GIVES(get_int(fd, SOL_SOCKET, flags[i]), 0);
  }
  GIVES(set_int(fd, SOL_SOCKET, SO_RCVBUF, 50000), 0);
  GIVES(get_int(fd, SOL_SOCKET, SO_RCVBUF), 100000);
  GIVES(set_int(fd, SOL_SOCKET, SO_SNDBUF, 30000), 0);
  GIVES(get_int(fd, SOL_SOCKET, SO_SNDBUF), 60000);
  GIVES(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
  struct linger linger = {.l_onoff = 1, .l_linger = 7};
  socklen_t bytes = sizeof(linger);
  GIVES(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
  linger.l_linger = 0;
  GIVES(getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &bytes), 0);
  CHECK(linger.l_onoff == 1 && linger.l_linger == 7 && bytes == sizeof(linger));
  GIVES(get_int(fd, IPPROTO_IP, IP_TTL), 64);
  GIVES(set_int(fd, IPPROTO_IP, IP_TTL, 5), 0);
  GIVES(get_int(fd, IPPROTO_IP, IP_TTL), 5);
  FAILS(set_int(fd, IPPROTO_IP, IP_TTL, 0), EINVAL);
  FAILS(set_int(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
  GIVES(set_int(fd, IPPROTO_IP, IP_TOS, 0x10), 0);
  GIVES(get_int(fd, IPPROTO_IP, IP_TOS), 0x10);
  linger.l_onoff = 0;
  GIVES(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
  close(fd);
}

static void test_errors(void)
{
  int value = 1;
  socklen_t bytes = sizeof(value);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, 1), EINVAL);
  FAILS(setsockopt(fd, SOL_SOCKET, 9999, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, IPPROTO_TCP, 9999, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, IPPROTO_IP, 9999, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, 9999, 1, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_TYPE, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_ERROR, &value, sizeof(value)), ENOPROTOOPT);
  FAILS(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, (void *) 16, sizeof(value)), EFAULT);
  FAILS(setsockopt(-1, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof(value)), EBADF);
  FAILS(getsockopt(fd, SOL_SOCKET, 9999, &value, &bytes), ENOPROTOOPT);
  FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, (socklen_t *) 16), EFAULT);
  FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *) 16, &bytes), EFAULT);
  bytes = (socklen_t) -1;
  FAILS(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &bytes), EINVAL);
  bytes = 2;
  value = 0;
  GIVES(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &bytes), 0);
  CHECK(bytes == 2 && value == SOCK_STREAM);
  FAILS(getsockopt(0, SOL_SOCKET, SO_TYPE, &value, &bytes), ENOTSOCK);
  close(fd);
}

static void test_tcp(void)
{
  int ends[2];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 0);
  GIVES(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1), 0);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
  GIVES(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10), 0);
  GIVES(set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 3), 0);
  GIVES(set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 4), 0);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL), 3);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
  FAILS(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
  FAILS(set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 128), EINVAL);
  GIVES(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000), 0);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1000);
  GIVES(get_int(fd, IPPROTO_TCP, TCP_MAXSEG), 536);
  close(fd);
  make_connection(AF_INET, ends);
  CHECK(get_int(ends[0], IPPROTO_TCP, TCP_MAXSEG) > 536);
  struct tcp_info information;
  socklen_t bytes = sizeof(information);
  GIVES(getsockopt(ends[0], IPPROTO_TCP, TCP_INFO, &information, &bytes), 0);
  CHECK(information.tcpi_state == TCP_ESTABLISHED && information.tcpi_snd_mss > 536);
  /* Small pieces wait behind a cork. */
  char buffer[10];
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_CORK, 1), 0);
  GIVES(send(ends[0], "a", 1, 0), 1);
  GIVES(send(ends[0], "b", 1, 0), 1);
  FAILS(recv(ends[1], buffer, 10, MSG_DONTWAIT), EAGAIN);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_CORK, 0), 0);
  GIVES(recv(ends[1], buffer, 2, MSG_WAITALL), 2);
  /* poll() waits for that much. */
  GIVES(set_int(ends[1], SOL_SOCKET, SO_RCVLOWAT, 4), 0);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_NODELAY, 1), 0);
  GIVES(send(ends[0], "abc", 3, 0), 3);
  CHECK(events_of(ends[1], POLLIN) == 0);
  GIVES(send(ends[0], "d", 1, 0), 1);
  CHECK(wait_for_events(ends[1], POLLIN) == POLLIN);
  close(ends[0]);
  close(ends[1]);
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  FAILS(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1), ENOPROTOOPT);
  close(fd);
}

static void test_ipv6(void)
{
  int group = socket(AF_INET6, SOCK_DGRAM, 0);
  FAILS(setsockopt(group, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &group, 2), EINVAL);
  GIVES(get_int(group, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 1);
  close(group);
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  GIVES(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
  GIVES(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
  GIVES(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
  GIVES(get_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64);
  GIVES(set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), 0);
  GIVES(get_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
  union name name;
  memset(&name, 0, sizeof(name));
  name.ipv6.sin6_family = AF_INET6;
  GIVES(bind(fd, &name.any, sizeof(name.ipv6)), 0);
  /* So the same port of IPv4 is free. */
  int other = socket(AF_INET, SOCK_STREAM, 0);
  uint16_t port = port_of(fd);
  memset(&name, 0, sizeof(name));
  name.ipv4.sin_family = AF_INET;
  name.ipv4.sin_port = htons(port);
  GIVES(bind(other, &name.any, sizeof(name.ipv4)), 0);
  close(other);
  close(fd);
}

static void test_multicast(void)
{
  struct ip_mreq group = {.imr_multiaddr.s_addr = htonl(0xe0000165)};
  struct ip_mreqn numbered = {.imr_multiaddr.s_addr = htonl(0xe0000166), .imr_ifindex = 1};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  GIVES(get_int(fd, IPPROTO_IP, IP_MULTICAST_TTL), 1);
  GIVES(set_int(fd, IPPROTO_IP, IP_MULTICAST_TTL, 4), 0);
  GIVES(get_int(fd, IPPROTO_IP, IP_MULTICAST_TTL), 4);
  FAILS(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &group, 0), EINVAL);
  GIVES(get_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP), 1);
  group.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
  GIVES(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
  FAILS(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), EADDRINUSE);
  GIVES(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)), 0);
  FAILS(setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)), EADDRNOTAVAIL);
  GIVES(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &numbered, sizeof(numbered)), 0);
  group.imr_multiaddr.s_addr = htonl(INADDR_LOOPBACK);
  FAILS(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), EINVAL);
  numbered.imr_ifindex = 200;
  FAILS(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &numbered, sizeof(numbered)), ENODEV);
  FAILS(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, 2), EINVAL);
  close(fd);
}

static void test_interfaces(void)
{
  struct ifreq request;
  char buffer[1024];
  struct ifconf list = {.ifc_len = sizeof(buffer), .ifc_buf = buffer};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  memset(&request, 0, sizeof(request));
  strcpy(request.ifr_name, "lo");
  GIVES(ioctl(fd, SIOCGIFINDEX, &request), 0);
  CHECK(request.ifr_ifindex == 1);
  GIVES(ioctl(fd, SIOCGIFFLAGS, &request), 0);
  CHECK((request.ifr_flags & (IFF_UP | IFF_LOOPBACK)) == (IFF_UP | IFF_LOOPBACK));
  GIVES(ioctl(fd, SIOCGIFADDR, &request), 0);
  CHECK(((struct sockaddr_in *) &request.ifr_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  GIVES(ioctl(fd, SIOCGIFMTU, &request), 0);
  CHECK(request.ifr_mtu > 1000);
  request.ifr_ifindex = 1;
  memset(request.ifr_name, 0, sizeof(request.ifr_name));
  GIVES(ioctl(fd, SIOCGIFNAME, &request), 0);
  CHECK(strcmp(request.ifr_name, "lo") == 0);
  strcpy(request.ifr_name, "none");
  FAILS(ioctl(fd, SIOCGIFADDR, &request), ENODEV);
  GIVES(ioctl(fd, SIOCGIFCONF, &list), 0);
  CHECK(list.ifc_len >= (int) sizeof(request) && strcmp(list.ifc_req->ifr_name, "lo") == 0);
  FAILS(ioctl(fd, TIOCGWINSZ, buffer), ENOTTY);
  int on = 1;
  GIVES(ioctl(fd, FIONBIO, &on), 0);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  close(fd);
}

int main(void)
{
  test_common(SOCK_STREAM);
  test_common(SOCK_DGRAM);
  test_errors();
  test_tcp();
  test_ipv6();
  test_multicast();
  test_interfaces();
  return check_finish();
}

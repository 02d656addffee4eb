/* Datagrams: sent, received, refused, with the errno of each call that fails. */
#include "socket_check.h"

static void test_exchange(int family)
{
  char buffer[100];
  union name name, from;
  socklen_t bytes = sizeof(from);
  int server = bound(family, SOCK_DGRAM);
  int client = socket(family, SOCK_DGRAM, 0);
  name = loopback(family, port_of(server));
  FAILS(send(client, "x", 1, 0), EDESTADDRREQ);
  FAILS(recv(server, buffer, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(events_of(server, POLLIN | POLLOUT) == POLLOUT);
  GIVES(sendto(client, "hello", 5, 0, &name.any, name_bytes(family)), 5);
  CHECK(wait_for_events(server, POLLIN) == POLLIN);
  GIVES(recvfrom(server, buffer, 3, MSG_PEEK, &from.any, &bytes), 3);
  GIVES(recvfrom(server, buffer, 3, MSG_PEEK | MSG_TRUNC, NULL, NULL), 5);
  bytes = sizeof(from);
  GIVES(recvfrom(server, buffer, sizeof(buffer), 0, &from.any, &bytes), 5);
  CHECK(memcmp(buffer, "hello", 5) == 0 && bytes == name_bytes(family));
  GIVES(sendto(server, "answer", 6, 0, &from.any, bytes), 6);
  int count = -1;
  CHECK(wait_for_events(client, POLLIN) == POLLIN);
  GIVES(ioctl(client, FIONREAD, &count), 0);
  CHECK(count == 6);
  struct iovec pieces[2] = {{buffer, 2}, {buffer + 10, 2}};
  struct msghdr message = {
      .msg_iov = pieces, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = sizeof(from)};
  GIVES(recvmsg(client, &message, 0), 4);
  CHECK(message.msg_flags == MSG_TRUNC && message.msg_namelen == name_bytes(family));
  CHECK(memcmp(&from, &name, name_bytes(family)) == 0);
  /* Empty ones are datagrams too; each write is one. */
  GIVES(sendto(client, "", 0, 0, &name.any, name_bytes(family)), 0);
  GIVES(recv(server, buffer, 10, 0), 0);
  struct iovec three[3] = {{"a", 1}, {"bc", 2}, {"def", 3}};
  GIVES(connect(client, &name.any, name_bytes(family)), 0);
  GIVES(writev(client, three, 3), 6);
  GIVES(read(server, buffer, 100), 6);
  FAILS(send(client, buffer, 70000, 0), EMSGSIZE);
  close(client);
  close(server);
}

static void test_many(void)
{
  char buffers[4][10];
  struct iovec vectors[4];
  struct mmsghdr messages[4];
  struct timespec second = {.tv_sec = 1};
  int server = bound(AF_INET, SOCK_DGRAM);
  int client = connected_to(AF_INET, SOCK_DGRAM, port_of(server));
  memset(messages, 0, sizeof(messages));
  for (int i = 0; i < 4; i++)
  {
    vectors[i] = (struct iovec){buffers[i], (size_t) i + 1};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  GIVES(sendmmsg(client, messages, 4, 0), 4);
  CHECK(messages[3].msg_len == 4);
  for (int i = 0; i < 4; i++)
    vectors[i].iov_len = 10;
  GIVES(recvmmsg(server, messages, 3, MSG_WAITFORONE, &second), 3);
  CHECK(messages[0].msg_len == 1 && messages[2].msg_len == 3);
  GIVES(recvmmsg(server, messages, 4, MSG_WAITFORONE, NULL), 1);
  FAILS(recvmmsg(server, messages, 4, MSG_DONTWAIT, NULL), EAGAIN);
  close(client);
  close(server);
}

static void test_connected(int family)
{
  char buffer[10];
  union name name;
  socklen_t bytes = sizeof(name);
  int server = bound(family, SOCK_DGRAM);
  int other = bound(family, SOCK_DGRAM);
  int client = connected_to(family, SOCK_DGRAM, port_of(server));
  GIVES(getpeername(client, &name.any, &bytes), 0);
  GIVES(getsockname(client, &name.any, &bytes), 0);
  union name own = loopback(family, port_of(client));
  CHECK(memcmp(&name, &own, name_bytes(family)) == 0);
  /* From its peer alone. */
  GIVES(sendto(other, "other", 5, 0, &own.any, name_bytes(family)), 5);
  GIVES(sendto(server, "peer", 4, 0, &own.any, name_bytes(family)), 4);
  GIVES(recv(client, buffer, 10, 0), 4);
  /* Nobody there any more. */
  close(server);
  GIVES(send(client, "x", 1, 0), 1);
  CHECK((wait_for_events(client, POLLIN) & POLLERR) != 0);
  FAILS(recv(client, buffer, 10, 0), ECONNREFUSED);
  GIVES(send(client, "x", 1, 0), 1);
  CHECK((wait_for_events(client, POLLIN) & POLLERR) != 0);
  GIVES(get_int(client, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  GIVES(connect(client, &none, sizeof(none)), 0);
  FAILS(getpeername(client, &name.any, &bytes), ENOTCONN);
  close(client);
  close(other);
}

static void test_names(int family)
{
  int first = bound(family, SOCK_DGRAM);
  int second = socket(family, SOCK_DGRAM, 0);
  union name name = loopback(family, port_of(first));
  FAILS(bind(second, &name.any, name_bytes(family)), EADDRINUSE);
  FAILS(bind(first, &name.any, name_bytes(family)), EINVAL);
  FAILS(listen(second, 1), EOPNOTSUPP);
  FAILS(accept(second, NULL, NULL), EOPNOTSUPP);
#ifdef __uhyve__
  /* On Linux it waits for the rest of the datagram. */
  FAILS(send(second, "x", 1, MSG_MORE), EOPNOTSUPP);
#endif
  FAILS(shutdown(second, SHUT_RDWR), ENOTCONN);
  GIVES(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1), 0);
  FAILS(bind(second, &name.any, name_bytes(family)), EADDRINUSE);
  close(first);
  GIVES(bind(second, &name.any, name_bytes(family)), 0);
  int both = socket(family, SOCK_DGRAM, 0);
  GIVES(set_int(both, SOL_SOCKET, SO_REUSEADDR, 1), 0);
  GIVES(bind(both, &name.any, name_bytes(family)), 0);
  close(both);
  close(second);
}

static void test_control(int family)
{
  char buffer[10];
  char control[200];
  int server = bound(family, SOCK_DGRAM);
  int client = connected_to(family, SOCK_DGRAM, port_of(server));
  bool is_ipv4 = family == AF_INET;
  int level = is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  GIVES(set_int(server, level, is_ipv4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1), 0);
  GIVES(set_int(client, level, is_ipv4 ? IP_TTL : IPV6_UNICAST_HOPS, 33), 0);
  GIVES(set_int(server, level, is_ipv4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1), 0);
  GIVES(send(client, "x", 1, 0), 1);
  struct iovec vector = {buffer, sizeof(buffer)};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
  GIVES(recvmsg(server, &message, 0), 1);
  int found = 0;
  for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item != NULL;
       item = CMSG_NXTHDR(&message, item))
  {
    CHECK(item->cmsg_level == level);
    if (item->cmsg_type == (is_ipv4 ? IP_TTL : IPV6_HOPLIMIT))
      found += *(int *) CMSG_DATA(item) == 33 ? 1 : 0;
    else if (is_ipv4 && item->cmsg_type == IP_PKTINFO)
    {
      const struct in_pktinfo *info = (const struct in_pktinfo *) CMSG_DATA(item);
      found += info->ipi_ifindex == 1 && info->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) ? 10 : 0;
    }
    else if (!is_ipv4 && item->cmsg_type == IPV6_PKTINFO)
    {
      const struct in6_pktinfo *info = (const struct in6_pktinfo *) CMSG_DATA(item);
      found += info->ipi6_ifindex == 1 && IN6_IS_ADDR_LOOPBACK(&info->ipi6_addr) ? 10 : 0;
    }
  }
  GIVES(found, 11);
  GIVES(send(client, "x", 1, 0), 1);
  message.msg_controllen = 8;
  GIVES(recvmsg(server, &message, 0), 1);
  CHECK((message.msg_flags & MSG_CTRUNC) != 0);
  close(client);
  close(server);
}

/* A socket of IPv6 takes IPv4 too, unless it is told not to. */
static void test_both_versions(void)
{
  char buffer[10];
  union name any, from;
  socklen_t bytes = sizeof(from);
  memset(&any, 0, sizeof(any));
  any.ipv6.sin6_family = AF_INET6;
  int server = socket(AF_INET6, SOCK_DGRAM, 0);
  GIVES(bind(server, &any.any, sizeof(any.ipv6)), 0);
  int client = connected_to(AF_INET, SOCK_DGRAM, port_of(server));
  GIVES(send(client, "four", 4, 0), 4);
  GIVES(recvfrom(server, buffer, 10, 0, &from.any, &bytes), 4);
  CHECK(from.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&from.ipv6.sin6_addr));
  GIVES(sendto(server, "back", 4, 0, &from.any, bytes), 4);
  GIVES(recv(client, buffer, 10, 0), 4);
  close(client);
  int six = connected_to(AF_INET6, SOCK_DGRAM, port_of(server));
  GIVES(send(six, "six", 3, 0), 3);
  GIVES(recv(server, buffer, 10, 0), 3);
  FAILS(set_int(server, IPPROTO_IPV6, IPV6_V6ONLY, 1), EINVAL);
  close(six);
  close(server);
  int listener = socket(AF_INET6, SOCK_STREAM, 0);
  GIVES(bind(listener, &any.any, sizeof(any.ipv6)), 0);
  GIVES(listen(listener, 5), 0);
  client = connected_to(AF_INET, SOCK_STREAM, port_of(listener));
  bytes = sizeof(from);
  int accepted = accept(listener, &from.any, &bytes);
  CHECK(accepted >= 0 && from.any.sa_family == AF_INET6 &&
        IN6_IS_ADDR_V4MAPPED(&from.ipv6.sin6_addr));
  close(accepted);
  close(client);
  close(listener);
}

static void test_raw(void)
{
  union name name = loopback(AF_INET6, 0);
  int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  if (fd < 0 && errno == EPERM)
    return;
  CHECK(fd >= 0);
  /* There is no room for the checksum, which is not the program's to compute. */
  FAILS(sendto(fd, "xyz", 3, 0, &name.any, sizeof(name.ipv6)), EINVAL);
  GIVES(sendto(fd, "\200xyz", 4, 0, &name.any, sizeof(name.ipv6)), 4);
  close(fd);
}

int main(void)
{
  for (int i = 0; i < 2; i++)
  {
    int family = i == 0 ? AF_INET : AF_INET6;
    test_exchange(family);
    test_connected(family);
    test_names(family);
    test_control(family);
  }
  test_many();
  test_both_versions();
  test_raw();
  return check_finish();
}

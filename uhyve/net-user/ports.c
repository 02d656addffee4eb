/* Opens and closes ports of the host for libslirp, and keeps them from what it does not see to: a
 * queue of connections that come at once, and the bound of descriptors. */
#include "ports.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void ports_begin(struct ports *ports)
{
  *ports = (struct ports){.spare_fd = -1};
}

static int open_any(void)
{
  return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static bool is_known(const struct ports *ports, int fd)
{
  for (unsigned int i = 0; i < ports->listening_count; i++)
  {
    if (ports->listening_fds[i] == fd)
      return true;
  }
  return false;
}

/* libslirp says nothing of its sockets' descriptors. It lets one connection wait. */
static void find_listening(struct ports *ports)
{
  int is_listening = 0;
  socklen_t bytes = sizeof(is_listening);
  for (int fd = 0;
       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &bytes) == 0 || errno == ENOTSOCK;
       fd++)
  {
    if (is_listening != 0 && !is_known(ports, fd))
    {
      listen(fd, SOMAXCONN);
      ports->listening_fds[ports->listening_count++] = fd;
    }
    is_listening = 0;
  }
}

static socklen_t address_bytes(const struct published *published)
{
  return published->host.any.sa_family == AF_INET ? sizeof(published->host.ipv4)
                                                  : sizeof(published->host.ipv6);
}

int ports_open(struct ports *ports, Slirp *slirp, const struct published *published)
{
  const struct sockaddr_in guest4 = {.sin_family = AF_INET, .sin_port = published->guest_port};
  const struct sockaddr_in6 guest6 = {.sin6_family = AF_INET6, .sin6_port = published->guest_port};
  bool is_ipv4 = published->host.any.sa_family == AF_INET;
  int flags = (published->is_udp ? SLIRP_HOSTFWD_UDP : 0) | (is_ipv4 ? 0 : SLIRP_HOSTFWD_V6ONLY);
  if (slirp_add_hostxfwd(slirp, &published->host.any, address_bytes(published),
                         is_ipv4 ? (const struct sockaddr *) &guest4
                                 : (const struct sockaddr *) &guest6,
                         is_ipv4 ? sizeof(guest4) : sizeof(guest6), flags) != 0)
    return -errno;
  ports->list[ports->count++] = *published;
  if (published->is_udp)
    return 0;
  find_listening(ports);
  if (ports->spare_fd < 0)
    ports->spare_fd = open_any();
  return ports->spare_fd >= 0 ? 0 : -errno;
}

bool ports_may_accept(struct ports *ports, int fd)
{
  if (!is_known(ports, fd))
    return true;
  int room = open_any();
  if (room >= 0)
  {
    close(room);
    return true;
  }
  close(ports->spare_fd);
  int refused = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  if (refused >= 0)
    close(refused);
  ports->spare_fd = open_any();
  return false;
}

void ports_close(struct ports *ports, Slirp *slirp)
{
  for (unsigned int i = 0; i < ports->count; i++)
  {
    const struct published *published = &ports->list[i];
    slirp_remove_hostxfwd(slirp, &published->host.any, address_bytes(published),
                          published->is_udp ? SLIRP_HOSTFWD_UDP : 0);
  }
  if (ports->spare_fd >= 0)
    close(ports->spare_fd);
  ports_begin(ports);
}

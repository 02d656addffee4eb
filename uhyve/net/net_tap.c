/* A TAP interface of Linux as way out: Documentation/networking/tuntap.rst. */
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TUN_DEVICE   "/dev/net/tun"
#define FEATURE(bit) (1ull << (bit))

struct net_tap
{
  struct net_way way;
  bool has_header;
};

/* Without a header in the kernel's frames the first piece stays out. */
static const struct iovec *begin_of(const struct net_way *way, const struct iovec *pieces,
                                    int *count)
{
  const struct net_tap *tap = (const struct net_tap *) (const void *) way;
  *count -= !tap->has_header;
  return pieces + !tap->has_header;
}

/* Only one that is gone is broken, not one that is down for a while. */
static ssize_t receive(struct net_way *way, const struct iovec *pieces, int count)
{
  const struct iovec *begin = begin_of(way, pieces, &count);
  ssize_t bytes = readv(way->fd, begin, count);
  if (bytes >= 0)
    return begin == pieces ? bytes : bytes + NET_HEADER_BYTES;
  return errno == EFAULT || errno == EINVAL ? -EMSGSIZE : errno == EINTR ? -EAGAIN : -errno;
}

static int send_frame(struct net_way *way, const struct iovec *pieces, int count)
{
  const struct iovec *begin = begin_of(way, pieces, &count);
  if (writev(way->fd, begin, count) >= 0)
    return 0;
  if (errno == EIO)
    return -ENETDOWN;
  return errno == EAGAIN || errno == EBADFD ? -errno : -EINVAL;
}

static int set_offloads(struct net_way *way, uint64_t features)
{
  unsigned long flags = 0;
  if ((features & FEATURE(VIRTIO_NET_F_GUEST_CSUM)) != 0)
    flags |= TUN_F_CSUM;
  if ((features & FEATURE(VIRTIO_NET_F_GUEST_TSO4)) != 0)
    flags |= TUN_F_TSO4;
  if ((features & FEATURE(VIRTIO_NET_F_GUEST_TSO6)) != 0)
    flags |= TUN_F_TSO6;
  if (way->features == 0)
    return 0;
  return ioctl(way->fd, TUNSETOFFLOAD, flags) == 0 ? 0 : -errno;
}

static void close_tap(struct net_way *way)
{
  while (way != NULL)
  {
    struct net_way *next = way->next;
    close(way->fd);
    free(way);
    way = next;
  }
}

static const struct net_way_operations operations = {
    .receive = receive, .send = send_frame, .set_offloads = set_offloads, .close = close_tap};

/* ---- Opening ---- */

static int fail(char message[static 256], int error, const char *name, const char *what)
{
  snprintf(message, 256, "--net tap:%s: %s: %s", name, what, strerror(-error));
  return error;
}

static int explain(char message[static 256], int error, const char *name)
{
  if (error == -EBUSY)
    snprintf(message, 256, "--net tap:%s: another program uses this interface", name);
  else if (error == -EPERM)
    snprintf(
        message, 256,
        "--net tap:%s: no permission: make the interface first (sudo ip tuntap add %s mode tap "
        "user $USER), or use --net user",
        name, name);
  else if (error == -EINVAL)
    snprintf(message, 256, "--net tap:%s: an interface of this name exists, and is no TAP", name);
  else if (error == -EMLINK)
    snprintf(message, 256,
             "--net tap:%s: the interface was made for one queue: leave queues= out, or make it "
             "by ip tuntap add %s mode tap multi_queue",
             name, name);
  else
    return fail(message, error, name, "cannot open the interface");
  return error;
}

/* What the kernel does with frames; one that does nothing is good enough. */
static void find_offloads(struct net_tap *tap)
{
  if (!tap->has_header || ioctl(tap->way.fd, TUNSETOFFLOAD, TUN_F_CSUM) != 0)
    return;
  tap->way.features = FEATURE(VIRTIO_NET_F_CSUM) | FEATURE(VIRTIO_NET_F_GUEST_CSUM);
  if (ioctl(tap->way.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == 0)
    tap->way.features |= FEATURE(VIRTIO_NET_F_HOST_TSO4) | FEATURE(VIRTIO_NET_F_HOST_TSO6) |
                         FEATURE(VIRTIO_NET_F_GUEST_TSO4) | FEATURE(VIRTIO_NET_F_GUEST_TSO6);
  ioctl(tap->way.fd, TUNSETOFFLOAD, 0);
}

/* The interface of an attached descriptor as a way. */
static int make_way(struct net_way **way, int fd, const struct ifreq *request)
{
  struct net_tap *tap = calloc(1, sizeof(*tap));
  int header_bytes = NET_HEADER_BYTES;
  if (tap == NULL)
    return -ENOMEM;
  tap->has_header = (request->ifr_flags & IFF_VNET_HDR) != 0;
  if (tap->has_header && ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) != 0)
  {
    int error = -errno;
    free(tap);
    return error;
  }
  tap->way.operations = &operations;
  tap->way.fd = fd;
  snprintf(tap->way.name, sizeof(tap->way.name), "tap %.*s", IFNAMSIZ, request->ifr_name);
  find_offloads(tap);
  *way = &tap->way;
  return 0;
}

/* Returns 0 or a negative errno; -EMLINK: it was made for one queue. */
static int attach(int fd, struct ifreq *request, bool is_one_of_several)
{
  static const short flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  request->ifr_flags = is_one_of_several ? flags | IFF_MULTI_QUEUE : flags;
  if (ioctl(fd, TUNSETIFF, request) == 0)
    return 0;
  if (errno != EINVAL)
    return -errno;
  /* It is of the other kind, which takes no other. */
  request->ifr_flags ^= IFF_MULTI_QUEUE;
  if (ioctl(fd, TUNSETIFF, request) != 0)
    return -errno;
  return is_one_of_several ? -EMLINK : 0;
}

/* A new interface is brought up; of any, the MTU is read. */
static int configure(struct net_way *way, const struct ifreq *attached, bool is_new)
{
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  struct ifreq request = {0};
  memcpy(request.ifr_name, attached->ifr_name, sizeof(request.ifr_name));
  int error = 0;
  if (ioctl(fd, SIOCGIFMTU, &request) == 0)
    way->mtu_bytes = (uint32_t) request.ifr_mtu;
  if (is_new && ioctl(fd, SIOCGIFFLAGS, &request) == 0)
  {
    request.ifr_flags |= IFF_UP;
    error = ioctl(fd, SIOCSIFFLAGS, &request) == 0 ? 0 : -errno;
  }
  close(fd);
  return error;
}

/* Returns null with *error. */
static struct net_way *open_queue(struct ifreq *request, const struct net_option *option,
                                  int *error, char message[static 256])
{
  struct net_way *way = NULL;
  int fd = open(TUN_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
  {
    *error = fail(message, -errno, option->name, "cannot open " TUN_DEVICE);
    return NULL;
  }
  *error = attach(fd, request, option->queue_count > 1);
  if (*error != 0)
    explain(message, *error, option->name);
  else
  {
    *error = make_way(&way, fd, request);
    if (*error != 0)
      fail(message, *error, option->name, "cannot set the interface up");
  }
  if (way == NULL)
    close(fd);
  return way;
}

int net_tap_open(struct net_way **way, const struct net_option *option, char message[static 256])
{
  struct ifreq request = {0};
  int error;
  memcpy(request.ifr_name, option->name, sizeof(option->name));
  bool is_new = if_nametoindex(option->name) == 0;
  struct net_way *first = open_queue(&request, option, &error, message);
  if (first == NULL)
    return error;
  struct net_way *last = first;
  for (unsigned int i = 1; i < option->queue_count && last != NULL; i++)
  {
    last->next = open_queue(&request, option, &error, message);
    last = last->next;
  }
  if (last != NULL)
  {
    error = configure(first, &request, is_new);
    if (error != 0)
      fail(message, error, option->name, "cannot bring the interface up");
  }
  if (error == 0)
    *way = first;
  else
    close_tap(first);
  return error;
}

/* Of an interface that may be in another name space, where the name means another, or nothing: its
 * address tells. Returns 0 if it is not known. */
static uint32_t find_mtu(int tap_fd, const char *name)
{
  struct ifreq own = {0}, named = {0};
  uint32_t mtu_bytes = 0;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return 0;
  memcpy(named.ifr_name, name, sizeof(named.ifr_name));
  if (ioctl(tap_fd, SIOCGIFHWADDR, &own) == 0 && ioctl(fd, SIOCGIFHWADDR, &named) == 0 &&
      memcmp(own.ifr_hwaddr.sa_data, named.ifr_hwaddr.sa_data, 6) == 0 &&
      ioctl(fd, SIOCGIFMTU, &named) == 0)
    mtu_bytes = (uint32_t) named.ifr_mtu;
  close(fd);
  return mtu_bytes;
}

int net_tap_adopt(struct net_way **way, int fd)
{
  struct ifreq request = {0};
  if (ioctl(fd, TUNGETIFF, &request) != 0)
    return -ENOTTY;
  if ((request.ifr_flags & (IFF_TAP | IFF_NO_PI)) != (IFF_TAP | IFF_NO_PI))
    return -EINVAL;
  int error = make_way(way, fd, &request);
  if (error == 0)
    (*way)->mtu_bytes = find_mtu(fd, request.ifr_name);
  return error;
}

/* ioctl() of sockets of the Internet: how much waits, and questions about interfaces. */
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "net/interfaces.h"
#include "net/internet.h"

#define MOST_INTERFACES 16

static int put_number(void *argument, int number)
{
  return program_put(argument, &number, sizeof(number));
}

/* Of datagrams: how long the next one is. */
static int count_received(struct internet_socket *internet)
{
  if (internet_is_stream(internet))
    return internet->state == INTERNET_LISTENING ? -EINVAL : (int) internet->queued_bytes;
  return internet->first_datagram != NULL ? internet->first_datagram->bytes->tot_len : 0;
}

static int count_unsent(struct internet_socket *internet)
{
  if (internet->state == INTERNET_LISTENING)
    return -EINVAL;
  if (!internet_is_stream(internet) || internet->tcp == NULL)
    return 0;
  return (int) (TCP_SND_BUF - tcp_sndbuf(internet->tcp));
}

/* ---- Interfaces ---- */

static const struct interface_address *ipv4_of(const struct interface_facts *facts)
{
  const struct interface_address *first = &facts->addresses[0];
  return facts->address_count > 0 && first->address.family == AF_INET ? first : NULL;
}

static int put_name(struct sockaddr *to, const struct socket_name *name)
{
  memset(to, 0, sizeof(*to));
  if (name == NULL)
    return -EADDRNOTAVAIL;
  if (name->len_bytes == 0)
    to->sa_family = AF_INET;
  else
    memcpy(to, name->bytes, sizeof(*to));
  return 0;
}

static int answer(const struct interface_facts *facts, unsigned long request, struct ifreq *reply)
{
  const struct interface_address *address = ipv4_of(facts);
  switch (request)
  {
  case SIOCGIFFLAGS:
    reply->ifr_flags = (short) facts->flags;
    return 0;
  case SIOCGIFADDR:
  case SIOCGIFDSTADDR:
    return put_name(&reply->ifr_addr, address != NULL ? &address->address : NULL);
  case SIOCGIFNETMASK:
    return put_name(&reply->ifr_netmask, address != NULL ? &address->mask : NULL);
  case SIOCGIFBRDADDR:
    return put_name(&reply->ifr_broadaddr, address != NULL ? &address->broadcast : NULL);
  case SIOCGIFMTU:
    reply->ifr_mtu = (int) facts->mtu_bytes;
    return 0;
  case SIOCGIFMETRIC:
    reply->ifr_metric = 0;
    return 0;
  case SIOCGIFTXQLEN:
    reply->ifr_qlen = 0;
    return 0;
  case SIOCGIFINDEX:
  case SIOCGIFNAME:
    reply->ifr_ifindex = (int) facts->index;
    return 0;
  default: /* SIOCGIFHWADDR */
    memset(&reply->ifr_hwaddr, 0, sizeof(reply->ifr_hwaddr));
    reply->ifr_hwaddr.sa_family = facts->is_loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
    memcpy(reply->ifr_hwaddr.sa_data, facts->hardware, sizeof(facts->hardware));
    return 0;
  }
}

static int ask_interface(unsigned long request, struct ifreq *argument)
{
  struct interface_facts facts;
  if (!program_may(argument, sizeof(*argument), ADDRESS_WRITE))
    return -EFAULT;
  struct ifreq reply = *argument;
  reply.ifr_name[IFNAMSIZ - 1] = '\0';
  net_lock();
  int index = reply.ifr_ifindex;
  const struct netif *netif = NULL;
  if (request != SIOCGIFNAME)
    netif = interface_find(reply.ifr_name);
  else if (index > 0 && index <= UINT8_MAX)
    netif = netif_get_by_index((u8_t) index);
  if (netif != NULL)
    interface_describe(netif, &facts);
  net_unlock();
  if (netif == NULL)
    return -ENODEV;
  memcpy(reply.ifr_name, facts.name, sizeof(facts.name));
  int error = answer(&facts, request, &reply);
  if (error == 0)
    *argument = reply;
  return error;
}

/* Those with an address of IPv4. */
static int list_interfaces(struct ifconf *argument)
{
  struct interface_facts facts;
  struct netif *netif;
  int used_bytes = 0;
  if (!program_may(argument, sizeof(*argument), ADDRESS_WRITE))
    return -EFAULT;
  struct ifconf list = *argument;
  if (list.ifc_buf != NULL &&
      (list.ifc_len < 0 || !program_may(list.ifc_buf, (size_t) list.ifc_len, ADDRESS_WRITE)))
    return list.ifc_len < 0 ? -EINVAL : -EFAULT;
  net_lock();
  for (int index = 1; index <= MOST_INTERFACES; index++)
  {
    netif = netif_get_by_index((u8_t) index);
    if (netif == NULL)
      continue;
    interface_describe(netif, &facts);
    struct ifreq reply;
    memset(&reply, 0, sizeof(reply));
    memcpy(reply.ifr_name, facts.name, sizeof(facts.name));
    if (answer(&facts, SIOCGIFADDR, &reply) != 0)
      continue;
    if (list.ifc_buf != NULL && used_bytes + (int) sizeof(reply) > list.ifc_len)
      break;
    if (list.ifc_buf != NULL)
      memcpy(list.ifc_buf + used_bytes, &reply, sizeof(reply));
    used_bytes += (int) sizeof(reply);
  }
  net_unlock();
  argument->ifc_len = used_bytes;
  return 0;
}

int internet_control(struct socket *socket, unsigned long request, void *argument)
{
  struct internet_socket *internet = internet_of(socket);
  int number;
  switch (request)
  {
  case FIONREAD:
  case SIOCOUTQ:
    net_lock();
    number = request == FIONREAD ? count_received(internet) : count_unsent(internet);
    net_unlock();
    return number < 0 ? number : put_number(argument, number);
  case SIOCATMARK:
    return put_number(argument, 0);
  case SIOCGIFCONF:
    return list_interfaces(argument);
  case SIOCGIFNAME:
  case SIOCGIFFLAGS:
  case SIOCGIFADDR:
  case SIOCGIFDSTADDR:
  case SIOCGIFBRDADDR:
  case SIOCGIFNETMASK:
  case SIOCGIFMETRIC:
  case SIOCGIFMTU:
  case SIOCGIFHWADDR:
  case SIOCGIFINDEX:
  case SIOCGIFTXQLEN:
    return ask_interface(request, argument);
  case SIOCSIFFLAGS:
  case SIOCSIFADDR:
  case SIOCSIFNETMASK:
  case SIOCSIFMTU:
  case SIOCSIFHWADDR:
    return -EPERM;
  default:
    return -ENOTTY;
  }
}

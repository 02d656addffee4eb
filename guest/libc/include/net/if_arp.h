/* The address resolution protocol, and kinds of hardware. */
#ifndef _NET_IF_ARP_H
#define _NET_IF_ARP_H

#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/socket.h>
#include <sys/types.h>

#define ARPOP_REQUEST   1
#define ARPOP_REPLY     2
#define ARPOP_RREQUEST  3
#define ARPOP_RREPLY    4
#define ARPOP_InREQUEST 8
#define ARPOP_InREPLY   9
#define ARPOP_NAK       10

struct arphdr
{
  unsigned short ar_hrd;
  unsigned short ar_pro;
  unsigned char ar_hln;
  unsigned char ar_pln;
  unsigned short ar_op;
};

#define ARPHRD_NETROM     0
#define ARPHRD_ETHER      1
#define ARPHRD_IEEE802    6
#define ARPHRD_INFINIBAND 32
#define ARPHRD_PPP        512
#define ARPHRD_TUNNEL     768
#define ARPHRD_TUNNEL6    769
#define ARPHRD_LOOPBACK   772
#define ARPHRD_SIT        776
#define ARPHRD_VOID       0xffff
#define ARPHRD_NONE       0xfffe

struct arpreq
{
  struct sockaddr arp_pa;
  struct sockaddr arp_ha;
  int arp_flags;
  struct sockaddr arp_netmask;
  char arp_dev[16];
};

#define ATF_COM         0x02
#define ATF_PERM        0x04
#define ATF_PUBL        0x08
#define ATF_USETRAILERS 0x10
#define ATF_NETMASK     0x20
#define ATF_DONTPUB     0x40

#endif

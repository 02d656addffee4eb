/* The Internet's addresses and protocols, with the numbers and layouts of Linux x86-64. */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H

#include <machine/endian.h>
#include <netinet/_in_options.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/socket.h>
#include <sys/types.h>

__BEGIN_DECLS

#ifndef _IN_ADDR_T_DECLARED
#define _IN_ADDR_T_DECLARED
typedef uint32_t in_addr_t;
#endif

#ifndef _IN_PORT_T_DECLARED
#define _IN_PORT_T_DECLARED
typedef uint16_t in_port_t;
#endif

/* ---- Byte order ---- */

uint32_t htonl(uint32_t);
uint16_t htons(uint16_t);
uint32_t ntohl(uint32_t);
uint16_t ntohs(uint16_t);

#ifdef __OPTIMIZE__
#define htonl(value) __builtin_bswap32(value)
#define htons(value) __builtin_bswap16(value)
#define ntohl(value) __builtin_bswap32(value)
#define ntohs(value) __builtin_bswap16(value)
#endif

/* ---- Protocols ---- */

#define IPPROTO_IP       0
#define IPPROTO_ICMP     1
#define IPPROTO_IGMP     2
#define IPPROTO_IPIP     4
#define IPPROTO_TCP      6
#define IPPROTO_EGP      8
#define IPPROTO_PUP      12
#define IPPROTO_UDP      17
#define IPPROTO_IDP      22
#define IPPROTO_TP       29
#define IPPROTO_DCCP     33
#define IPPROTO_IPV6     41
#define IPPROTO_RSVP     46
#define IPPROTO_GRE      47
#define IPPROTO_ESP      50
#define IPPROTO_AH       51
#define IPPROTO_MTP      92
#define IPPROTO_BEETPH   94
#define IPPROTO_ENCAP    98
#define IPPROTO_PIM      103
#define IPPROTO_COMP     108
#define IPPROTO_SCTP     132
#define IPPROTO_UDPLITE  136
#define IPPROTO_MPLS     137
#define IPPROTO_RAW      255
#define IPPROTO_MAX      256

#define IPPROTO_HOPOPTS  0
#define IPPROTO_ROUTING  43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_ICMPV6   58
#define IPPROTO_NONE     59
#define IPPROTO_DSTOPTS  60
#define IPPROTO_MH       135

#if __MISC_VISIBLE
#define IPPORT_ECHO         7
#define IPPORT_DISCARD      9
#define IPPORT_DAYTIME      13
#define IPPORT_FTP          21
#define IPPORT_TELNET       23
#define IPPORT_SMTP         25
#define IPPORT_TIMESERVER   37
#define IPPORT_TFTP         69
#define IPPORT_USERRESERVED 5000
#endif
#ifndef IPPORT_RESERVED
#define IPPORT_RESERVED 1024
#endif

/* ---- Version 4 ---- */

struct in_addr
{
  in_addr_t s_addr; /* in network byte order */
};

struct sockaddr_in
{
  sa_family_t sin_family;
  in_port_t sin_port; /* in network byte order */
  struct in_addr sin_addr;
  unsigned char sin_zero[8];
};

#define INADDR_ANY               ((in_addr_t) 0x00000000)
#define INADDR_BROADCAST         ((in_addr_t) 0xffffffff)
#define INADDR_NONE              ((in_addr_t) 0xffffffff)
#define INADDR_DUMMY             ((in_addr_t) 0xc0000008)
#define INADDR_LOOPBACK          ((in_addr_t) 0x7f000001)
#define INADDR_UNSPEC_GROUP      ((in_addr_t) 0xe0000000)
#define INADDR_ALLHOSTS_GROUP    ((in_addr_t) 0xe0000001)
#define INADDR_ALLRTRS_GROUP     ((in_addr_t) 0xe0000002)
#define INADDR_MAX_LOCAL_GROUP   ((in_addr_t) 0xe00000ff)

#define INET_ADDRSTRLEN          16
#define INET6_ADDRSTRLEN         46

#define IN_LOOPBACKNET           127

#define IN_CLASSA(address)       ((((in_addr_t) (address)) & 0x80000000) == 0)
#define IN_CLASSA_NET            0xff000000
#define IN_CLASSA_NSHIFT         24
#define IN_CLASSA_HOST           0x00ffffff
#define IN_CLASSA_MAX            128
#define IN_CLASSB(address)       ((((in_addr_t) (address)) & 0xc0000000) == 0x80000000)
#define IN_CLASSB_NET            0xffff0000
#define IN_CLASSB_NSHIFT         16
#define IN_CLASSB_HOST           0x0000ffff
#define IN_CLASSB_MAX            65536
#define IN_CLASSC(address)       ((((in_addr_t) (address)) & 0xe0000000) == 0xc0000000)
#define IN_CLASSC_NET            0xffffff00
#define IN_CLASSC_NSHIFT         8
#define IN_CLASSC_HOST           0x000000ff
#define IN_CLASSD(address)       ((((in_addr_t) (address)) & 0xf0000000) == 0xe0000000)
#define IN_MULTICAST(address)    IN_CLASSD(address)
#define IN_EXPERIMENTAL(address) ((((in_addr_t) (address)) & 0xe0000000) == 0xe0000000)
#define IN_BADCLASS(address)     ((((in_addr_t) (address)) & 0xf0000000) == 0xf0000000)

/* ---- Version 6 ---- */

struct in6_addr
{
  union
  {
    uint8_t __bytes[16];
    uint16_t __words[8];
    uint32_t __longs[4];
  } __in6;
};

#define s6_addr __in6.__bytes
#if __MISC_VISIBLE
#define s6_addr16 __in6.__words
#define s6_addr32 __in6.__longs
#endif

struct sockaddr_in6
{
  sa_family_t sin6_family;
  in_port_t sin6_port; /* in network byte order */
  uint32_t sin6_flowinfo;
  struct in6_addr sin6_addr;
  uint32_t sin6_scope_id; /* an interface's index */
};

extern const struct in6_addr in6addr_any;
extern const struct in6_addr in6addr_loopback;

#define IN6ADDR_ANY_INIT                               \
  {                                                    \
    {                                                  \
      {                                                \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
      }                                                \
    }                                                  \
  }
#define IN6ADDR_LOOPBACK_INIT                          \
  {                                                    \
    {                                                  \
      {                                                \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 \
      }                                                \
    }                                                  \
  }

#define __IN6(address)          ((const struct in6_addr *) (address))
#define __IN6_LONG(address, at) (__IN6(address)->__in6.__longs[at])
#define __IN6_BYTE(address, at) (__IN6(address)->__in6.__bytes[at])

#define IN6_IS_ADDR_UNSPECIFIED(a) \
  ((__IN6_LONG(a, 0) | __IN6_LONG(a, 1) | __IN6_LONG(a, 2) | __IN6_LONG(a, 3)) == 0)
#define IN6_IS_ADDR_LOOPBACK(a) \
  ((__IN6_LONG(a, 0) | __IN6_LONG(a, 1) | __IN6_LONG(a, 2)) == 0 && __IN6_LONG(a, 3) == __htonl(1))
#define IN6_IS_ADDR_MULTICAST(a) (__IN6_BYTE(a, 0) == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a) (__IN6_BYTE(a, 0) == 0xfe && (__IN6_BYTE(a, 1) & 0xc0) == 0x80)
#define IN6_IS_ADDR_SITELOCAL(a) (__IN6_BYTE(a, 0) == 0xfe && (__IN6_BYTE(a, 1) & 0xc0) == 0xc0)
#define IN6_IS_ADDR_V4MAPPED(a) \
  ((__IN6_LONG(a, 0) | __IN6_LONG(a, 1)) == 0 && __IN6_LONG(a, 2) == __htonl(0xffff))
#define IN6_IS_ADDR_V4COMPAT(a) \
  ((__IN6_LONG(a, 0) | __IN6_LONG(a, 1) | __IN6_LONG(a, 2)) == 0 && __ntohl(__IN6_LONG(a, 3)) > 1)
#define IN6_ARE_ADDR_EQUAL(a, b)                                                   \
  (__IN6_LONG(a, 0) == __IN6_LONG(b, 0) && __IN6_LONG(a, 1) == __IN6_LONG(b, 1) && \
   __IN6_LONG(a, 2) == __IN6_LONG(b, 2) && __IN6_LONG(a, 3) == __IN6_LONG(b, 3))
#define IN6_IS_ADDR_MC_NODELOCAL(a) (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == 0x1)
#define IN6_IS_ADDR_MC_LINKLOCAL(a) (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == 0x2)
#define IN6_IS_ADDR_MC_SITELOCAL(a) (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == 0x5)
#define IN6_IS_ADDR_MC_ORGLOCAL(a)  (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == 0x8)
#define IN6_IS_ADDR_MC_GLOBAL(a)    (IN6_IS_ADDR_MULTICAST(a) && (__IN6_BYTE(a, 1) & 0xf) == 0xe)

/* ---- What options and control messages have ---- */

struct ipv6_mreq
{
  struct in6_addr ipv6mr_multiaddr;
  unsigned int ipv6mr_interface;
};

#if __MISC_VISIBLE
struct ip_mreq
{
  struct in_addr imr_multiaddr;
  struct in_addr imr_interface;
};

struct ip_mreqn
{
  struct in_addr imr_multiaddr;
  struct in_addr imr_address;
  int imr_ifindex;
};

struct ip_mreq_source
{
  struct in_addr imr_multiaddr;
  struct in_addr imr_interface;
  struct in_addr imr_sourceaddr;
};

struct group_req
{
  uint32_t gr_interface;
  struct sockaddr_storage gr_group;
};

struct group_source_req
{
  uint32_t gsr_interface;
  struct sockaddr_storage gsr_group;
  struct sockaddr_storage gsr_source;
};

struct in_pktinfo
{
  int ipi_ifindex;
  struct in_addr ipi_spec_dst;
  struct in_addr ipi_addr;
};
#endif

#if __GNU_VISIBLE
struct in6_pktinfo
{
  struct in6_addr ipi6_addr;
  unsigned int ipi6_ifindex;
};

struct ip6_mtuinfo
{
  struct sockaddr_in6 ip6m_addr;
  uint32_t ip6m_mtu;
};
#endif

__END_DECLS

#endif

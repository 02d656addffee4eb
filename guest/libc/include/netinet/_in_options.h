/* Socket options of the levels IPPROTO_IP and IPPROTO_IPV6, with Linux's numbers. */
#ifndef _NETINET__IN_OPTIONS_H
#define _NETINET__IN_OPTIONS_H

#include <sys/cdefs.h>

#define IP_TOS                    1
#define IP_TTL                    2
#define IP_HDRINCL                3
#define IP_OPTIONS                4
#define IP_ROUTER_ALERT           5
#define IP_RECVOPTS               6
#define IP_RETOPTS                7
#define IP_PKTINFO                8
#define IP_PKTOPTIONS             9
#define IP_MTU_DISCOVER           10
#define IP_RECVERR                11
#define IP_RECVTTL                12
#define IP_RECVTOS                13
#define IP_MTU                    14
#define IP_FREEBIND               15
#define IP_TRANSPARENT            19
#define IP_RECVORIGDSTADDR        20
#define IP_ORIGDSTADDR            IP_RECVORIGDSTADDR
#define IP_MINTTL                 21
#define IP_NODEFRAG               22
#define IP_CHECKSUM               23
#define IP_BIND_ADDRESS_NO_PORT   24
#define IP_MULTICAST_IF           32
#define IP_MULTICAST_TTL          33
#define IP_MULTICAST_LOOP         34
#define IP_ADD_MEMBERSHIP         35
#define IP_DROP_MEMBERSHIP        36
#define IP_UNBLOCK_SOURCE         37
#define IP_BLOCK_SOURCE           38
#define IP_ADD_SOURCE_MEMBERSHIP  39
#define IP_DROP_SOURCE_MEMBERSHIP 40
#define IP_MSFILTER               41
#define MCAST_JOIN_GROUP          42
#define MCAST_BLOCK_SOURCE        43
#define MCAST_UNBLOCK_SOURCE      44
#define MCAST_LEAVE_GROUP         45
#define MCAST_JOIN_SOURCE_GROUP   46
#define MCAST_LEAVE_SOURCE_GROUP  47
#define MCAST_MSFILTER            48
#define IP_MULTICAST_ALL          49
#define IP_UNICAST_IF             50

#define IP_PMTUDISC_DONT          0
#define IP_PMTUDISC_WANT          1
#define IP_PMTUDISC_DO            2
#define IP_PMTUDISC_PROBE         3
#define IP_PMTUDISC_INTERFACE     4
#define IP_PMTUDISC_OMIT          5

#define IP_DEFAULT_MULTICAST_TTL  1
#define IP_DEFAULT_MULTICAST_LOOP 1
#define IP_MAX_MEMBERSHIPS        20

#define IPV6_ADDRFORM             1
#define IPV6_2292PKTINFO          2
#define IPV6_2292HOPOPTS          3
#define IPV6_2292DSTOPTS          4
#define IPV6_2292RTHDR            5
#define IPV6_2292PKTOPTIONS       6
#define IPV6_CHECKSUM             7
#define IPV6_2292HOPLIMIT         8
#define IPV6_NEXTHOP              9
#define IPV6_AUTHHDR              10
#define IPV6_UNICAST_HOPS         16
#define IPV6_MULTICAST_IF         17
#define IPV6_MULTICAST_HOPS       18
#define IPV6_MULTICAST_LOOP       19
#define IPV6_JOIN_GROUP           20
#define IPV6_LEAVE_GROUP          21
#define IPV6_ROUTER_ALERT         22
#define IPV6_MTU_DISCOVER         23
#define IPV6_MTU                  24
#define IPV6_RECVERR              25
#define IPV6_V6ONLY               26
#define IPV6_JOIN_ANYCAST         27
#define IPV6_LEAVE_ANYCAST        28
#define IPV6_MULTICAST_ALL        29
#define IPV6_RECVPKTINFO          49
#define IPV6_PKTINFO              50
#define IPV6_RECVHOPLIMIT         51
#define IPV6_HOPLIMIT             52
#define IPV6_RECVHOPOPTS          53
#define IPV6_HOPOPTS              54
#define IPV6_RTHDRDSTOPTS         55
#define IPV6_RECVRTHDR            56
#define IPV6_RTHDR                57
#define IPV6_RECVDSTOPTS          58
#define IPV6_DSTOPTS              59
#define IPV6_RECVPATHMTU          60
#define IPV6_PATHMTU              61
#define IPV6_DONTFRAG             62
#define IPV6_RECVTCLASS           66
#define IPV6_TCLASS               67
#define IPV6_AUTOFLOWLABEL        70
#define IPV6_ADDR_PREFERENCES     72
#define IPV6_MINHOPCOUNT          73
#define IPV6_FREEBIND             78

#define IPV6_ADD_MEMBERSHIP       IPV6_JOIN_GROUP
#define IPV6_DROP_MEMBERSHIP      IPV6_LEAVE_GROUP

#define IPV6_PMTUDISC_DONT        0
#define IPV6_PMTUDISC_WANT        1
#define IPV6_PMTUDISC_DO          2
#define IPV6_PMTUDISC_PROBE       3

#endif

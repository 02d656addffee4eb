/* How lwIP is configured. Its own texts (lwip/opt.h) say what each option means. */
#ifndef NET_STACK_PORT_LWIPOPTS_H
#define NET_STACK_PORT_LWIPOPTS_H

#include "net/stack/stack.h"

/* ---- Tasks: programs' own run the stack under its lock; ours serves devices and timers ---- */

#define NO_SYS                                0
#define LWIP_TCPIP_CORE_LOCKING               1
#define LWIP_TCPIP_CORE_LOCKING_INPUT         1
#define LOCK_TCPIP_CORE                       net_lock
#define UNLOCK_TCPIP_CORE                     net_unlock
#define LWIP_TIMERS_CUSTOM                    1
#define LWIP_NETIF_LOOPBACK_MULTITHREADING    0 /* net_unlock() sees to it */
#define SYS_LIGHTWEIGHT_PROT                  1

#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1

/* ---- Calls: guest/net/ has the sockets, above the functions that call back ---- */

#define LWIP_NETCONN          0
#define LWIP_SOCKET           0
#define LWIP_RAW              1
#define SO_REUSE              1
#define SO_REUSE_RXTOALL      1
#define IP_SOF_BROADCAST      1
#define LWIP_TCP_KEEPALIVE    1
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_TIMEVAL_PRIVATE  0

/* ---- Memory: malloc(). Bounded by windows, queues and the number of descriptors ---- */

#define MEM_LIBC_MALLOC          1
#define MEMP_MEM_MALLOC          1
#define MEM_ALIGNMENT            8
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define PBUF_POOL_BUFSIZE        2048
#define PBUF_POOL_FREE_OOSEQ     0

/* ---- Interfaces ---- */

#define LWIP_HAVE_LOOPIF               1
#define LWIP_NETIF_LOOPBACK            1
#define LWIP_LOOPIF_MULTICAST          1
#define LWIP_NETIF_HOSTNAME            1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK       0
#define LWIP_CHECKSUM_CTRL_PER_NETIF   1
#define ARP_TABLE_SIZE                 64
#define ARP_QUEUEING                   1
#define ARP_QUEUE_LEN                  32
#define ETHARP_TABLE_MATCH_NETIF       1

/* ---- IPv4 ---- */

#define LWIP_IPV4                 1
#define IP_REASSEMBLY             1
#define IP_FRAG                   1
#define IP_REASS_MAX_PBUFS        512
#define LWIP_ICMP                 1
#define LWIP_IGMP                 1
#define LWIP_MULTICAST_TX_OPTIONS 1
#define LWIP_DHCP                 1
#define DHCP_DOES_ARP_CHECK       0 /* it takes a second; a clash is seen later and reported */
#define LWIP_DHCP_MAX_DNS_SERVERS 3
#define LWIP_DNS                  1
#define DNS_MAX_SERVERS           4
#define DNS_TABLE_SIZE            16
#define DNS_MAX_NAME_LENGTH       256

/* ---- IPv6 ---- */

#define LWIP_IPV6                                1
#define LWIP_IPV6_NUM_ADDRESSES                  5
#define LWIP_IPV6_AUTOCONFIG                     1
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS            1
#define LWIP_IPV6_MLD                            1
#define LWIP_IPV6_FRAG                           1
#define LWIP_IPV6_REASS                          1
#define IPV6_FRAG_COPYHEADER                     1
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS           2
#define LWIP_ND6_NUM_NEIGHBORS                   32
#define LWIP_ND6_NUM_DESTINATIONS                32
#define LWIP_HOOK_ND6_GET_GW(netif, destination) net_ipv6_gateway(netif)
#define LWIP_HOOK_FILENAME                       "net/stack/configuration.h"
#define LWIP_ICMP6                               1

/* ---- TCP ---- */

/* The largest segment, on the loopback interface; others have theirs by MTU. */
#define TCP_MSS           32768
#define TCP_OVERSIZE      1460
#define LWIP_WND_SCALE    1
#define TCP_RCV_SCALE     5
#define TCP_WND           (1024 * 1024)
#define TCP_SND_BUF       (1024 * 1024)
#define TCP_SND_QUEUELEN  8192
#define TCP_SNDLOWAT      (TCP_SND_BUF / 2)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)
/* A window that is not scaled has 64 KiB at most. */
#define TCP_WND_UPDATE_THRESHOLD (TCP_WND_MAX(pcb) / 8)
#define TCP_LISTEN_BACKLOG       1
#define LWIP_TCP_SACK_OUT        1
#define LWIP_TCP_MAX_SACK_NUM    4
#define TCP_QUEUE_OOSEQ          1
/* A window of whole segments; of small ones the last are sent again. */
#define TCP_OOSEQ_MAX_PBUFS                1024
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
#define TCP_MSL                            30000
#define LWIP_TCP_RTO_TIME                  1000
/* The clock of delayed acknowledgements and, doubled, of retransmissions. It runs only while there
 * is something to time. */
#define TCP_TMR_INTERVAL                                                50
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) net_random()

#define LWIP_STATS                                                      0

#endif

/* Ethernet frames. */
#ifndef _NET_ETHERNET_H
#define _NET_ETHERNET_H

#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

#define ETH_ALEN      6
#define ETH_TLEN      2
#define ETH_HLEN      14
#define ETH_ZLEN      60
#define ETH_DATA_LEN  1500
#define ETH_FRAME_LEN 1514
#define ETH_FCS_LEN   4

#define ETH_P_LOOP    0x0060
#define ETH_P_IP      0x0800
#define ETH_P_ARP     0x0806
#define ETH_P_RARP    0x8035
#define ETH_P_8021Q   0x8100
#define ETH_P_IPX     0x8137
#define ETH_P_IPV6    0x86dd
#define ETH_P_PAE     0x888e
#define ETH_P_8021AD  0x88a8
#define ETH_P_LLDP    0x88cc
#define ETH_P_802_3   0x0001
#define ETH_P_ALL     0x0003
#define ETH_P_802_2   0x0004

struct ether_addr
{
  uint8_t ether_addr_octet[ETH_ALEN];
} __attribute__((__packed__));

struct ether_header
{
  uint8_t ether_dhost[ETH_ALEN];
  uint8_t ether_shost[ETH_ALEN];
  uint16_t ether_type; /* in network byte order */
} __attribute__((__packed__));

#define ETHERTYPE_PUP      0x0200
#define ETHERTYPE_IP       0x0800
#define ETHERTYPE_ARP      0x0806
#define ETHERTYPE_REVARP   0x8035
#define ETHERTYPE_AT       0x809b
#define ETHERTYPE_AARP     0x80f3
#define ETHERTYPE_VLAN     0x8100
#define ETHERTYPE_IPX      0x8137
#define ETHERTYPE_IPV6     0x86dd
#define ETHERTYPE_LOOPBACK 0x9000

#define ETHER_ADDR_LEN     ETH_ALEN
#define ETHER_TYPE_LEN     2
#define ETHER_CRC_LEN      4
#define ETHER_HDR_LEN      ETH_HLEN
#define ETHER_MIN_LEN      (ETH_ZLEN + ETHER_CRC_LEN)
#define ETHER_MAX_LEN      (ETH_FRAME_LEN + ETHER_CRC_LEN)
#define ETHERMTU           ETH_DATA_LEN
#define ETHERMIN           (ETHER_MIN_LEN - ETHER_HDR_LEN - ETHER_CRC_LEN)

__END_DECLS

#endif

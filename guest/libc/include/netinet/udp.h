/* UDP: options and header, with the numbers and layouts of Linux x86-64. */
#ifndef _NETINET_UDP_H
#define _NETINET_UDP_H

#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/types.h>

#define UDP_CORK    1
#define UDP_ENCAP   100
#define UDP_SEGMENT 103
#define UDP_GRO     104

struct udphdr
{
  __extension__ union
  {
    struct
    {
      uint16_t uh_sport;
      uint16_t uh_dport;
      uint16_t uh_ulen;
      uint16_t uh_sum;
    };
    struct
    {
      uint16_t source;
      uint16_t dest;
      uint16_t len;
      uint16_t check;
    };
  };
};

#endif

/* The command line of uhyve-net-user, which the monitor writes (uhyve/net/net_user.c). */
#ifndef UHYVE_NET_USER_ARGUMENTS_H
#define UHYVE_NET_USER_ARGUMENTS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "uhyve/sandbox/sandbox.h"

#define ARGUMENTS_MOST_PUBLISHED 64

/* A port of the host that leads to one of the guest's. */
struct published
{
  bool is_udp;
  union
  {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
  } host;
  in_port_t guest_port; /* in network order */
};

struct arguments
{
  int frames_fd; /* a stream socket */
  int status_fd; /* takes "ready", or what is wrong */
  enum isolation isolation;
  unsigned int mtu_bytes;
  bool has_guest; /* what follows counts */
  struct in_addr guest;
  unsigned int prefix;
  struct in_addr gateway; /* 0: any */
  struct published published[ARGUMENTS_MOST_PUBLISHED];
  unsigned int published_count;
};

/* --frames FD --status FD [--isolation none|normal|strict] [--mtu BYTES] [--guest ADDRESS/BITS]
 * [--gateway ADDRESS] [--publish tcp|udp,HOST-ADDRESS,HOST-PORT,GUEST-PORT]...
 * Returns null, or what is wrong. */
const char *arguments_parse(struct arguments *arguments, int argc, char **argv);

#endif

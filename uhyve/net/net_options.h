/* Options of the network: what --net and --publish say, and the environment's HERMIT_IP. */
#ifndef UHYVE_NET_NET_OPTIONS_H
#define UHYVE_NET_NET_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_MOST_OPTIONS   8 /* interfaces: UHYVE_MOST_INTERFACES */
#define NET_MOST_PUBLISHED 64
#define NET_MOST_QUEUES    8   /* of an interface, in each direction */
#define NET_NAME_BYTES     16  /* of an interface of Linux, with the null: IFNAMSIZ */
#define NET_PATH_BYTES     108 /* of a socket: sun_path */
#define NET_LEAST_MTU      576
#define NET_MOST_MTU       65521

enum net_kind
{
  NET_USER,  /* libslirp, in a program of its own */
  NET_TAP,   /* a TAP interface by name */
  NET_FD,    /* descriptors of a TAP, or one of a stream socket */
  NET_PASST, /* a stream socket by path, or passt itself */
};

struct net_option
{
  enum net_kind kind;
  char name[NET_NAME_BYTES]; /* NET_TAP; may end in %d */
  char path[NET_PATH_BYTES]; /* NET_PASST; empty: passt is started */
  int fds[NET_MOST_QUEUES];  /* NET_FD; more than one: of one TAP */
  unsigned int queue_count;  /* 1, but for NET_TAP and NET_FD */

  /* Of the guest's interface, for all kinds. */
  bool has_ipv4;
  uint8_t ipv4[4];
  unsigned int ipv4_prefix; /* 0 to 32 */
  uint8_t ipv4_gateway[4];  /* 0: none */
  bool has_ipv6;
  uint8_t ipv6[16];
  unsigned int ipv6_prefix;
  uint8_t ipv6_gateway[16];
  bool has_mac;
  uint8_t mac[6];
  unsigned int mtu_bytes; /* 0: not said */
};

/* A port of the host that leads to one of the guest's. */
struct net_published
{
  bool is_udp;
  bool is_ipv6;        /* of address */
  bool has_address;    /* else all of the host's */
  uint8_t address[16]; /* of the host, in network order; of IPv4 the first four */
  uint16_t host_port;
  uint16_t guest_port;
};

struct net_options
{
  struct net_option list[NET_MOST_OPTIONS];
  unsigned int count;
  struct net_published published[NET_MOST_PUBLISHED];
  unsigned int published_count; /* they belong to the first interface of kind NET_USER or, without a
                                   path, NET_PASST */
};

/* Each reads one value; none at all stands for --net alone. Returns null, or what is wrong with the
 * value, to be read behind it. */
const char *net_options_add(struct net_options *options, const char *value, size_t bytes);
const char *net_options_publish(struct net_options *options, const char *value, size_t bytes);

/* Whether a word of the command line is a value of --net. */
bool net_options_is_kind(const char *text);

/* The address of the first interface by the environment, if no option says one: each may be null.
 * Returns null, or the name of what is wrong: "IP", "GATEWAY" or "MASK". */
const char *net_options_address(struct net_options *options, const char *ip, const char *gateway,
                                const char *mask);

/* Whether it is this interface that ports are published on: the first that can. */
bool net_publishes(const struct net_options *options, unsigned int index);

/* When all is read. Returns null, or what is wrong. */
const char *net_options_finish(struct net_options *options);

#endif

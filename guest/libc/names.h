/* Names of hosts: from a file, or asked of servers. */
#ifndef GUEST_LIBC_NAMES_H
#define GUEST_LIBC_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_MOST_ADDRESSES 48
#define NAMES_MOST_SERVERS   3
#define NAMES_MOST_DOMAINS   6
#define NAMES_BYTES          256 /* of a name, with its null */

struct names_address
{
  int family;
  uint32_t scope;
  unsigned char bytes[16];
};

struct names_found
{
  int count;
  struct names_address addresses[NAMES_MOST_ADDRESSES];
  char canonical[NAMES_BYTES];
};

static inline size_t names_address_bytes(int family)
{
  return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

/* Adds one, unless it is there or the list is full. */
void names_add(struct names_found *found, int family, const void *bytes);

/* Addresses of a name, that is no address; family: AF_UNSPEC for both. 0 or EAI_. */
int names_find(struct names_found *found, const char *name, int family);

/* The name of an address: 0 or EAI_. */
int names_find_reverse(int family, const void *bytes, char name[NAMES_BYTES]);

/* An address as text, with a scope. */
bool names_is_address(const char *text, struct names_address *address);

/* ---- names_hosts.c: /etc/hosts; "localhost" is always known. False: it is not there ---- */

bool hosts_find(struct names_found *found, const char *name, int family);
bool hosts_find_reverse(int family, const void *bytes, char name[NAMES_BYTES]);

/* ---- names_config.c: /etc/resolv.conf, or else what the network's own configuration said ---- */

struct names_config
{
  struct sockaddr_storage servers[NAMES_MOST_SERVERS];
  int server_count;
  char domains[NAMES_MOST_DOMAINS][NAMES_BYTES]; /* to be tried behind a name */
  int domain_count;
  int dots; /* a name with that many is tried as it is first */
  int wait_s, attempts;
};

void names_configure(struct names_config *config);

/* ---- names_dns.c ---- */

#define DNS_A    1
#define DNS_PTR  12
#define DNS_AAAA 28

/* Asks servers for records of a type. Addresses are added to `found`; a name goes to its canonical.
 * 0 or EAI_. */
int dns_find(const struct names_config *config, const char *name, int type,
             struct names_found *found);

/* ---- names_transport.c ---- */

#define DNS_REPLY_BYTES 4096

/* One question: the reply's length, or EAI_AGAIN, EAI_SYSTEM. */
int dns_exchange(const struct names_config *config, const unsigned char *question,
                 size_t question_bytes, unsigned char reply[DNS_REPLY_BYTES]);

#endif

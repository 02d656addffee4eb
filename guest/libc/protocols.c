/* Protocols by name and number. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

static char *no_aliases[] = {NULL};

static const struct protoent known[] = {
    {(char *) "ip", no_aliases, IPPROTO_IP},     {(char *) "icmp", no_aliases, IPPROTO_ICMP},
    {(char *) "igmp", no_aliases, IPPROTO_IGMP}, {(char *) "tcp", no_aliases, IPPROTO_TCP},
    {(char *) "udp", no_aliases, IPPROTO_UDP},   {(char *) "ipv6", no_aliases, IPPROTO_IPV6},
    {(char *) "gre", no_aliases, IPPROTO_GRE},   {(char *) "esp", no_aliases, IPPROTO_ESP},
    {(char *) "ah", no_aliases, IPPROTO_AH},     {(char *) "ipv6-icmp", no_aliases, IPPROTO_ICMPV6},
    {(char *) "sctp", no_aliases, IPPROTO_SCTP},
};

#define COUNT (sizeof(known) / sizeof(known[0]))

static const struct protoent *find(const char *name, int number)
{
  for (size_t i = 0; i < COUNT; i++)
    if (name != NULL ? strcasecmp(known[i].p_name, name) == 0 : known[i].p_proto == number)
      return &known[i];
  return NULL;
}

static int give(const struct protoent *found, struct protoent *entry, struct protoent **result)
{
  *result = NULL;
  if (found == NULL)
    return ENOENT;
  *entry = *found;
  *result = entry;
  return 0;
}

int getprotobyname_r(const char *restrict name, struct protoent *restrict entry,
                     char *restrict buffer, size_t size_bytes, struct protoent **restrict result)
{
  (void) buffer;
  (void) size_bytes;
  return give(find(name, 0), entry, result);
}

int getprotobynumber_r(int number, struct protoent *restrict entry, char *restrict buffer,
                       size_t size_bytes, struct protoent **restrict result)
{
  (void) buffer;
  (void) size_bytes;
  return give(find(NULL, number), entry, result);
}

static _Thread_local struct protoent own_entry;

struct protoent *getprotobyname(const char *name)
{
  struct protoent *result;
  give(find(name, 0), &own_entry, &result);
  return result;
}

struct protoent *getprotobynumber(int number)
{
  struct protoent *result;
  give(find(NULL, number), &own_entry, &result);
  return result;
}

/* Network interfaces: getifaddrs(), if_nametoindex() and their like. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "libc/result.h"
#include "net/interface_facts.h"

#define MOST_INTERFACES 16

/* Facts of all interfaces, to be freed; null, with errno. *count: how many. */
static struct interface_facts *get_facts(int *count)
{
  struct interface_facts *facts = malloc(MOST_INTERFACES * sizeof(*facts));
  if (facts == NULL)
    return NULL;
  *count = interfaces_get(facts, MOST_INTERFACES);
  if (*count < 0)
  {
    (void) libc_result(*count);
    free(facts);
    return NULL;
  }
  if (*count > MOST_INTERFACES)
    *count = MOST_INTERFACES;
  return facts;
}

/* ---- Addresses ---- */

struct entry
{
  struct ifaddrs list; /* first */
  char name[IF_NAMESIZE];
  struct sockaddr_storage address, mask, broadcast;
};

static struct sockaddr *copy_name(struct sockaddr_storage *to, const struct socket_name *name)
{
  if (name->len_bytes == 0)
    return NULL;
  memcpy(to, name->bytes, name->len_bytes);
  return (struct sockaddr *) to;
}

static struct entry *make_entry(const struct interface_facts *facts,
                                const struct interface_address *address)
{
  struct entry *entry = calloc(1, sizeof(*entry));
  if (entry == NULL)
    return NULL;
  memcpy(entry->name, facts->name, sizeof(entry->name));
  entry->list.ifa_name = entry->name;
  entry->list.ifa_flags = facts->flags;
  entry->list.ifa_addr = copy_name(&entry->address, &address->address);
  entry->list.ifa_netmask = copy_name(&entry->mask, &address->mask);
  entry->list.ifa_broadaddr = copy_name(&entry->broadcast, &address->broadcast);
  return entry;
}

int getifaddrs(struct ifaddrs **list)
{
  struct ifaddrs **link = list;
  int count = 0;
  struct interface_facts *facts = get_facts(&count);
  *list = NULL;
  if (facts == NULL)
    return -1;
  for (int i = 0; i < count; i++)
    for (uint32_t j = 0; j < facts[i].address_count; j++)
    {
      struct entry *entry = make_entry(&facts[i], &facts[i].addresses[j]);
      if (entry == NULL)
      {
        freeifaddrs(*list);
        free(facts);
        errno = ENOMEM;
        return -1;
      }
      *link = &entry->list;
      link = &entry->list.ifa_next;
    }
  free(facts);
  return 0;
}

void freeifaddrs(struct ifaddrs *list)
{
  while (list != NULL)
  {
    struct ifaddrs *next = list->ifa_next;
    free(list);
    list = next;
  }
}

/* ---- Names and indices ---- */

unsigned int if_nametoindex(const char *name)
{
  int count = 0;
  unsigned int index = 0;
  struct interface_facts *facts = get_facts(&count);
  if (facts == NULL)
    return 0;
  for (int i = 0; i < count && index == 0; i++)
    if (strncmp(facts[i].name, name, sizeof(facts[i].name)) == 0)
      index = facts[i].index;
  free(facts);
  if (index == 0)
    errno = ENODEV;
  return index;
}

char *if_indextoname(unsigned int index, char *name)
{
  int count = 0;
  char *found = NULL;
  struct interface_facts *facts = get_facts(&count);
  if (facts == NULL)
    return NULL;
  for (int i = 0; i < count && found == NULL; i++)
    if (facts[i].index == index)
      found = memcpy(name, facts[i].name, sizeof(facts[i].name));
  free(facts);
  if (found == NULL)
    errno = ENXIO;
  return found;
}

struct if_nameindex *if_nameindex(void)
{
  int count = 0;
  struct interface_facts *facts = get_facts(&count);
  if (facts == NULL)
    return NULL;
  /* The names are behind the list. */
  size_t list_bytes = ((size_t) count + 1) * sizeof(struct if_nameindex);
  struct if_nameindex *list = calloc(1, list_bytes + (size_t) count * IF_NAMESIZE);
  char *names = (char *) list + list_bytes;
  for (int i = 0; list != NULL && i < count; i++)
  {
    list[i].if_index = facts[i].index;
    list[i].if_name = memcpy(names + (size_t) i * IF_NAMESIZE, facts[i].name, IF_NAMESIZE);
  }
  free(facts);
  return list;
}

void if_freenameindex(struct if_nameindex *list)
{
  free(list);
}

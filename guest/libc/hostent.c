/* gethostbyname(), gethostbyaddr() and their like. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "libc/names.h"

/* What an entry points to, in the caller's buffer. */
struct host_memory
{
  char *aliases[1];
  char *list[NAMES_MOST_ADDRESSES + 1];
  unsigned char bytes[NAMES_MOST_ADDRESSES][16];
  char name[NAMES_BYTES];
};

static int host_error(int error)
{
  switch (error)
  {
  case EAI_NONAME:
    return HOST_NOT_FOUND;
  case EAI_NODATA:
    return NO_DATA;
  case EAI_AGAIN:
    return TRY_AGAIN;
  default:
    return NO_RECOVERY;
  }
}

static int give(const struct names_found *found, int family, struct hostent *entry, char *buffer,
                size_t size_bytes, struct hostent **result, int *error)
{
  struct host_memory *memory = (struct host_memory *) (((uintptr_t) buffer + 7) & ~7ul);
  int count = 0;
  if ((char *) (memory + 1) > buffer + size_bytes)
  {
    *error = NETDB_INTERNAL;
    return ERANGE;
  }
  for (int i = 0; i < found->count; i++)
    if (found->addresses[i].family == family)
    {
      memcpy(memory->bytes[count], found->addresses[i].bytes, sizeof(memory->bytes[0]));
      memory->list[count] = (char *) memory->bytes[count];
      count++;
    }
  memory->list[count] = NULL;
  memory->aliases[0] = NULL;
  memcpy(memory->name, found->canonical, sizeof(memory->name));
  *entry = (struct hostent){.h_name = memory->name,
                            .h_aliases = memory->aliases,
                            .h_addrtype = family,
                            .h_length = (int) names_address_bytes(family),
                            .h_addr_list = memory->list};
  *error = NETDB_SUCCESS;
  *result = entry;
  return 0;
}

int gethostbyname2_r(const char *restrict name, int family, struct hostent *restrict entry,
                     char *restrict buffer, size_t size_bytes, struct hostent **restrict result,
                     int *restrict error)
{
  struct names_found found = {.count = 0};
  struct names_address address;
  *result = NULL;
  *error = NO_RECOVERY;
  if (family != AF_INET && family != AF_INET6)
    return EAFNOSUPPORT;
  int failure = 0;
  if (names_is_address(name, &address))
  {
    strlcpy(found.canonical, name, sizeof(found.canonical));
    if (address.family == family)
      names_add(&found, family, address.bytes);
    else
      failure = EAI_NONAME;
  }
  else
    failure = names_find(&found, name, family);
  if (failure != 0)
  {
    *error = host_error(failure);
    return failure == EAI_AGAIN ? EAGAIN : ENOENT;
  }
  return give(&found, family, entry, buffer, size_bytes, result, error);
}

int gethostbyname_r(const char *restrict name, struct hostent *restrict entry,
                    char *restrict buffer, size_t size_bytes, struct hostent **restrict result,
                    int *restrict error)
{
  return gethostbyname2_r(name, AF_INET, entry, buffer, size_bytes, result, error);
}

int gethostbyaddr_r(const void *restrict address, socklen_t len_bytes, int family,
                    struct hostent *restrict entry, char *restrict buffer, size_t size_bytes,
                    struct hostent **restrict result, int *restrict error)
{
  struct names_found found = {.count = 0};
  *result = NULL;
  *error = NO_RECOVERY;
  if ((family != AF_INET && family != AF_INET6) || len_bytes < names_address_bytes(family))
    return EAFNOSUPPORT;
  int failure = names_find_reverse(family, address, found.canonical);
  if (failure != 0)
  {
    *error = host_error(failure);
    return ENOENT;
  }
  names_add(&found, family, address);
  return give(&found, family, entry, buffer, size_bytes, result, error);
}

static _Thread_local struct hostent own_entry;
static _Thread_local char own_buffer[sizeof(struct host_memory) + 8];

struct hostent *gethostbyname2(const char *name, int family)
{
  struct hostent *result;
  gethostbyname2_r(name, family, &own_entry, own_buffer, sizeof(own_buffer), &result, &h_errno);
  return result;
}

struct hostent *gethostbyname(const char *name)
{
  return gethostbyname2(name, AF_INET);
}

struct hostent *gethostbyaddr(const void *address, socklen_t len_bytes, int family)
{
  struct hostent *result;
  gethostbyaddr_r(address, len_bytes, family, &own_entry, own_buffer, sizeof(own_buffer), &result,
                  &h_errno);
  return result;
}

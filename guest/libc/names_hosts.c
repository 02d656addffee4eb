/* Names in /etc/hosts: an address, a name, other names in each line. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "libc/mapped_file.h"
#include "libc/names.h"

#define LINE_BYTES 1024
#define BLANKS     " \t\r\n"

/* The next word, or null. */
static char *next_word(char **at)
{
  char *word;
  do
    word = strsep(at, BLANKS);
  while (word != NULL && *word == '\0');
  return word;
}

/* The next line with an address and a name at least: false at the end. *names: what follows the
 * address. */
static bool next_line(FILE *file, char line[LINE_BYTES], struct names_address *address,
                      char **names)
{
  while (fgets(line, LINE_BYTES, file) != NULL)
  {
    line[strcspn(line, "#")] = '\0';
    char *at = line;
    const char *text = next_word(&at);
    if (text == NULL || !names_is_address(text, address) || at == NULL)
      continue;
    *names = at;
    return true;
  }
  return false;
}

static void add_localhost(struct names_found *found, const char *name, int family)
{
  const struct in_addr ipv4 = {.s_addr = htonl(INADDR_LOOPBACK)};
  if (family != AF_INET)
    names_add(found, AF_INET6, &in6addr_loopback);
  if (family != AF_INET6)
    names_add(found, AF_INET, &ipv4);
  strlcpy(found->canonical, name, sizeof(found->canonical));
}

static void find_in(FILE *file, struct names_found *found, const char *name, int family)
{
  char line[LINE_BYTES];
  struct names_address address;
  char *names;
  while (next_line(file, line, &address, &names))
  {
    const char *first = NULL;
    char *word;
    bool matches = false;
    while ((word = next_word(&names)) != NULL)
    {
      if (first == NULL)
        first = word;
      matches = matches || strcasecmp(word, name) == 0;
    }
    if (!matches || (family != AF_UNSPEC && family != address.family))
      continue;
    if (found->count == 0)
      strlcpy(found->canonical, first, sizeof(found->canonical));
    names_add(found, address.family, address.bytes);
  }
}

bool hosts_find(struct names_found *found, const char *name, int family)
{
  FILE *file = mapped_file_open("/etc/hosts");
  if (file != NULL)
  {
    find_in(file, found, name, family);
    fclose(file);
  }
  size_t len = strlen(name);
  bool is_localhost = strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0 ||
                      (len > strlen(".localhost") &&
                       strcasecmp(name + len - strlen(".localhost"), ".localhost") == 0);
  if (found->count == 0 && is_localhost)
    add_localhost(found, name, family);
  return found->count > 0;
}

static bool is_loopback(int family, const void *bytes)
{
  if (family == AF_INET)
    return *(const unsigned char *) bytes == IN_LOOPBACKNET;
  return memcmp(bytes, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

bool hosts_find_reverse(int family, const void *bytes, char name[NAMES_BYTES])
{
  char line[LINE_BYTES];
  struct names_address address;
  char *names;
  bool is_found = false;
  FILE *file = mapped_file_open("/etc/hosts");
  while (file != NULL && !is_found && next_line(file, line, &address, &names))
  {
    const char *first = next_word(&names);
    is_found = first != NULL && address.family == family &&
               memcmp(address.bytes, bytes, names_address_bytes(family)) == 0;
    if (is_found)
      strlcpy(name, first, NAMES_BYTES);
  }
  if (file != NULL)
    fclose(file);
  if (!is_found && is_loopback(family, bytes))
  {
    strlcpy(name, "localhost", NAMES_BYTES);
    is_found = true;
  }
  return is_found;
}

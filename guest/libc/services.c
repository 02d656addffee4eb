/* Services: from /etc/services where that is mapped, or else the best known ones. */
#include "libc/services.h"

#include "libc/mapped_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 1024
#define BLANKS     " \t\r\n"

static const struct
{
  const char *name;
  int port;
  bool is_tcp, is_udp;
} known[] = {
    {"echo", 7, true, true},           {"discard", 9, true, true},
    {"daytime", 13, true, true},       {"ftp-data", 20, true, false},
    {"ftp", 21, true, false},          {"ssh", 22, true, false},
    {"telnet", 23, true, false},       {"smtp", 25, true, false},
    {"time", 37, true, true},          {"domain", 53, true, true},
    {"bootps", 67, false, true},       {"bootpc", 68, false, true},
    {"tftp", 69, false, true},         {"http", 80, true, false},
    {"kerberos", 88, true, true},      {"pop3", 110, true, false},
    {"sunrpc", 111, true, true},       {"ntp", 123, false, true},
    {"imap2", 143, true, false},       {"snmp", 161, true, true},
    {"ldap", 389, true, true},         {"https", 443, true, true},
    {"submission", 587, true, false},  {"ldaps", 636, true, true},
    {"imaps", 993, true, false},       {"pop3s", 995, true, false},
    {"mqtt", 1883, true, false},       {"mysql", 3306, true, false},
    {"postgresql", 5432, true, false}, {"http-alt", 8080, true, true},
};

static bool matches(const struct service *service, const char *alias, const char *name, int port,
                    const char *protocol)
{
  if (protocol != NULL && strcmp(service->protocol, protocol) != 0)
    return false;
  return name != NULL ? strcmp(alias, name) == 0 : service->port == port;
}

/* NAME PORT/PROTOCOL OTHER-NAME... */
static bool line_matches(char *line, struct service *service, const char *name, int port,
                         const char *protocol)
{
  char *rest;
  char *end;
  line[strcspn(line, "#")] = '\0';
  const char *first = strtok_r(line, BLANKS, &rest);
  const char *number = first != NULL ? strtok_r(NULL, BLANKS, &rest) : NULL;
  if (number == NULL)
    return false;
  service->port = (int) strtol(number, &end, 10);
  if (*end != '/')
    return false;
  strlcpy(service->name, first, sizeof(service->name));
  strlcpy(service->protocol, end + 1, sizeof(service->protocol));
  for (const char *alias = first; alias != NULL; alias = strtok_r(NULL, BLANKS, &rest))
    if (matches(service, alias, name, port, protocol))
      return true;
  return false;
}

static bool find_in(FILE *file, struct service *found, const char *name, int port,
                    const char *protocol)
{
  char line[LINE_BYTES];
  while (fgets(line, sizeof(line), file) != NULL)
    if (line_matches(line, found, name, port, protocol))
      return true;
  return false;
}

static bool find_known(struct service *found, const char *name, int port, const char *protocol)
{
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
    for (int udp = 0; udp < 2; udp++)
    {
      if (udp == 0 ? !known[i].is_tcp : !known[i].is_udp)
        continue;
      strlcpy(found->name, known[i].name, sizeof(found->name));
      strlcpy(found->protocol, udp == 0 ? "tcp" : "udp", sizeof(found->protocol));
      found->port = known[i].port;
      if (matches(found, found->name, name, port, protocol))
        return true;
    }
  return false;
}

bool service_find(struct service *found, const char *name, int port, const char *protocol)
{
  FILE *file = mapped_file_open("/etc/services");
  if (file == NULL)
    return find_known(found, name, port, protocol);
  bool is_found = find_in(file, found, name, port, protocol);
  fclose(file);
  return is_found;
}

/* ---- The calls ---- */

struct service_memory
{
  char *aliases[1];
  struct service service;
};

static int give(const struct service *service, struct servent *entry, char *buffer,
                size_t size_bytes, struct servent **result)
{
  struct service_memory *memory = (struct service_memory *) (((uintptr_t) buffer + 7) & ~7ul);
  *result = NULL;
  if ((char *) (memory + 1) > buffer + size_bytes)
    return ERANGE;
  memory->service = *service;
  memory->aliases[0] = NULL;
  *entry = (struct servent){.s_name = memory->service.name,
                            .s_aliases = memory->aliases,
                            .s_port = htons((uint16_t) service->port),
                            .s_proto = memory->service.protocol};
  *result = entry;
  return 0;
}

int getservbyname_r(const char *restrict name, const char *restrict protocol,
                    struct servent *restrict entry, char *restrict buffer, size_t size_bytes,
                    struct servent **restrict result)
{
  struct service service;
  *result = NULL;
  return service_find(&service, name, 0, protocol)
             ? give(&service, entry, buffer, size_bytes, result)
             : ENOENT;
}

int getservbyport_r(int port, const char *restrict protocol, struct servent *restrict entry,
                    char *restrict buffer, size_t size_bytes, struct servent **restrict result)
{
  struct service service;
  *result = NULL;
  return service_find(&service, NULL, ntohs((uint16_t) port), protocol)
             ? give(&service, entry, buffer, size_bytes, result)
             : ENOENT;
}

static _Thread_local struct servent own_entry;
static _Thread_local char own_buffer[sizeof(struct service_memory) + 8];

struct servent *getservbyname(const char *name, const char *protocol)
{
  struct servent *result;
  getservbyname_r(name, protocol, &own_entry, own_buffer, sizeof(own_buffer), &result);
  return result;
}

struct servent *getservbyport(int port, const char *protocol)
{
  struct servent *result;
  getservbyport_r(port, protocol, &own_entry, own_buffer, sizeof(own_buffer), &result);
  return result;
}

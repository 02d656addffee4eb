/* Reads the command line: numbers and addresses, nothing that is a file. */
#include "arguments.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uhyve/net/net_options.h"

static bool read_number(const char *text, unsigned long least, unsigned long most,
                        unsigned long *number)
{
  char *end;
  errno = 0;
  *number = strtoul(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *text >= '0' && *text <= '9' &&
         *number >= least && *number <= most;
}

static bool read_descriptor(const char *text, int *fd)
{
  unsigned long number;
  if (!read_number(text, 3, 1u << 20, &number))
    return false;
  *fd = (int) number;
  return true;
}

static bool read_isolation(const char *text, enum isolation *isolation)
{
  static const char *const names[] = ISOLATION_NAMES;
  for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
  {
    if (strcmp(text, names[i]) == 0)
    {
      *isolation = (enum isolation) i;
      return true;
    }
  }
  return false;
}

static bool read_guest(char *text, struct arguments *arguments)
{
  unsigned long bits;
  char *slash = strchr(text, '/');
  if (slash == NULL || !read_number(slash + 1, 1, 29, &bits))
    return false;
  *slash = '\0';
  arguments->prefix = (unsigned int) bits;
  arguments->has_guest = inet_pton(AF_INET, text, &arguments->guest) == 1;
  return arguments->has_guest;
}

static bool read_host(const char *address, in_port_t port, struct published *published)
{
  if (inet_pton(AF_INET, address, &published->host.ipv4.sin_addr) == 1)
  {
    published->host.ipv4.sin_family = AF_INET;
    published->host.ipv4.sin_port = port;
    return true;
  }
  published->host.ipv6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
  return inet_pton(AF_INET6, address, &published->host.ipv6.sin6_addr) == 1;
}

static bool read_published(char *text, struct arguments *arguments)
{
  unsigned long host_port, guest_port;
  char *parts[4];
  char *rest = text;
  if (arguments->published_count == ARGUMENTS_MOST_PUBLISHED)
    return false;
  for (int i = 0; i < 4; i++)
  {
    parts[i] = strsep(&rest, ",");
    if (parts[i] == NULL)
      return false;
  }
  if (rest != NULL || !read_number(parts[2], 1, 65535, &host_port) ||
      !read_number(parts[3], 1, 65535, &guest_port))
    return false;
  struct published published = {.guest_port = htons((in_port_t) guest_port)};
  published.is_udp = strcmp(parts[0], "udp") == 0;
  if ((!published.is_udp && strcmp(parts[0], "tcp") != 0) ||
      !read_host(parts[1], htons((in_port_t) host_port), &published))
    return false;
  arguments->published[arguments->published_count++] = published;
  return true;
}

static bool read_option(int option, char *value, struct arguments *arguments)
{
  unsigned long number;
  switch (option)
  {
  case 'f':
    return read_descriptor(value, &arguments->frames_fd);
  case 's':
    return read_descriptor(value, &arguments->status_fd);
  case 'i':
    return read_isolation(value, &arguments->isolation);
  case 'm':
    if (!read_number(value, NET_LEAST_MTU, NET_MOST_MTU, &number))
      return false;
    arguments->mtu_bytes = (unsigned int) number;
    return true;
  case 'a':
    return read_guest(value, arguments);
  case 'g':
    return inet_pton(AF_INET, value, &arguments->gateway) == 1;
  case 'p':
    return read_published(value, arguments);
  default:
    return false;
  }
}

const char *arguments_parse(struct arguments *arguments, int argc, char **argv)
{
  static const struct option options[] = {
      {"frames", required_argument, NULL, 'f'},    {"status", required_argument, NULL, 's'},
      {"isolation", required_argument, NULL, 'i'}, {"mtu", required_argument, NULL, 'm'},
      {"guest", required_argument, NULL, 'a'},     {"gateway", required_argument, NULL, 'g'},
      {"publish", required_argument, NULL, 'p'},   {NULL, 0, NULL, 0},
  };
  static const char wrong[] = "is started by uhyve, for --net user; its arguments are wrong";
  *arguments = (struct arguments){
      .frames_fd = -1, .status_fd = -1, .isolation = ISOLATION_NORMAL, .mtu_bytes = 1500};
  opterr = 0;
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
  {
    if (!read_option(option, optarg, arguments))
      return wrong;
  }
  bool is_complete = optind == argc && arguments->frames_fd >= 0 && arguments->status_fd >= 0 &&
                     arguments->frames_fd != arguments->status_fd;
  return is_complete ? NULL : wrong;
}

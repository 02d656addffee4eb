/* Reads what --net and --publish say. */
#include "net_options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_BYTES INET6_ADDRSTRLEN

/* A piece of a value, not ended by a null. */
struct word
{
  const char *text;
  size_t bytes;
};

static bool is_word(struct word word, const char *text)
{
  return word.bytes == strlen(text) && memcmp(word.text, text, word.bytes) == 0;
}

/* Cuts off what lies before a character, or all. */
static struct word cut(struct word *from, char separator)
{
  const char *end = memchr(from->text, separator, from->bytes);
  struct word word = {from->text, end != NULL ? (size_t) (end - from->text) : from->bytes};
  size_t used = end != NULL ? word.bytes + 1 : word.bytes;
  from->text += used;
  from->bytes -= used;
  return word;
}

/* Returns false if the text does not fit. */
static bool copy(struct word word, char *to, size_t room)
{
  if (word.bytes >= room || memchr(word.text, '\0', word.bytes) != NULL)
    return false;
  memcpy(to, word.text, word.bytes);
  to[word.bytes] = '\0';
  return true;
}

static bool read_number(struct word word, unsigned int most, unsigned int *number)
{
  uint64_t sum = 0;
  if (word.bytes == 0 || word.bytes > 10)
    return false;
  for (size_t i = 0; i < word.bytes; i++)
  {
    if (word.text[i] < '0' || word.text[i] > '9')
      return false;
    sum = 10 * sum + (uint64_t) (word.text[i] - '0');
  }
  *number = (unsigned int) sum;
  return sum <= most;
}

static bool read_address(struct word word, int family, uint8_t *address)
{
  char text[ADDRESS_BYTES];
  return copy(word, text, sizeof(text)) && inet_pton(family, text, address) == 1;
}

/* ---- Keys ---- */

static const char *set_ip(struct net_option *option, struct word value)
{
  struct word address = cut(&value, '/');
  if (read_address(address, AF_INET, option->ipv4))
  {
    if (option->has_ipv4)
      return "has two ip= for IPv4";
    option->has_ipv4 = true;
    return read_number(value, 32, &option->ipv4_prefix) ? NULL
                                                        : "has an address without the bits of its "
                                                          "network: write it like ip=10.0.0.2/24";
  }
  if (!read_address(address, AF_INET6, option->ipv6))
    return "has an ip= that is no address: write it like ip=10.0.0.2/24";
  if (option->has_ipv6)
    return "has two ip= for IPv6";
  option->has_ipv6 = true;
  return read_number(value, 128, &option->ipv6_prefix) ? NULL
                                                       : "has an address without the bits of its "
                                                         "network: write it like ip=fd00::2/64";
}

static const char *set_gateway(struct net_option *option, struct word value)
{
  static const uint8_t none[sizeof(option->ipv6_gateway)];
  const struct net_option before = *option;
  if (read_address(value, AF_INET, option->ipv4_gateway))
    return memcmp(before.ipv4_gateway, none, sizeof(before.ipv4_gateway)) == 0
               ? NULL
               : "has two gateway= for IPv4";
  if (read_address(value, AF_INET6, option->ipv6_gateway))
    return memcmp(before.ipv6_gateway, none, sizeof(none)) == 0 ? NULL
                                                                : "has two gateway= for IPv6";
  return "has a gateway= that is no address";
}

static const char *set_mac(struct net_option *option, struct word value)
{
  static const char not_a_mac[] =
      "has a mac= that is no address of one interface: write it like mac=02:00:00:12:34:56";
  if (option->has_mac)
    return "has mac= twice";
  for (size_t i = 0; i < sizeof(option->mac); i++)
  {
    struct word part = cut(&value, ':');
    char text[3];
    char *end;
    if (part.bytes != 2 || !copy(part, text, sizeof(text)))
      return not_a_mac;
    option->mac[i] = (uint8_t) strtoul(text, &end, 16);
    if (*end != '\0' || text[0] == '-' || text[0] == '+' || text[0] == ' ')
      return not_a_mac;
  }
  static const uint8_t none[sizeof(option->mac)];
  bool is_group = (option->mac[0] & 1) != 0;
  if (value.bytes != 0 || is_group || memcmp(option->mac, none, sizeof(none)) == 0)
    return not_a_mac;
  option->has_mac = true;
  return NULL;
}

static const char *set_mtu(struct net_option *option, struct word value)
{
  if (option->mtu_bytes != 0)
    return "has mtu= twice";
  if (!read_number(value, NET_MOST_MTU, &option->mtu_bytes) || option->mtu_bytes < NET_LEAST_MTU)
    return "has an mtu= that is no number from 576 to 65521";
  return NULL;
}

static const char *set_queues(struct net_option *option, struct word value)
{
  if (option->kind != NET_TAP)
    return "has queues=, which is for tap:NAME";
  if (!read_number(value, NET_MOST_QUEUES, &option->queue_count) || option->queue_count == 0)
    return "has a queues= that is no number from 1 to 8";
  return NULL;
}

static const char *set_keys(struct net_option *option, struct word keys)
{
  static const struct
  {
    const char *name;
    const char *(*set)(struct net_option *option, struct word value);
  } known[] = {{"ip", set_ip},
               {"gateway", set_gateway},
               {"mac", set_mac},
               {"mtu", set_mtu},
               {"queues", set_queues}};
  while (keys.bytes > 0)
  {
    struct word value = cut(&keys, ',');
    struct word name = cut(&value, '=');
    size_t i = 0;
    while (i < sizeof(known) / sizeof(known[0]) && !is_word(name, known[i].name))
      i++;
    if (i == sizeof(known) / sizeof(known[0]))
      return "has an unknown key: ip, gateway, mac, mtu and queues are there";
    const char *wrong = known[i].set(option, value);
    if (wrong != NULL)
      return wrong;
  }
  return NULL;
}

/* ---- Kinds ---- */

static const char *set_tap(struct net_option *option, struct word name)
{
  option->kind = NET_TAP;
  if (name.bytes == 0 || !copy(name, option->name, sizeof(option->name)) ||
      strpbrk(option->name, "/ \t") != NULL || strcmp(option->name, ".") == 0 ||
      strcmp(option->name, "..") == 0)
    return "is no name of an interface: write it like tap:uhyve0";
  return NULL;
}

/* The standard streams are the guest's. */
static bool add_fd(struct net_option *option, struct word number)
{
  unsigned int fd;
  if (option->queue_count == NET_MOST_QUEUES || !read_number(number, INT32_MAX, &fd) || fd < 3)
    return false;
  for (unsigned int i = 0; i < option->queue_count; i++)
  {
    if (option->fds[i] == (int) fd)
      return false;
  }
  option->fds[option->queue_count++] = (int) fd;
  return true;
}

static const char *set_fds(struct net_option *option, struct word numbers)
{
  bool is_right = numbers.bytes > 0 && numbers.text[numbers.bytes - 1] != '+';
  option->kind = NET_FD;
  option->queue_count = 0;
  while (is_right && numbers.bytes > 0)
    is_right = add_fd(option, cut(&numbers, '+'));
  return is_right ? NULL
                  : "is no number of a descriptor from 3 on: write it like fd:3, or fd:3+4 for two "
                    "queues of a TAP";
}

static const char *set_passt(struct net_option *option, struct word path)
{
  option->kind = NET_PASST;
  return copy(path, option->path, sizeof(option->path)) ? NULL
                                                        : "has a path of more than 107 bytes";
}

static const char *set_kind(struct net_option *option, struct word kind)
{
  bool has_colon = memchr(kind.text, ':', kind.bytes) != NULL;
  struct word name = cut(&kind, ':');
  option->kind = NET_USER;
  if (is_word(name, "tap"))
    return set_tap(option, kind);
  if (is_word(name, "fd"))
    return set_fds(option, kind);
  if (is_word(name, "passt") && (!has_colon || kind.bytes > 0))
    return set_passt(option, kind);
  if (is_word(name, "user") && !has_colon)
    return NULL;
  return "is no way out: user, tap:NAME, fd:N, passt or passt:SOCKET";
}

bool net_options_is_kind(const char *text)
{
  static const char *const kinds[] = {"user", "tap", "fd", "passt"};
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
  {
    size_t bytes = strlen(kinds[i]);
    if (strncmp(text, kinds[i], bytes) != 0)
      continue;
    bool is_alone = text[bytes] == '\0' || text[bytes] == ',';
    if (text[bytes] == ':' || (is_alone && (i == 0 || i == 3)))
      return true;
  }
  return false;
}

const char *net_options_add(struct net_options *options, const char *value, size_t bytes)
{
  if (options->count == NET_MOST_OPTIONS)
    return "is one too many: at most 8";
  struct net_option option = {.queue_count = 1};
  struct word keys = {value, bytes};
  struct word kind = cut(&keys, ',');
  const char *wrong = bytes > 0 ? set_kind(&option, kind) : NULL;
  if (wrong == NULL)
    wrong = set_keys(&option, keys);
  if (wrong == NULL)
    options->list[options->count++] = option;
  return wrong;
}

/* ---- Ports ---- */

static bool read_port(struct word word, uint16_t *port)
{
  unsigned int number;
  if (!read_number(word, UINT16_MAX, &number) || number == 0)
    return false;
  *port = (uint16_t) number;
  return true;
}

/* An address in front of the ports; of IPv6 in brackets. */
static bool cut_address(struct net_published *published, struct word *value)
{
  struct word rest = *value;
  if (rest.bytes > 0 && rest.text[0] == '[')
  {
    cut(&rest, '[');
    published->is_ipv6 = published->has_address = true;
    bool is_address = read_address(cut(&rest, ']'), AF_INET6, published->address);
    struct word nothing = cut(&rest, ':');
    *value = rest;
    return is_address && nothing.bytes == 0;
  }
  struct word first = cut(&rest, ':');
  if (memchr(rest.text, ':', rest.bytes) == NULL)
    return true;
  published->has_address = true;
  *value = rest;
  return read_address(first, AF_INET, published->address);
}

const char *net_options_publish(struct net_options *options, const char *value, size_t bytes)
{
  struct net_published published = {0};
  struct word ports = {value, bytes};
  struct word place = cut(&ports, '/');
  bool has_protocol = place.bytes < bytes;
  published.is_udp = is_word(ports, "udp");
  if ((has_protocol && !published.is_udp && !is_word(ports, "tcp")) ||
      !cut_address(&published, &place) || !read_port(cut(&place, ':'), &published.host_port) ||
      !read_port(place, &published.guest_port))
    return "is not a port to publish: write it like 8080:80, 127.0.0.1:8080:80, [::1]:8080:80 or "
           "5353:53/udp";
  if (options->published_count == NET_MOST_PUBLISHED)
    return "is one too many: at most 64";
  options->published[options->published_count++] = published;
  return NULL;
}

/* ---- All together ---- */

/* Netmasks are ones, then zeros. */
static bool read_mask(const char *text, unsigned int *prefix)
{
  uint8_t bytes[4];
  if (!read_address((struct word){text, strlen(text)}, AF_INET, bytes))
    return false;
  uint32_t mask =
      (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
  *prefix = (unsigned int) __builtin_popcount(mask);
  return (mask | (mask - 1)) == UINT32_MAX || mask == 0;
}

#define USUAL_PREFIX 24

const char *net_options_address(struct net_options *options, const char *ip, const char *gateway,
                                const char *mask)
{
  struct net_option *first = &options->list[0];
  if (options->count == 0 || first->has_ipv4 || ip == NULL)
    return NULL;
  first->ipv4_prefix = USUAL_PREFIX;
  if (!read_address((struct word){ip, strlen(ip)}, AF_INET, first->ipv4))
    return "IP";
  if (gateway != NULL &&
      !read_address((struct word){gateway, strlen(gateway)}, AF_INET, first->ipv4_gateway))
    return "GATEWAY";
  if (mask != NULL && !read_mask(mask, &first->ipv4_prefix))
    return "MASK";
  first->has_ipv4 = true;
  return NULL;
}

static bool can_publish(const struct net_option *option)
{
  return option->kind == NET_USER || (option->kind == NET_PASST && option->path[0] == '\0');
}

bool net_publishes(const struct net_options *options, unsigned int index)
{
  unsigned int first = 0;
  while (first < options->count && !can_publish(&options->list[first]))
    first++;
  return index == first && first < options->count;
}

const char *net_options_finish(struct net_options *options)
{
  if (options->published_count == 0)
    return NULL;
  if (options->count == 0)
    return net_options_add(options, "", 0);
  for (unsigned int i = 0; i < options->count; i++)
  {
    if (net_publishes(options, i))
      return NULL;
  }
  return "--publish needs --net user or --net passt";
}

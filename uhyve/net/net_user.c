/* The way out without privileges: starts uhyve-net-user (uhyve/net-user/), so that libslirp and the
 * host's sockets are in a process of their own. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net_stream.h"
#include "net_user.h"
#include "uhyve/sandbox/sandbox.h"

#define PROGRAM "uhyve-net-user"

/* A frame costs as much as the bytes of a larger one: a guest sends half as much again as by
 * Ethernet's 1500. What leaves the host is cut by it. */
#define MTU_BYTES      9000

#define MOST_ARGUMENTS (16 + 2 * NET_MOST_PUBLISHED)

/* A list for exec. */
struct arguments
{
  char *list[MOST_ARGUMENTS + 1];
  unsigned int count;
  bool has_failed;
};

/* Beside uhyve, as where it was built, or where it is installed. */
static bool find_program(char path[static PATH_MAX])
{
  static const char *const places[] = {PROGRAM, "../libexec/uhyve/" PROGRAM};
  char own[PATH_MAX];
  ssize_t bytes = readlink("/proc/self/exe", own, sizeof(own) - 1);
  if (bytes <= 0)
    return false;
  own[bytes] = '\0';
  *(strrchr(own, '/') + 1) = '\0';
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
  {
    if (snprintf(path, PATH_MAX, "%s%s", own, places[i]) < PATH_MAX && access(path, X_OK) == 0)
      return true;
  }
  return false;
}

__attribute__((format(printf, 2, 3))) static void add(struct arguments *arguments,
                                                      const char *format, ...)
{
  va_list list;
  va_start(list, format);
  char *text;
  if (arguments->count == MOST_ARGUMENTS || vasprintf(&text, format, list) < 0)
    arguments->has_failed = true;
  else
    arguments->list[arguments->count++] = text;
  va_end(list);
}

static void add_ipv4(struct arguments *arguments, const char *option, const uint8_t address[4],
                     int bits)
{
  char text[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, address, text, sizeof(text));
  add(arguments, "--%s", option);
  if (bits >= 0)
    add(arguments, "%s/%d", text, bits);
  else
    add(arguments, "%s", text);
}

static void add_published(struct arguments *arguments, const struct net_published *published)
{
  static const uint8_t all[4];
  char address[INET6_ADDRSTRLEN];
  if (published->has_address && published->is_ipv6)
    inet_ntop(AF_INET6, published->address, address, sizeof(address));
  else
    inet_ntop(AF_INET, published->has_address ? published->address : all, address, sizeof(address));
  add(arguments, "--publish");
  add(arguments, "%s,%s,%u,%u", published->is_udp ? "udp" : "tcp", address, published->host_port,
      published->guest_port);
}

static unsigned int choose_mtu(const struct net_option *option)
{
  return option->mtu_bytes != 0 ? option->mtu_bytes : MTU_BYTES;
}

static void list_arguments(struct arguments *arguments, const struct net_options *options,
                           unsigned int index)
{
  static const char *const levels[] = ISOLATION_NAMES;
  static const uint8_t none[4];
  const struct net_option *option = &options->list[index];
  add(arguments, PROGRAM);
  add(arguments, "--frames");
  add(arguments, "%d", NET_PROGRAM_FRAMES);
  add(arguments, "--status");
  add(arguments, "%d", NET_PROGRAM_STATUS);
  add(arguments, "--isolation");
  add(arguments, "%s", levels[sandbox_chosen()]);
  add(arguments, "--mtu");
  add(arguments, "%u", choose_mtu(option));
  if (option->has_ipv4)
    add_ipv4(arguments, "guest", option->ipv4, (int) option->ipv4_prefix);
  if (memcmp(option->ipv4_gateway, none, sizeof(none)) != 0)
    add_ipv4(arguments, "gateway", option->ipv4_gateway, -1);
  for (unsigned int i = 0; i < options->published_count && net_publishes(options, index); i++)
    add_published(arguments, &options->published[i]);
}

static void free_arguments(struct arguments *arguments)
{
  for (unsigned int i = 0; i < arguments->count; i++)
    free(arguments->list[i]);
}

/* Waits until all ports are open, or one is not. */
static int wait_until_ready(struct net_program *program, char message[static 256])
{
  static const char ready[] = "ready";
  size_t bytes = net_program_read_status(program, message, 255);
  message[bytes] = '\0';
  if (strcmp(message, ready) == 0)
    return 0;
  if (bytes == 0)
    snprintf(message, 256, "--net user: " PROGRAM " has ended at its start");
  return -ECHILD;
}

int net_user_open(struct net_way **way, const struct net_options *options, unsigned int index,
                  char message[static 256])
{
  const struct net_option *option = &options->list[index];
  char path[PATH_MAX];
  int error = net_user_check_addresses(option, message);
  if (error != 0)
    return error;
  if (!find_program(path))
  {
    snprintf(message, 256,
             "--net user needs " PROGRAM ", which is neither beside uhyve nor in ../libexec/uhyve");
    return -ENOENT;
  }
  struct arguments arguments = {.count = 0};
  struct net_program program;
  list_arguments(&arguments, options, index);
  error = arguments.has_failed ? -ENOMEM : net_program_start(&program, path, arguments.list, false);
  free_arguments(&arguments);
  if (error != 0)
  {
    snprintf(message, 256, "cannot start " PROGRAM ": %s", strerror(-error));
    return error;
  }
  error = wait_until_ready(&program, message);
  if (error == 0)
    error = net_stream_open_program(way, &program, message);
  if (error != 0)
  {
    net_program_end(&program);
    return error;
  }
  (*way)->mtu_bytes = choose_mtu(option);
  snprintf((*way)->name, sizeof((*way)->name), "user network");
  return 0;
}

/* uhyve-net-user: the network of a guest without privileges, as a program beside the monitor, which
 * starts it with one end of a socket pair. It ends when the other end is gone, and what the guest
 * has sent is delivered.
 *
 * It takes no signal: what a terminal sends to all of its processes is for the guest. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "shut_in.h"
#include "user_network.h"

#define STATUS_FAILED 125

static struct arguments arguments;

/* To the monitor. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
  char text[256];
  va_list list;
  va_start(list, format);
  int bytes = vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  if (bytes >= (int) sizeof(text))
    bytes = sizeof(text) - 1;
  ssize_t written = write(arguments.status_fd, text, (size_t) bytes);
  (void) written; /* without a reader the run is over */
}

static const char *explain(int error)
{
  switch (error)
  {
  case -EADDRINUSE:
    return "the port is in use";
  case -EADDRNOTAVAIL:
    return "the host has no such address";
  case -EINVAL:
    return "the address needs a scope, which cannot be given";
  case -EACCES:
    return "ports below 1024 are for root";
  default:
    return strerror(-error);
  }
}

static int fail_to_publish(const struct published *published, int error)
{
  char address[INET6_ADDRSTRLEN];
  const char *kind = published->is_udp ? "udp" : "tcp";
  if (published->host.any.sa_family == AF_INET6)
  {
    inet_ntop(AF_INET6, &published->host.ipv6.sin6_addr, address, sizeof(address));
    tell("cannot publish [%s]:%u/%s: %s", address, ntohs(published->host.ipv6.sin6_port), kind,
         explain(error));
  }
  else
  {
    inet_ntop(AF_INET, &published->host.ipv4.sin_addr, address, sizeof(address));
    tell("cannot publish %s:%u/%s: %s", address, ntohs(published->host.ipv4.sin_port), kind,
         explain(error));
  }
  return STATUS_FAILED;
}

static int fail(const char *what)
{
  tell("uhyve-net-user %s", what);
  return STATUS_FAILED;
}

int main(int argc, char **argv)
{
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  const char *wrong = arguments_parse(&arguments, argc, argv);
  if (wrong != NULL)
  {
    fprintf(stderr, "uhyve-net-user %s\n", wrong);
    return arguments.status_fd >= 0 ? fail(wrong) : STATUS_FAILED;
  }
  wrong = shut_in_begin(arguments.frames_fd, arguments.status_fd);
  if (wrong != NULL)
    return fail(wrong);
  struct user_network *network = user_network_new(&arguments);
  if (network == NULL)
    return fail("has no memory");
  for (unsigned int i = 0; i < arguments.published_count; i++)
  {
    int error = user_network_publish(network, &arguments.published[i]);
    if (error != 0)
      return fail_to_publish(&arguments.published[i], error);
  }
  wrong = shut_in_finish(arguments.isolation);
  if (wrong != NULL)
    return fail(wrong);
  tell("ready");
  close(arguments.status_fd);
  user_network_run(network);
  /* The kernel gives everything back at once. */
  return EXIT_SUCCESS;
}

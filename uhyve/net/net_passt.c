/* The way out by passt: to one that runs already, or to QEMU's "-netdev stream", by the path of its
 * socket; or one is started.
 *
 * That one goes to the background when its ports are open, and only then is it known to work; it
 * ends with the socket pair. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net_stream.h"

#define PROGRAM          "passt"
#define MOST_ARGUMENTS   (8 + 2 * NET_MOST_PUBLISHED)
#define PUBLISHED_BYTES  64
#define MOST_SAID_BYTES  2048
#define SYSLOG_COMPLAINT "Failed to send "

struct arguments
{
  char *list[MOST_ARGUMENTS + 1];
  unsigned int count;
  char mtu[16];
  char published[NET_MOST_PUBLISHED][PUBLISHED_BYTES];
};

/* ---- A socket ---- */

static int connect_socket(struct net_way **way, const char *path, char message[static 256])
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int error = 0;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    error = -errno;
  else
  {
    strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
    if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) != 0)
      error = -errno;
  }
  if (error != 0)
    snprintf(message, 256, "--net passt:%s: %s", path,
             error == -ECONNREFUSED ? "nobody listens there" : strerror(-error));
  else
    error = net_stream_open(way, fd, message);
  if (error != 0 && fd >= 0)
    close(fd);
  return error;
}

/* ---- A program ---- */

static bool find_program(char path[static PATH_MAX])
{
  const char *at = getenv("PATH");
  while (at != NULL && *at != '\0')
  {
    int bytes = (int) strcspn(at, ":");
    if (bytes > 0 && *at == '/' &&
        snprintf(path, PATH_MAX, "%.*s/" PROGRAM, bytes, at) < PATH_MAX && access(path, X_OK) == 0)
      return true;
    at += bytes + (at[bytes] == ':');
  }
  return false;
}

static void write_published(char text[static PUBLISHED_BYTES],
                            const struct net_published *published)
{
  char address[INET6_ADDRSTRLEN + 1] = "";
  if (published->has_address)
  {
    inet_ntop(published->is_ipv6 ? AF_INET6 : AF_INET, published->address, address,
              INET6_ADDRSTRLEN);
    strcat(address, "/");
  }
  snprintf(text, PUBLISHED_BYTES, "%s%u:%u", address, published->host_port, published->guest_port);
}

static void list_arguments(struct arguments *arguments, const struct net_options *options,
                           unsigned int index)
{
  static char *const first[] = {PROGRAM, "--quiet", "--fd", "3"};
  const struct net_option *option = &options->list[index];
  memcpy(arguments->list, first, sizeof(first));
  arguments->count = sizeof(first) / sizeof(first[0]);
  if (option->mtu_bytes != 0)
  {
    snprintf(arguments->mtu, sizeof(arguments->mtu), "%u", option->mtu_bytes);
    arguments->list[arguments->count++] = "--mtu";
    arguments->list[arguments->count++] = arguments->mtu;
  }
  for (unsigned int i = 0; i < options->published_count && net_publishes(options, index); i++)
  {
    write_published(arguments->published[i], &options->published[i]);
    arguments->list[arguments->count++] = options->published[i].is_udp ? "-u" : "-t";
    arguments->list[arguments->count++] = arguments->published[i];
  }
  arguments->list[arguments->count] = NULL;
}

/* The last line that is passt's; it also complains about logs that it cannot write. */
static const char *find_reason(char *said)
{
  const char *reason = "it has ended at its start";
  char *rest = said;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;)
  {
    if (*line != '\0' && strncmp(line, SYSLOG_COMPLAINT, strlen(SYSLOG_COMPLAINT)) != 0)
      reason = line;
  }
  return reason;
}

static int wait_until_ready(struct net_program *program, char message[static 256])
{
  char said[MOST_SAID_BYTES];
  said[net_program_read_status(program, said, sizeof(said) - 1)] = '\0';
  if (net_program_wait(program) == 0)
    return 0;
  snprintf(message, 256, "--net passt: passt: %.200s", find_reason(said));
  return -ECHILD;
}

static int start_program(struct net_way **way, const struct net_options *options,
                         unsigned int index, char message[static 256])
{
  char path[PATH_MAX];
  if (!find_program(path))
  {
    snprintf(message, 256,
             "--net passt: passt is not installed (Debian's package of that name); one that runs "
             "is reached by --net passt:SOCKET");
    return -ENOENT;
  }
  struct arguments arguments;
  struct net_program program;
  list_arguments(&arguments, options, index);
  int error = net_program_start(&program, path, arguments.list, true);
  if (error != 0)
  {
    snprintf(message, 256, "cannot start passt: %s", strerror(-error));
    return error;
  }
  error = wait_until_ready(&program, message);
  if (error == 0)
    error = net_stream_open_program(way, &program, message);
  if (error != 0)
    net_program_end(&program);
  return error;
}

int net_passt_open(struct net_way **way, const struct net_options *options, unsigned int index,
                   char message[static 256])
{
  const char *path = options->list[index].path;
  int error = *path != '\0' ? connect_socket(way, path, message)
                            : start_program(way, options, index, message);
  if (error == 0)
    snprintf((*way)->name, sizeof((*way)->name), "passt");
  return error;
}

/* The ways out by passt, with a real one, and by a socket that somebody listens at. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cases.h"
#include "uhyve/net/way.h"

static void expect_error(const struct net_options *options, const char *expected)
{
  struct net_way *way;
  char message[256];
  CHECK(net_passt_open(&way, options, 0, message) < 0);
  if (strcmp(message, expected) != 0)
    fail("'%s', not '%s'", message, expected);
}

static struct net_way *open_way(const struct net_options *options)
{
  struct net_way *way;
  char message[256] = "";
  if (net_passt_open(&way, options, 0, message) != 0)
    fail("%s", message);
  return way;
}

static void send_frame(struct net_way *way, struct frame *frame, size_t bytes)
{
  uint8_t header[NET_HEADER_BYTES] = {0};
  const struct iovec pieces[] = {{header, sizeof(header)}, {frame, bytes}};
  CHECK(way->operations->send(way, pieces, 2) == 0);
  CHECK(way->operations->flush(way) == 0);
}

static size_t receive_frame(struct net_way *way, struct frame *frame)
{
  uint8_t header[NET_HEADER_BYTES];
  const struct iovec pieces[] = {{header, sizeof(header)}, {frame, sizeof(*frame)}};
  for (;;)
  {
    struct pollfd polled = {.fd = way->fd, .events = POLLIN};
    ssize_t bytes = way->operations->receive(way, pieces, 2);
    if (bytes >= 0)
      return (size_t) bytes - NET_HEADER_BYTES;
    CHECK(bytes == -EAGAIN && poll(&polled, 1, 5000) == 1);
  }
}

void case_stream(void)
{
  struct net_options options = {.count = 1, .list[0] = {.kind = NET_PASST}};
  char *path = options.list[0].path;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct frame frame;
  char data[16], message[300];
  snprintf(path, sizeof(options.list[0].path), "/tmp/uhyve-net-user-%d", getpid());
  strcpy(address.sun_path, path);
  snprintf(message, sizeof(message), "--net passt:%s: No such file or directory", path);
  expect_error(&options, message);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0 && bind(fd, (const struct sockaddr *) &address, sizeof(address)) == 0);
  snprintf(message, sizeof(message), "--net passt:%s: nobody listens there", path);
  expect_error(&options, message);
  CHECK(listen(fd, 1) == 0);
  struct net_way *way = open_way(&options);
  int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  unlink(path);
  CHECK(write(peer, "\0\0\0\5frame", 9) == 9);
  CHECK(receive_frame(way, &frame) == 5 && memcmp(&frame, "frame", 5) == 0);
  send_frame(way, &frame, 3);
  CHECK(host_read(peer, data, sizeof(data)) == 7 && memcmp(data, "\0\0\0\3fra", 7) == 0);
  way->operations->close(way);
  CHECK(host_read(peer, data, sizeof(data)) == 0);
}

/* Returns the status of a command; 127: there is none such. */
static int run(const char *const *command)
{
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0)
  {
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execvp(command[0], (char *const *) command);
    _exit(127);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* passt wants a way out of the host. */
static void make_default_route(void)
{
  static const char *const commands[][12] = {
      {"ip", "link", "add", "out", "type", "veth", "peer", "name", "far"},
      {"ip", "link", "set", "far", "up"},
      {"ip", "addr", "add", "192.0.2.2/24", "dev", "out"},
      {"ip", "link", "set", "out", "up"},
      {"ip", "route", "add", "default", "via", "192.0.2.1"},
  };
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    CHECK(run(commands[i]) == 0);
}

static void check_arp(struct net_way *way)
{
  struct frame frame;
  const uint32_t gateway = htonl(0xc0000201);
  size_t bytes = make_arp_question(&frame, htonl(0xc0000202), gateway);
  send_frame(way, &frame, bytes);
  do
    receive_frame(way, &frame);
  while (!is_arp(&frame));
  CHECK(frame.arp.arp_op == htons(ARPOP_REPLY));
  CHECK(memcmp(frame.arp.arp_spa, &gateway, 4) == 0);
}

void case_passt(void)
{
  struct net_options options = {
      .count = 1,
      .list[0] = {.kind = NET_PASST},
      .published =
          {{.has_address = true, .address = {127, 0, 0, 1}, .host_port = 8080, .guest_port = 80},
           {.is_udp = true, .host_port = 8080, .guest_port = 80}},
  };
  static const char *const help[] = {"passt", "--help", NULL};
  if (run(help) == 127)
  {
    printf("SKIPPED: passt is not installed\n");
    exit(SKIPPED);
  }
  expect_error(&options, "--net passt: passt: External interface not usable");
  make_default_route();
  struct net_way *way = open_way(&options);
  check_arp(way);
  way->operations->close(way);
  options.published_count = 2;
  way = open_way(&options);
  close(host_socket(SOCK_STREAM, "127.0.0.1", 8080, false));
  expect_error(&options, "--net passt: passt: Failed to bind any port for '-t 127.0.0.1/8080:80', "
                         "exiting");
  way->operations->close(way);
  CHECK(setenv("PATH", "/nowhere", 1) == 0);
  expect_error(&options, "--net passt: passt is not installed (Debian's package of that name); one "
                         "that runs is reached by --net passt:SOCKET");
}

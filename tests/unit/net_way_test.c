/* Opening of ways out: descriptors that are none, addresses that would be of no use. */
#include "uhyve/net/way.h"

#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char message[256];

static int open_fd(int fd)
{
  struct net_options options = {.count = 1,
                                .list[0] = {.kind = NET_FD, .fds = {fd}, .queue_count = 1}};
  struct net_way *way;
  int error = net_way_open(&way, &options, 0, message);
  if (error == 0)
    way->operations->close(way);
  return error;
}

/* Returns the error; nothing was changed in what is somebody else's. */
static void refuse_fd(int fd, const char *expected)
{
  char text[256];
  int descriptor_flags = fcntl(fd, F_GETFD);
  int flags = fcntl(fd, F_GETFL);
  assert_true(open_fd(fd) < 0);
  snprintf(text, sizeof(text), "--net fd:%d: %s", fd, expected);
  assert_string_equal(message, text);
  assert_int_equal(fcntl(fd, F_GETFD), descriptor_flags);
  assert_int_equal(fcntl(fd, F_GETFL), flags);
}

static void test_wrong_descriptors(void **state)
{
  static const char not_handed_over[] = "was not handed over to uhyve, or is taken already";
  static const char no_way[] = "is neither a TAP nor a stream socket";
  int own[2], fds[2];
  (void) state;
  refuse_fd(1000, "no such descriptor is open");
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, own), 0);
  refuse_fd(own[0], not_handed_over);
  assert_int_equal(pipe(fds), 0);
  refuse_fd(fds[0], no_way);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  refuse_fd(datagrams, no_way);
  int alone = socket(AF_INET, SOCK_STREAM, 0);
  refuse_fd(alone, "is a socket that is not connected");
  assert_int_equal(listen(alone, 1), 0);
  refuse_fd(alone, "is a socket that is not connected");
  const int all[] = {own[0], own[1], fds[0], fds[1], datagrams, alone};
  for (size_t i = 0; i < COUNT_OF(all); i++)
    close(all[i]);
}

static void test_socket(void **state)
{
  struct net_options options = {.count = 2};
  struct net_way *way, *again;
  int fds[2];
  (void) state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  options.list[0] = options.list[1] =
      (struct net_option){.kind = NET_FD, .fds = {fds[0]}, .queue_count = 1};
  assert_int_equal(net_way_open(&way, &options, 0, message), 0);
  assert_int_equal(way->fd, fds[0]);
  assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
  assert_int_not_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
  assert_true(net_way_open(&again, &options, 1, message) < 0);
  way->operations->close(way);
  close(fds[1]);
}

/* Returns what is said of a network of --net user,WORD. uhyve-net-user is not beside this program.
 */
static const char *say(const char *word)
{
  char value[128];
  struct net_options options = {0};
  struct net_way *way;
  snprintf(value, sizeof(value), "user,%s", word);
  assert_null(net_options_add(&options, value, strlen(value)));
  assert_true(net_way_open(&way, &options, 0, message) < 0);
  return strstr(message, "uhyve-net-user") != NULL ? "good" : message;
}

static void test_addresses(void **state)
{
  static const char ip[] = "--net user: ip= is not the address of a host in ";
  static const char gateway[] = "--net user: gateway= is not the address of a host in ";
  static const char ip6[] = "--net user: ip= for IPv6 is one of fec0::/64";
  static const char gateway6[] = "--net user: the gateway for IPv6 is fec0::2";
  static const struct
  {
    const char *word;
    const char *said;
    const char *network;
  } cases[] = {
      {"mtu=1500", "good", ""},
      {"gateway=10.0.2.9", "good", ""},
      {"gateway=192.168.1.1", gateway, "10.0.2.0/24"},
      {"gateway=10.0.2.15", "--net user: gateway= is the guest's own address", ""},
      {"gateway=10.0.2.255", gateway, "10.0.2.0/24"},
      {"gateway=10.0.2.0", gateway, "10.0.2.0/24"},
      {"ip=10.0.0.2/24,gateway=192.168.1.1", gateway, "10.0.0.0/24"},
      {"ip=10.0.0.2/24,gateway=10.0.0.2", "--net user: gateway= is the guest's own address", ""},
      {"ip=10.0.0.2/24,gateway=10.0.0.1", "good", ""},
      {"ip=172.16.7.2/12,gateway=172.31.255.254", "good", ""},
      {"ip=10.0.0.0/24", ip, "10.0.0.0/24"},
      {"ip=10.0.0.255/24", ip, "10.0.0.0/24"},
      {"ip=10.0.0.2/30", "--net user: a network of /30 has no room", ""},
      {"ip=10.0.0.2/0", "--net user: a network of /0 has no room", ""},
      {"ip=fec0::15/64", "good", ""},
      {"ip=fec0::1:0:0:2/64,gateway=fec0::2", "good", ""},
      {"ip=fec0::15/64,gateway=fe80::2", "good", ""},
      {"ip=fd00::15/64", ip6, ""},
      {"ip=fec0::15/48", ip6, ""},
      {"ip=fec0:0:0:1::15/64", ip6, ""},
      {"ip=fec0::2/64", ip6, ""},
      {"gateway=fec0::1", gateway6, ""},
      {"gateway=fe80::1", gateway6, ""},
  };
  (void) state;
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    const char *said = say(cases[i].word);
    if (strncmp(said, cases[i].said, strlen(cases[i].said)) != 0 ||
        strstr(said, cases[i].network) == NULL)
      fail_msg("%s: %s", cases[i].word, said);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_wrong_descriptors),
      cmocka_unit_test(test_socket),
      cmocka_unit_test(test_addresses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

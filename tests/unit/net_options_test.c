/* Tests of --net, --publish and the variables of the first interface's address. */
#include "uhyve/options.h"

#include "unit_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORDS 16

static struct options options;
static char message[256];

/* Words with a '$' in front are variables. */
static int parse(const char *const *words)
{
  static char *argv[MAX_WORDS + 2];
  static char *env[MAX_WORDS + 1];
  int argc = 0;
  int variables = 0;
  argv[argc++] = (char *) (uintptr_t) "uhyve";
  for (; *words != NULL; words++)
  {
    char *word = (char *) (uintptr_t) *words;
    if (*word == '$')
      env[variables++] = word + 1;
    else
      argv[argc++] = word;
  }
  argv[argc] = NULL;
  env[variables] = NULL;
  return options_parse(&options, argc, argv, env, message);
}

#define PARSE(...)                                                 \
  do                                                               \
  {                                                                \
    int result_ = parse((const char *const[]){__VA_ARGS__, NULL}); \
    if (result_ != 0)                                              \
      fail_msg("%d: %s", result_, message);                        \
  } while (0)

static void refuse(const char *text, const char *const *words)
{
  assert_int_equal(parse(words), -EINVAL);
  if (strstr(message, text) == NULL)
    fail_msg("'%s' is not in '%s'", text, message);
}

#define REFUSE(text, ...) refuse(text, (const char *const[]){__VA_ARGS__, "prog", NULL})

static const struct net_option *interface(unsigned int index)
{
  assert_in_range(options.net.count, index + 1, NET_MOST_OPTIONS);
  return &options.net.list[index];
}

static void has_none(void **state)
{
  (void) state;
  PARSE("prog", "--net", "tap:x");
  assert_int_equal(options.net.count, 0);
  options_free(&options);
  PARSE("$HERMIT_IP=10.0.5.2", "prog");
  assert_int_equal(options.net.count, 0);
  options_free(&options);
}

static void reads_kinds(void **state)
{
  (void) state;
  PARSE("--net", "prog", "user");
  assert_int_equal(interface(0)->kind, NET_USER);
  assert_string_equal(options.file, "prog");
  options_free(&options);

  PARSE("--net", "user", "--net", "tap:uhyve0", "--net=fd:17", "--net", "passt", "--net",
        "passt:/run/a:b.sock", "--net", "--net", "./user");
  assert_int_equal(options.net.count, 7);
  assert_int_equal(interface(0)->kind, NET_USER);
  assert_int_equal(interface(1)->kind, NET_TAP);
  assert_string_equal(interface(1)->name, "uhyve0");
  assert_int_equal(interface(2)->kind, NET_FD);
  assert_int_equal(interface(2)->fds[0], 17);
  for (unsigned int i = 0; i < 7; i++)
    assert_int_equal(interface(i)->queue_count, 1);
  assert_int_equal(interface(3)->kind, NET_PASST);
  assert_string_equal(interface(3)->path, "");
  assert_int_equal(interface(4)->kind, NET_PASST);
  assert_string_equal(interface(4)->path, "/run/a:b.sock");
  assert_int_equal(interface(5)->kind, NET_USER);
  assert_string_equal(options.file, "./user");
  options_free(&options);

  PARSE("$UHYVE_NET=tap:a\nuser,mtu=9000", "prog");
  assert_int_equal(options.net.count, 2);
  assert_int_equal(interface(1)->mtu_bytes, 9000);
  options_free(&options);
}

static void reads_keys(void **state)
{
  static const uint8_t ipv4[4] = {10, 1, 2, 3};
  static const uint8_t gateway[4] = {10, 1, 2, 1};
  static const uint8_t mac[6] = {2, 0, 0xab, 0xCD, 0, 9};
  (void) state;
  PARSE("--net",
        "tap:t,ip=10.1.2.3/20,gateway=10.1.2.1,mac=02:00:ab:CD:00:09,ip=fd00::5/64,"
        "gateway=fe80::1",
        "prog");
  const struct net_option *option = interface(0);
  assert_true(option->has_ipv4 && option->has_ipv6 && option->has_mac);
  assert_memory_equal(option->ipv4, ipv4, sizeof(ipv4));
  assert_int_equal(option->ipv4_prefix, 20);
  assert_memory_equal(option->ipv4_gateway, gateway, sizeof(gateway));
  assert_memory_equal(option->mac, mac, sizeof(mac));
  assert_int_equal(option->ipv6_prefix, 64);
  assert_int_equal(option->ipv6[0], 0xfd);
  assert_int_equal(option->ipv6[15], 5);
  assert_int_equal(option->ipv6_gateway[0], 0xfe);
  assert_int_equal(option->mtu_bytes, 0);
  options_free(&options);
}

static void reads_queues(void **state)
{
  (void) state;
  PARSE("--net", "tap:t,queues=8", "--net", "fd:3+17+4", "--net", "tap:u,queues=1", "prog");
  assert_int_equal(interface(0)->queue_count, 8);
  assert_int_equal(interface(1)->queue_count, 3);
  assert_int_equal(interface(1)->fds[0], 3);
  assert_int_equal(interface(1)->fds[1], 17);
  assert_int_equal(interface(1)->fds[2], 4);
  assert_int_equal(interface(2)->queue_count, 1);
  options_free(&options);
}

static void refuses(void **state)
{
  static const char *const wrong[] = {"tap",
                                      "tap:",
                                      "tap:sixteen-letters1",
                                      "tap:a/b",
                                      "fd:",
                                      "fd:2",
                                      "fd:-1",
                                      "fd:3x",
                                      "fd:4294967299",
                                      "fd:3+",
                                      "fd:+3",
                                      "fd:3++4",
                                      "fd:3+2",
                                      "fd:3+4+3",
                                      "fd:3+4+5+6+7+8+9+10+11",
                                      "fd:3,queues=1",
                                      "user,queues=2",
                                      "passt,queues=2",
                                      "tap:t,queues=0",
                                      "tap:t,queues=9",
                                      "tap:t,queues=",
                                      "tap:t,queues=2x",
                                      "bridge:x",
                                      "user:x",
                                      "passt:",
                                      "tap:t,,",
                                      "tap:t,ip",
                                      "tap:t,ip=10.0.0.1",
                                      "tap:t,ip=10.0.0.1/33",
                                      "tap:t,ip=x/8",
                                      "tap:t,mtu=5",
                                      "tap:t,mtu=70000",
                                      "tap:t,mac=01:00:00:00:00:01",
                                      "tap:t,mac=1",
                                      "tap:t,a=b",
                                      "tap:t,gateway=",
                                      "tap:t,mac=00:00:00:00:00:00",
                                      "tap:t,ip=::/129",
                                      "tap:t,ip=10.0.0.1/8,ip=10.0.0.2/8",
                                      "tap:t,ip=fd00::1/64,ip=fd00::2/64",
                                      "tap:t,gateway=10.0.0.1,gateway=10.0.0.2",
                                      "tap:t,gateway=fd00::1,gateway=fd00::2",
                                      "tap:t,mac=02:00:00:00:00:01,mac=02:00:00:00:00:02",
                                      "tap:t,mtu=1500,mtu=1400"};
  (void) state;
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    char word[64];
    snprintf(word, sizeof(word), "--net=%s", wrong[i]);
    REFUSE("option --net: ", word);
  }
  REFUSE("at most 8", "--net", "--net", "--net", "--net", "--net", "--net", "--net", "--net",
         "--net");
}

static void publishes(void **state)
{
  (void) state;
  PARSE("-p", "8080:80", "-p127.0.0.1:53:5353/udp", "--publish=[::1]:1:65535/tcp", "prog");
  assert_int_equal(options.net.count, 1);
  assert_int_equal(interface(0)->kind, NET_USER);
  assert_int_equal(options.net.published_count, 3);
  const struct net_published *published = options.net.published;
  assert_false(published[0].has_address || published[0].is_udp);
  assert_int_equal(published[0].host_port, 8080);
  assert_int_equal(published[0].guest_port, 80);
  assert_true(published[1].has_address && published[1].is_udp && !published[1].is_ipv6);
  assert_int_equal(published[1].address[0], 127);
  assert_int_equal(published[1].guest_port, 5353);
  assert_true(published[2].is_ipv6 && !published[2].is_udp);
  assert_int_equal(published[2].address[15], 1);
  assert_int_equal(published[2].guest_port, 65535);
  options_free(&options);

  static const char *const wrong[] = {"80",        "80:",      ":80",         "0:80",
                                      "80:0",      "65536:80", "80:80/sctp",  "80:80/",
                                      "1.2.3:1:2", "[::1]1:2", "[::1:1:2",    "a:b",
                                      "1:2:3:4",   "",         "10.0.0.1:1:", "[10.0.0.1]:1:2"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
    REFUSE("option --publish: ", "-p", wrong[i]);
  REFUSE("[::1]:8080:80", "-p", "80");
  REFUSE("--publish needs --net user", "-p", "1:2", "--net", "tap:t");
  REFUSE("--publish needs --net user", "-p", "1:2", "--net", "passt:/s");
}

static void reads_addresses_of_the_environment(void **state)
{
  static const uint8_t ipv4[4] = {10, 0, 5, 2};
  (void) state;
  PARSE("$HERMIT_IP=10.0.5.2", "$HERMIT_GATEWAY=10.0.5.1", "$HERMIT_MASK=255.255.240.0", "--net",
        "tap:t", "prog");
  assert_true(interface(0)->has_ipv4);
  assert_memory_equal(interface(0)->ipv4, ipv4, sizeof(ipv4));
  assert_int_equal(interface(0)->ipv4_prefix, 20);
  assert_int_equal(interface(0)->ipv4_gateway[3], 1);
  options_free(&options);

  /* uhyve's own names come first, and an option before both. */
  PARSE("$UHYVE_IP=10.0.5.2", "$HERMIT_IP=10.0.5.3", "--net", "tap:t", "--net", "tap:u", "prog");
  assert_memory_equal(interface(0)->ipv4, ipv4, sizeof(ipv4));
  assert_int_equal(interface(0)->ipv4_prefix, 24);
  assert_false(interface(1)->has_ipv4);
  options_free(&options);
  PARSE("$HERMIT_IP=10.0.5.3", "--net", "tap:t,ip=10.0.5.2/8", "prog");
  assert_memory_equal(interface(0)->ipv4, ipv4, sizeof(ipv4));
  options_free(&options);

  REFUSE("HERMIT_IP", "$HERMIT_IP=10.0.5", "--net");
  REFUSE("HERMIT_MASK", "$HERMIT_IP=10.0.5.1", "$HERMIT_MASK=255.0.255.0", "--net");
  REFUSE("HERMIT_GATEWAY", "$HERMIT_IP=10.0.5.1", "$HERMIT_GATEWAY=x", "--net");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_none),
      cmocka_unit_test(reads_kinds),
      cmocka_unit_test(reads_keys),
      cmocka_unit_test(reads_queues),
      cmocka_unit_test(refuses),
      cmocka_unit_test(publishes),
      cmocka_unit_test(reads_addresses_of_the_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

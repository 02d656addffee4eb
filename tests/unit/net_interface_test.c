/* A network interface of the monitor with a driver over plain memory, in front of a real TAP: in a
 * network namespace of its own, whose other side is a packet socket on that TAP. */
#include "net_driver.h"

#include "unit_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FEATURE(bit)   (1ull << (bit))
#define BASE_FEATURES  (FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_NET_F_MAC))
#define PACKED         FEATURE(VIRTIO_F_RING_PACKED)
#define MERGED         FEATURE(VIRTIO_NET_F_MRG_RXBUF)
#define EVENT_INDEX    FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT       FEATURE(VIRTIO_RING_F_INDIRECT_DESC)

#define QUEUE_SIZE     64
#define BUFFER_BYTES   2048
#define BUFFER_GPA(n)  (DRIVER_BUFFERS_GPA + (uint64_t) BUFFER_BYTES * (n))
#define SEND_GPA       BUFFER_GPA(2048)
#define FRAME_BYTES(n) (ETH_HLEN + (n))
#define TEST_TYPE      0x88b5 /* for experiments: IEEE 802 */

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};

struct machine
{
  struct driver driver;
  int peer; /* packet socket on the TAP */
  unsigned int name;
};

/* Sees all that is sent into the TAP, of the test's own kind. */
static int open_peer(const char *name)
{
  int fd = socket(AF_PACKET, SOCK_RAW, htons(TEST_TYPE));
  assert_true(fd >= 0);
  struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                .sll_protocol = htons(TEST_TYPE),
                                .sll_ifindex = (int) if_nametoindex(name)};
  assert_int_not_equal(address.sll_ifindex, 0);
  assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
  struct timeval limit = {.tv_sec = 10};
  assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
  return fd;
}

static int begin(void **state)
{
  static unsigned int number;
  static struct machine machine;
  struct net_option option = {.kind = NET_TAP, .queue_count = 1};
  struct net_way *way;
  char message[256];
  snprintf(option.name, sizeof(option.name), "unit%u", number++);
  driver_make_memory(&machine.driver);
  if (net_tap_open(&way, &option, message) != 0)
  {
    fprintf(stderr, "%s\n", message);
    return -1;
  }
  assert_int_equal(way->mtu_bytes, 1500);
  assert_int_equal(
      net_interface_create(&machine.driver.interface, way, &machine.driver.memory, own_mac, 1500),
      0);
  assert_int_equal(net_interface_start(machine.driver.interface, (struct net_connect){0}, false),
                   0);
  machine.peer = open_peer(option.name);
  *state = &machine;
  return 0;
}

static int end(void **state)
{
  struct machine *machine = *state;
  close(machine->peer);
  net_interface_destroy(machine->driver.interface);
  driver_free_memory(&machine->driver);
  return 0;
}

/* ---- Frames ---- */

static void make_frame(uint8_t *frame, size_t payload_bytes, unsigned int seed)
{
  memcpy(frame, peer_mac, 6);
  memcpy(frame + 6, own_mac, 6);
  frame[12] = TEST_TYPE >> 8;
  frame[13] = TEST_TYPE & 0xff;
  for (size_t i = 0; i < payload_bytes; i++)
    frame[ETH_HLEN + i] = (uint8_t) (seed + i * 7);
}

static void add_buffers(struct driver *driver, unsigned int count, uint32_t bytes)
{
  for (unsigned int i = 0; i < count; i++)
  {
    const struct driver_piece piece = {BUFFER_GPA(i), bytes, true};
    uint16_t id = driver_add(driver, VIRTIO_NET_RECEIVE, &piece, 1, false);
    assert_int_equal(id, i);
  }
  driver_notify(driver);
}

static void send_and_see(struct machine *machine, size_t payload_bytes, unsigned int pieces,
                         bool is_indirect)
{
  struct driver *driver = &machine->driver;
  uint8_t *memory = driver_hva(driver, SEND_GPA);
  uint8_t seen[2048];
  size_t bytes = NET_HEADER_BYTES + FRAME_BYTES(payload_bytes);
  struct driver_piece list[8];
  memset(memory, 0, NET_HEADER_BYTES);
  make_frame(memory + NET_HEADER_BYTES, payload_bytes, 3);
  size_t done = 0;
  for (unsigned int i = 0; i < pieces; i++)
  {
    size_t part = i + 1 < pieces ? 7 : bytes - done;
    list[i] = (struct driver_piece){SEND_GPA + done, (uint32_t) part, false};
    done += part;
  }
  uint16_t id = driver_add(driver, VIRTIO_NET_SEND, list, pieces, is_indirect);
  driver_notify(driver);
  assert_int_equal(recv(machine->peer, seen, sizeof(seen), 0), FRAME_BYTES(payload_bytes));
  assert_memory_equal(seen, memory + NET_HEADER_BYTES, FRAME_BYTES(payload_bytes));
  uint16_t used_id;
  uint32_t len_bytes;
  driver_wait_used(driver, VIRTIO_NET_SEND, &used_id, &len_bytes);
  assert_int_equal(used_id, id);
  assert_int_equal(len_bytes, 0);
}

/* The peer sends; the frame comes in as many buffers as its header says. */
static void receive_and_see(struct machine *machine, size_t payload_bytes, uint32_t buffer_bytes)
{
  struct driver *driver = &machine->driver;
  uint8_t frame[2048];
  uint8_t seen[4096];
  size_t seen_bytes = 0;
  unsigned int count = 1;
  make_frame(frame, payload_bytes, 9);
  assert_int_equal(send(machine->peer, frame, FRAME_BYTES(payload_bytes), 0),
                   FRAME_BYTES(payload_bytes));
  for (unsigned int i = 0; i < count; i++)
  {
    uint16_t id;
    uint32_t len_bytes;
    driver_wait_used(driver, VIRTIO_NET_RECEIVE, &id, &len_bytes);
    assert_true(len_bytes <= buffer_bytes && seen_bytes + len_bytes <= sizeof(seen));
    memcpy(seen + seen_bytes, driver_hva(driver, BUFFER_GPA(id)), len_bytes);
    seen_bytes += len_bytes;
    if (i == 0)
      count = ((const struct virtio_net_hdr_v1 *) (void *) seen)->num_buffers;
    assert_true(count >= 1);
  }
  assert_int_equal(seen_bytes, NET_HEADER_BYTES + FRAME_BYTES(payload_bytes));
  assert_memory_equal(seen + NET_HEADER_BYTES, frame, FRAME_BYTES(payload_bytes));
  size_t room = (seen_bytes + buffer_bytes - 1) / buffer_bytes;
  assert_int_equal(count, room);
}

/* ---- Tests ---- */

static void test_registers(void **state)
{
  struct driver *driver = &((struct machine *) *state)->driver;
  assert_int_equal(driver_read(driver, REG_MAGIC), 0x74726976);
  assert_int_equal(driver_read(driver, REG_VERSION), 2);
  assert_int_equal(driver_read(driver, REG_DEVICE), 1);
  for (size_t i = 0; i < sizeof(own_mac); i++)
    assert_int_equal(net_interface_read(driver->interface, REG_CONFIG + i, 1), own_mac[i]);
  assert_int_equal(net_interface_read(driver->interface, REG_CONFIG + 6, 2), VIRTIO_NET_S_LINK_UP);
  assert_int_equal(net_interface_read(driver->interface, REG_CONFIG + 10, 2), 1500);
  uint64_t wanted = BASE_FEATURES | PACKED | MERGED | EVENT_INDEX | INDIRECT |
                    FEATURE(VIRTIO_NET_F_CSUM) | FEATURE(VIRTIO_NET_F_GUEST_TSO4);
  assert_int_equal(driver_offered(driver) & wanted, wanted);
  assert_false(driver_negotiate(driver, FEATURE(VIRTIO_NET_F_MAC)));
  assert_false(driver_negotiate(driver, BASE_FEATURES | FEATURE(VIRTIO_NET_F_HOST_TSO4)));
  assert_false(driver_negotiate(driver, BASE_FEATURES | FEATURE(50)));
  assert_true(driver_negotiate(driver, BASE_FEATURES));
}

static const struct
{
  const char *name;
  uint64_t features;
} kinds[] = {
    {"split", 0},
    {"split, event index", EVENT_INDEX},
    {"packed", PACKED},
    {"packed, event index", PACKED | EVENT_INDEX},
};

static void test_frames(void **state)
{
  struct machine *machine = *state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    print_message("%s\n", kinds[i].name);
    driver_start(&machine->driver, BASE_FEATURES | MERGED | INDIRECT | kinds[i].features,
                 QUEUE_SIZE);
    add_buffers(&machine->driver, QUEUE_SIZE, BUFFER_BYTES);
    for (unsigned int round = 0; round < QUEUE_SIZE; round++)
    {
      send_and_see(machine, 46 + 19 * round, 1 + round % 7, round % 2 == 1);
      receive_and_see(machine, 46 + 11 * round, BUFFER_BYTES);
    }
  }
}

static void test_merged(void **state)
{
  struct machine *machine = *state;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    driver_start(&machine->driver, BASE_FEATURES | MERGED | kinds[i].features, QUEUE_SIZE);
    add_buffers(&machine->driver, QUEUE_SIZE, 100);
    receive_and_see(machine, 1000, 100);
    receive_and_see(machine, 74, 100);
    receive_and_see(machine, 75, 100);
    receive_and_see(machine, 1500, 100);
  }
}

static bool is_held(struct net_interface *interface)
{
  pthread_mutex_lock(&interface->lock);
  bool is = interface->net.pairs[0].receive.held_bytes > 0;
  pthread_mutex_unlock(&interface->lock);
  return is;
}

/* A frame that does not fit into the buffers there are waits for more, and nothing of it is lost.
 */
static void test_held(void **state)
{
  struct machine *machine = *state;
  struct driver *driver = &machine->driver;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    uint8_t frame[1014];
    uint8_t seen[2048];
    size_t seen_bytes = 0;
    driver_start(driver, BASE_FEATURES | MERGED | kinds[i].features, QUEUE_SIZE);
    add_buffers(driver, 3, 100);
    make_frame(frame, 1000, 77);
    assert_int_equal(send(machine->peer, frame, sizeof(frame), 0), sizeof(frame));
    while (!is_held(driver->interface))
      sched_yield();
    for (unsigned int k = 3; k < 20; k++)
    {
      const struct driver_piece piece = {BUFFER_GPA(k), 100, true};
      driver_add(driver, VIRTIO_NET_RECEIVE, &piece, 1, false);
      driver_notify(driver);
    }
    for (unsigned int k = 0; k < 11; k++)
    {
      uint16_t id;
      uint32_t len_bytes;
      driver_wait_used(driver, VIRTIO_NET_RECEIVE, &id, &len_bytes);
      memcpy(seen + seen_bytes, driver_hva(driver, BUFFER_GPA(id)), len_bytes);
      seen_bytes += len_bytes;
    }
    assert_int_equal(seen_bytes, NET_HEADER_BYTES + sizeof(frame));
    assert_memory_equal(seen + NET_HEADER_BYTES, frame, sizeof(frame));
  }
}

/* Doorbells are rung only where the device asks for them: nothing stays behind. */
static void test_doorbells(void **state)
{
  struct machine *machine = *state;
  struct driver *driver = &machine->driver;
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
  {
    unsigned int rung = 0;
    driver_start(driver, BASE_FEATURES | kinds[i].features, QUEUE_SIZE);
    for (unsigned int round = 0; round < 500; round++)
    {
      const struct driver_piece piece = {SEND_GPA, NET_HEADER_BYTES + FRAME_BYTES(50), false};
      uint8_t *memory = driver_hva(driver, SEND_GPA);
      uint8_t seen[2048];
      uint16_t id;
      uint32_t len_bytes;
      make_frame(memory + NET_HEADER_BYTES, 50, round);
      driver_add(driver, VIRTIO_NET_SEND, &piece, 1, false);
      bool rings = driver_must_notify(driver, VIRTIO_NET_SEND, 1);
      if (rings)
        driver_notify(driver);
      rung += rings;
      assert_int_equal(recv(machine->peer, seen, sizeof(seen), 0), FRAME_BYTES(50));
      assert_memory_equal(seen, memory + NET_HEADER_BYTES, FRAME_BYTES(50));
      driver_wait_used(driver, VIRTIO_NET_SEND, &id, &len_bytes);
    }
    assert_in_range(rung, 1, 500);
  }
}

static unsigned int has_offload(const char *name, uint32_t command)
{
  struct ethtool_value value = {.cmd = command};
  struct ifreq request = {.ifr_data = (void *) &value};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  strcpy(request.ifr_name, name);
  assert_int_equal(ioctl(fd, SIOCETHTOOL, &request), 0);
  close(fd);
  return value.data;
}

/* A TAP that stays is as it was when its user has gone. */
static void test_offloads(void **state)
{
  struct driver *driver = &((struct machine *) *state)->driver;
  const uint64_t offloads = FEATURE(VIRTIO_NET_F_CSUM) | FEATURE(VIRTIO_NET_F_GUEST_CSUM) |
                            FEATURE(VIRTIO_NET_F_GUEST_TSO4);
  char name[IFNAMSIZ];
  assert_int_equal(sscanf(driver->interface->net.way->name, "tap %15s", name), 1);
  unsigned int checksums = has_offload(name, ETHTOOL_GTXCSUM);
  unsigned int segments = has_offload(name, ETHTOOL_GTSO);
  driver_start(driver, BASE_FEATURES | offloads, QUEUE_SIZE);
  while (!has_offload(name, ETHTOOL_GTSO))
    sched_yield();
  net_interface_stop(driver->interface);
  assert_int_equal(has_offload(name, ETHTOOL_GTXCSUM), checksums);
  assert_int_equal(has_offload(name, ETHTOOL_GTSO), segments);
}

/* One that somebody else has opened: its MTU is known in its own name space only. */
static void test_handed_over(void **state)
{
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "handed"};
  struct net_way *way;
  int status;
  (void) state;
  int tap = open("/dev/net/tun", O_RDWR);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_int_equal(ioctl(tap, TUNSETIFF, &request), 0);
  request.ifr_mtu = 1234;
  assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
  close(fd);
  assert_int_equal(net_tap_adopt(&way, dup(tap)), 0);
  assert_int_equal(way->mtu_bytes, 1234);
  way->operations->close(way);
  pid_t child = fork();
  if (child == 0)
    _exit(unshare(CLONE_NEWNET) == 0 && net_tap_adopt(&way, tap) == 0 ? (int) way->mtu_bytes : 255);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(WEXITSTATUS(status), 0);
  close(tap);
}

/* What Linux itself sends on a new interface is left out: IPv6. */
static void be_quiet(void)
{
  FILE *file = fopen("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w");
  if (file == NULL)
    return;
  fputs("1", file);
  fclose(file);
}

int main(void)
{
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
  {
    perror("skipped: no network namespace");
    return 77;
  }
  be_quiet();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_registers, begin, end),
      cmocka_unit_test_setup_teardown(test_frames, begin, end),
      cmocka_unit_test_setup_teardown(test_merged, begin, end),
      cmocka_unit_test_setup_teardown(test_held, begin, end),
      cmocka_unit_test_setup_teardown(test_doorbells, begin, end),
      cmocka_unit_test_setup_teardown(test_offloads, begin, end),
      cmocka_unit_test(test_handed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

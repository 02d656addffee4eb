/* The end of a network interface: what the guest has queued goes out all the same, by a real stream
 * socket; and what is said of one whose other side has ended. */
#include "net_driver.h"

#include "unit_test.h"

#include <arpa/inet.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEATURES    (1ull << VIRTIO_F_VERSION_1)
#define QUEUE_SIZE  512
#define FRAME_BYTES 1500
#define FRAMES      QUEUE_SIZE
#define BUFFER_GPA  DRIVER_BUFFERS_GPA

struct machine
{
  struct driver driver;
  int peer;
  char name[64];
};

static struct machine machine;

static int begin(void **state)
{
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  int fds[2];
  struct net_way *way;
  char message[256];
  (void) state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  assert_int_equal(net_stream_open(&way, fds[0], message), 0);
  machine.peer = fds[1];
  memcpy(machine.name, way->name, sizeof(machine.name));
  driver_make_memory(&machine.driver);
  assert_int_equal(
      net_interface_create(&machine.driver.interface, way, &machine.driver.memory, mac, 1500), 0);
  machine.driver.interface->number = 3;
  assert_int_equal(net_interface_start(machine.driver.interface, (struct net_connect){0}, false),
                   0);
  return 0;
}

static int end(void **state)
{
  (void) state;
  net_interface_destroy(machine.driver.interface);
  driver_free_memory(&machine.driver);
  return 0;
}

static void queue_frames(void)
{
  memset(driver_hva(&machine.driver, BUFFER_GPA), 0, NET_HEADER_BYTES + FRAME_BYTES);
  for (int i = 0; i < FRAMES; i++)
  {
    const struct driver_piece piece = {BUFFER_GPA, NET_HEADER_BYTES + FRAME_BYTES, false};
    driver_add(&machine.driver, VIRTIO_NET_SEND, &piece, 1, false);
  }
  driver_notify(&machine.driver);
}

/* The socket is full, and so is what the way keeps. */
static void wait_full(void)
{
  struct net_interface *interface = machine.driver.interface;
  for (bool is_full = false; !is_full; sched_yield())
  {
    pthread_mutex_lock(&interface->lock);
    is_full = interface->net.pairs[0].send.is_waiting;
    pthread_mutex_unlock(&interface->lock);
  }
}

/* Returns the frames until the end of the stream. Posts the semaphore when it is about to read. */
static void *read_all(void *is_there)
{
  static uint8_t data[FRAMES * (4 + FRAME_BYTES) + 1];
  size_t bytes = 0;
  ssize_t got;
  sem_post(is_there);
  while (bytes < sizeof(data) && (got = read(machine.peer, data + bytes, sizeof(data) - bytes)) > 0)
    bytes += (size_t) got;
  return (void *) (bytes / (4 + FRAME_BYTES));
}

/* The guest ends while the other side has not read anything yet. */
static void stop_and_count(bool resets)
{
  pthread_t thread;
  sem_t is_there;
  void *frames;
  driver_start(&machine.driver, FEATURES, QUEUE_SIZE);
  queue_frames();
  wait_full();
  if (resets)
    driver_write(&machine.driver, REG_STATUS, 0);
  /* The interface does not wait long, even for who reads. */
  assert_int_equal(sem_init(&is_there, 0, 0), 0);
  assert_int_equal(pthread_create(&thread, NULL, read_all, &is_there), 0);
  assert_int_equal(sem_wait(&is_there), 0);
  net_interface_stop(machine.driver.interface);
  assert_int_equal(shutdown(machine.driver.interface->net.way->fd, SHUT_WR), 0);
  pthread_join(thread, &frames);
  if (resets)
    assert_in_range((size_t) frames, (512u << 10) / (4 + FRAME_BYTES), FRAMES - 1);
  else
    assert_int_equal((size_t) frames, FRAMES);
  close(machine.peer);
}

static void test_slow(void **state)
{
  (void) state;
  stop_and_count(false);
}

/* Not what was in the ring, but what was taken of it. */
static void test_slow_and_reset(void **state)
{
  (void) state;
  stop_and_count(true);
}

/* Who never reads is not waited for. */
static void test_deaf(void **state)
{
  (void) state;
  driver_start(&machine.driver, FEATURES, QUEUE_SIZE);
  queue_frames();
  wait_full();
  net_interface_stop(machine.driver.interface);
  close(machine.peer);
}

/* One line, once. */
static void test_lost(void **state)
{
  char text[256] = "", expected[128];
  int errors[2];
  (void) state;
  int old = dup(STDERR_FILENO);
  assert_int_equal(pipe(errors), 0);
  assert_int_equal(dup2(errors[1], STDERR_FILENO), STDERR_FILENO);
  close(machine.peer);
  driver_start(&machine.driver, FEATURES, QUEUE_SIZE);
  queue_frames();
  struct pollfd polled = {.fd = errors[0], .events = POLLIN};
  bool is_told = poll(&polled, 1, 10000) == 1;
  net_interface_stop(machine.driver.interface);
  assert_int_equal(dup2(old, STDERR_FILENO), STDERR_FILENO);
  assert_true(is_told);
  assert_true(read(errors[0], text, sizeof(text) - 1) > 0);
  snprintf(expected, sizeof(expected), "uhyve: eth3: %s has ended\n", machine.name);
  assert_string_equal(text, expected);
  close(errors[0]);
  close(errors[1]);
  close(old);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_slow, begin, end),
      cmocka_unit_test_setup_teardown(test_slow_and_reset, begin, end),
      cmocka_unit_test_setup_teardown(test_deaf, begin, end),
      cmocka_unit_test_setup_teardown(test_lost, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A way out that counts what it is sent and makes up what it has. */
#include "net_counting_way.h"

#include "unit_test.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct driver *current; /* for before_frame() */

static ssize_t receive(struct net_way *way, const struct iovec *pieces, int count)
{
  struct counting_way *counting = (struct counting_way *) (void *) way;
  if (counting->frames == 0 && !atomic_load(&counting->has_frames))
    return -EAGAIN;
  if (counting->frames > 0)
    counting->frames--;
  if (counting->before_frame != NULL)
    counting->before_frame(current);
  const struct virtio_net_hdr_v1 header = {.flags = counting->flags};
  memcpy(pieces[0].iov_base, &header, sizeof(header));
  size_t left = FRAME_BYTES;
  for (int i = 1; i < count && left > 0; i++)
  {
    size_t part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
    memset(pieces[i].iov_base, 0x77, part);
    left -= part;
  }
  return NET_HEADER_BYTES + FRAME_BYTES;
}

static int send_frame(struct net_way *way, const struct iovec *pieces, int count)
{
  struct counting_way *counting = (struct counting_way *) (void *) way;
  uint8_t sum = 0;
  for (int i = 0; i < count; i++)
  {
    const volatile uint8_t *bytes = pieces[i].iov_base;
    for (size_t k = 0; k < pieces[i].iov_len; k++)
      sum = (uint8_t) (sum + bytes[k]);
  }
  (void) sum;
  atomic_fetch_add(&counting->sent, 1);
  return 0;
}

static int flush(struct net_way *way)
{
  return ((struct counting_way *) (void *) way)->flush_error;
}

static void close_way(struct net_way *way)
{
  close(way->fd);
  free(way);
}

static const struct net_way_operations operations = {
    .receive = receive, .send = send_frame, .flush = flush, .close = close_way};

void counting_begin_idle(struct driver *driver)
{
  static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
  struct counting_way *counting = calloc(1, sizeof(*counting));
  assert_non_null(counting);
  counting->way.operations = &operations;
  counting->way.fd = eventfd(0, EFD_NONBLOCK);
  driver_make_memory(driver);
  memset(guest_memory_hva(&driver->memory, DRIVER_FORBIDDEN_GPA, 1), 0x5e,
         DRIVER_MEMORY_BYTES - DRIVER_FORBIDDEN_GPA);
  assert_int_equal(
      net_interface_create(&driver->interface, &counting->way, &driver->memory, mac, 0), 0);
  current = driver;
}

void counting_end_idle(struct driver *driver)
{
  const uint8_t *forbidden = driver_hva(driver, DRIVER_FORBIDDEN_GPA);
  for (size_t i = 0; i < DRIVER_MEMORY_BYTES - DRIVER_FORBIDDEN_GPA; i++)
    assert_int_equal(forbidden[i], 0x5e);
  net_interface_destroy(driver->interface);
  driver_free_memory(driver);
}

int counting_begin(void **state)
{
  static struct driver driver;
  counting_begin_idle(&driver);
  assert_int_equal(net_interface_start(driver.interface, (struct net_connect){0}, false), 0);
  *state = &driver;
  return 0;
}

int counting_end(void **state)
{
  counting_end_idle(*state);
  return 0;
}

struct counting_way *way_of(const struct driver *driver)
{
  return (struct counting_way *) (void *) driver->interface->net.way;
}

void wait_broken(const struct driver *driver)
{
  struct pollfd polled = {.fd = driver->interface->change_fd, .events = POLLIN};
  uint64_t count;
  assert_int_equal(poll(&polled, 1, WAIT_MOST_MS), 1);
  assert_int_equal(read(polled.fd, &count, sizeof(count)), sizeof(count));
  assert_int_equal(driver_read(driver, REG_STATUS) & NEEDS_RESET, NEEDS_RESET);
}

void check_works(struct driver *driver, uint64_t features)
{
  uint16_t id;
  uint32_t len_bytes;
  driver_start(driver, features, QUEUE_SIZE);
  unsigned int before = atomic_load(&way_of(driver)->sent);
  const struct driver_piece piece = {DRIVER_BUFFERS_GPA, NET_HEADER_BYTES + FRAME_BYTES, false};
  memset(driver_hva(driver, DRIVER_BUFFERS_GPA), 0, NET_HEADER_BYTES);
  driver_add(driver, SEND, &piece, 1, false);
  driver_notify(driver);
  driver_wait_used(driver, SEND, &id, &len_bytes);
  assert_int_equal(atomic_load(&way_of(driver)->sent), before + 1);
}

const uint64_t kinds[KINDS] = {0, EVENT_INDEX, PACKED, PACKED | EVENT_INDEX};

/* The thread of an interface: it polls while there is traffic and a CPU to spare, else it sleeps.
 */
#include "net_interface.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "uhyve/monotonic.h"
#include "uhyve/sandbox/sandbox.h"

/* How long it polls after it had something to do. A wake-up costs about as much. */
#define POLL_NS 50000

/* How long a way out that has no room is waited for at the end. */
#define LAST_NS   1000000000u
#define NS_PER_MS 1000000u

static void add_event(int fd)
{
  const uint64_t one = 1;
  ssize_t written = write(fd, &one, sizeof(one));
  (void) written; /* an eventfd takes a 1, or has had so many that it is noticed */
}

/* ---- vCPUs ---- */

static void enter(struct net_interface *interface)
{
  atomic_fetch_add(&interface->visitors, 1);
  pthread_mutex_lock(&interface->lock);
}

static void leave(struct net_interface *interface)
{
  const struct virtio_net *net = &interface->net;
  bool wakes =
      net->wake_wanted || net->told_generation != net->virtio.generation || !interface->is_touched;
  interface->is_touched = true;
  if (atomic_fetch_sub(&interface->visitors, 1) == 1)
    pthread_cond_signal(&interface->is_free);
  pthread_mutex_unlock(&interface->lock);
  if (wakes)
    add_event(interface->event_fd);
}

uint64_t net_interface_read(struct net_interface *interface, uint64_t offset, uint32_t len_bytes)
{
  enter(interface);
  uint64_t value = virtio_mmio_read(&interface->net.virtio, offset, len_bytes);
  leave(interface);
  return value;
}

void net_interface_write(struct net_interface *interface, uint64_t offset, uint32_t len_bytes,
                         uint64_t value)
{
  enter(interface);
  virtio_mmio_write(&interface->net.virtio, offset, len_bytes, value);
  leave(interface);
}

/* ---- The thread ---- */

/* Whoever holds the lock long has others wait: a batch at a time, and vCPUs first. */
static void lock_after_visitors(struct net_interface *interface)
{
  pthread_mutex_lock(&interface->lock);
  while (atomic_load(&interface->visitors) > 0)
    pthread_cond_wait(&interface->is_free, &interface->lock);
}

/* Before anything is served: what is served may interrupt. */
static void connect_interrupts(struct net_interface *interface)
{
  const struct net_connect *connect = &interface->connect;
  interface->is_connected = true;
  if (connect->connect == NULL)
    return;
  pthread_mutex_unlock(&interface->lock);
  int error = connect->connect(connect->context);
  lock_after_visitors(interface);
  if (error == 0)
    return;
  virtio_net_lose_way(&interface->net);
  interface->has_told_loss = true;
  fprintf(stderr, "uhyve: eth%u: cannot connect the interrupts: %s\n", interface->number,
          strerror(-error));
}

/* The guest sees its link go down; why is said here. */
static void tell_loss(struct net_interface *interface)
{
  interface->has_told_loss = true;
  fprintf(stderr, "uhyve: eth%u: %s has ended\n", interface->number, interface->net.way->name);
}

static bool serve(struct net_interface *interface)
{
  struct virtio_net_news news;
  lock_after_visitors(interface);
  if (interface->is_touched && !interface->is_connected)
    connect_interrupts(interface);
  bool has_served = virtio_net_serve(&interface->net, &news);
  bool is_lost = interface->net.is_way_broken;
  pthread_mutex_unlock(&interface->lock);
  if (is_lost && !interface->has_told_loss)
    tell_loss(interface);
  if (news.of_ring)
    add_event(interface->ring_fd);
  if (news.of_change)
    add_event(interface->change_fd);
  return has_served;
}

/* Returns false if there is something to do already. */
static bool expect(struct net_interface *interface, struct virtio_net_expected *expected)
{
  lock_after_visitors(interface);
  bool has_more = virtio_net_expect(&interface->net, expected);
  pthread_mutex_unlock(&interface->lock);
  return !has_more;
}

/* Or until so much time has passed; -1: however long it takes. */
static void sleep_until_event(struct net_interface *interface,
                              const struct virtio_net_expected *expected, int most_ms)
{
  struct pollfd polls[1 + VIRTIO_NET_MOST_PAIRS] = {{.fd = interface->event_fd, .events = POLLIN}};
  const unsigned int queue_count = interface->net.pair_count;
  uint64_t events;
  for (unsigned int i = 0; i < queue_count; i++)
  {
    bool frames = (expected->frames >> i & 1) != 0;
    bool room = (expected->room >> i & 1) != 0;
    polls[1 + i].fd = frames || room ? interface->net.pairs[i].way->fd : -1;
    polls[1 + i].events = (short) ((frames ? POLLIN : 0) | (room ? POLLOUT : 0));
  }
  poll(polls, 1 + queue_count, most_ms);
  bool has_room = false;
  for (unsigned int i = 0; i < queue_count; i++)
    has_room = has_room || (polls[1 + i].revents & POLLOUT) != 0;
  if (has_room)
  {
    lock_after_visitors(interface);
    virtio_net_way_has_room(&interface->net);
    pthread_mutex_unlock(&interface->lock);
  }
  if ((polls[0].revents & POLLIN) == 0)
    return;
  ssize_t taken = read(interface->event_fd, &events, sizeof(events));
  (void) taken; /* whatever came, all is looked at */
}

/* Also what a driver has left that has reset the device. */
static bool keeps_frames(struct net_way *way)
{
  return way->operations->flush != NULL && way->operations->flush(way) == -EAGAIN;
}

/* What the guest has queued when it ends still goes out, also where that takes its time. */
static void serve_last(struct net_interface *interface)
{
  const uint64_t end_ns = monotonic_ns() + LAST_NS;
  struct virtio_net_expected expected;
  for (uint64_t now_ns; (now_ns = monotonic_ns()) < end_ns;)
  {
    if (serve(interface) || !expect(interface, &expected))
      continue;
    expected.frames = 0;
    expected.room |= keeps_frames(interface->net.way);
    if (!expected.room)
      break;
    sleep_until_event(interface, &expected, (int) ((end_ns - now_ns) / NS_PER_MS) + 1);
  }
}

static void *serve_interface(void *argument)
{
  struct net_interface *interface = argument;
  struct virtio_net_expected expected;
  uint64_t served_ns = 0;
  sandbox_enter_thread(FILTER_THREAD_NET);
  sem_post(&interface->has_begun);
  while (!atomic_load(&interface->stopping))
  {
    if (serve(interface))
      served_ns = monotonic_ns();
    else if (interface->polls && monotonic_ns() - served_ns < POLL_NS)
      __builtin_ia32_pause();
    else if (expect(interface, &expected))
      sleep_until_event(interface, &expected, -1);
  }
  serve_last(interface);
  /* The next user of what stays, as a TAP may, asks for its own. */
  const struct net_way *way = interface->net.way;
  if (way->operations->set_offloads != NULL)
    way->operations->set_offloads(interface->net.way, 0);
  return NULL;
}

/* ---- Life ---- */

static void close_events(const struct net_interface *interface)
{
  const int fds[] = {interface->event_fd, interface->ring_fd, interface->change_fd};
  for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
  {
    if (fds[i] >= 0)
      close(fds[i]);
  }
}

int net_interface_create(struct net_interface **interface, struct net_way *way,
                         const struct guest_memory *memory, const uint8_t mac[static 6],
                         uint32_t mtu_bytes)
{
  struct net_interface *made = calloc(1, sizeof(*made));
  if (made == NULL)
    return -ENOMEM;
  made->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  made->ring_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  made->change_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made->event_fd < 0 || made->ring_fd < 0 || made->change_fd < 0)
  {
    int error = -errno;
    close_events(made);
    free(made);
    return error;
  }
  virtio_net_prepare(&made->net, way, memory, mac, mtu_bytes);
  pthread_mutex_init(&made->lock, NULL);
  pthread_cond_init(&made->is_free, NULL);
  sem_init(&made->has_begun, 0, 0);
  *interface = made;
  return 0;
}

/* Signals are for the other threads, but for one of memory that the host does not have. */
int net_interface_start(struct net_interface *interface, struct net_connect connect, bool polls)
{
  sigset_t most, old;
  interface->connect = connect;
  sigfillset(&most);
  sigdelset(&most, SIGBUS);
  interface->polls = polls;
  pthread_sigmask(SIG_SETMASK, &most, &old);
  int error = pthread_create(&interface->thread, NULL, serve_interface, interface);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (error != 0)
    return -error;
  interface->has_thread = true;
  while (sem_wait(&interface->has_begun) != 0)
    ;
  return 0;
}

void net_interface_stop(struct net_interface *interface)
{
  if (!interface->has_thread)
    return;
  atomic_store(&interface->stopping, true);
  add_event(interface->event_fd);
  pthread_join(interface->thread, NULL);
  interface->has_thread = false;
}

void net_interface_destroy(struct net_interface *interface)
{
  net_interface_stop(interface);
  interface->net.way->operations->close(interface->net.way);
  close_events(interface);
  free(interface);
}

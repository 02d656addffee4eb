/* One loop: frames of the guest to libslirp, what sockets of the host have to libslirp, its frames
 * to the guest. When the guest has ended another one: what libslirp has acknowledged still goes to
 * the host's sockets.
 *
 * Frames for a guest that does not read are kept up to a bound. From half of it on no socket is
 * read, so that its sender is held up; what libslirp makes by itself beyond the bound is lost, as
 * on any network. Frames of the guest are always taken: two sides that wait for each other would
 * do so for ever. */
#include "user_network.h"

#include <errno.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "neighbour.h"
#include "ports.h"
#include "uhyve/monotonic.h"
#include "uhyve/net/frame_stream.h"

/* After so many frames of the guest sockets have their turn. */
#define FRAMES_AT_ONCE  64

#define POLLED_AT_FIRST 64

#define NEVER_MS        INT64_MAX
#define NS_PER_MS       1000000

/* How long sockets that do not take their data are waited for when the guest has ended. */
#define LAST_MS 60000

/* libslirp has one: for the announcements of its IPv6 router. */
#define MOST_TIMERS 4

struct timer
{
  SlirpTimerCb call;
  void *argument;
  int64_t due_ms;
};

struct user_network
{
  Slirp *slirp;
  struct frame_stream stream;
  struct ports ports;
  bool is_congested;
  bool is_deaf;   /* the guest: nothing more is sent there */
  bool has_ended; /* the guest */
  struct timer timers[MOST_TIMERS];
  struct pollfd *polled; /* the first is the frames' */
  size_t polled_count;
  size_t polled_room;
};

/* ---- What libslirp calls ---- */

static ssize_t send_packet(const void *frame, size_t bytes, void *opaque)
{
  struct user_network *network = opaque;
  const struct iovec piece = {.iov_base = (void *) frame, .iov_len = bytes};
  if (!network->is_deaf)
    frame_stream_send(&network->stream, &piece, 1);
  return (ssize_t) bytes; /* a lost one is no error, and an end is seen when reading */
}

static void guest_error(const char *message, void *opaque)
{
  (void) message, (void) opaque;
}

static int64_t clock_get_ns(void *opaque)
{
  (void) opaque;
  return (int64_t) monotonic_ns();
}

static void *timer_new(SlirpTimerCb call, void *argument, void *opaque)
{
  struct user_network *network = opaque;
  for (int i = 0; i < MOST_TIMERS; i++)
  {
    struct timer *timer = &network->timers[i];
    if (timer->call == NULL)
    {
      *timer = (struct timer){.call = call, .argument = argument, .due_ms = NEVER_MS};
      return timer;
    }
  }
  abort();
}

static void timer_free(void *timer, void *opaque)
{
  (void) opaque;
  ((struct timer *) timer)->call = NULL;
}

static void timer_mod(void *timer, int64_t due_ms, void *opaque)
{
  (void) opaque;
  ((struct timer *) timer)->due_ms = due_ms;
}

static void watch_descriptor(int fd, void *opaque)
{
  (void) fd, (void) opaque;
}

static void notify(void *opaque)
{
  (void) opaque;
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_get_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = watch_descriptor,
    .unregister_poll_fd = watch_descriptor,
    .notify = notify,
};

/* ---- Set-up ---- */

/* QEMU's addresses: 10.0.2.0/24, its host .2, name server .3 and guest .15; or those next to what
 * the guest is to have. */
static void choose_ipv4(SlirpConfig *config, const struct arguments *arguments)
{
  uint32_t mask = arguments->has_guest ? ~0u << (32 - arguments->prefix) : 0xffffff00;
  uint32_t guest = arguments->has_guest ? ntohl(arguments->guest.s_addr) : 0x0a00020f;
  uint32_t network = guest & mask;
  uint32_t taken[3] = {guest, ntohl(arguments->gateway.s_addr), 0};
  for (int i = 1; i < 3; i++)
  {
    uint32_t next = network + 2;
    while (taken[i] == 0)
    {
      if (next != taken[0] && next != taken[1])
        taken[i] = next;
      next++;
    }
  }
  config->in_enabled = true;
  config->vnetwork.s_addr = htonl(network);
  config->vnetmask.s_addr = htonl(mask);
  config->vdhcp_start.s_addr = htonl(guest);
  config->vhost.s_addr = htonl(taken[1]);
  config->vnameserver.s_addr = htonl(taken[2]);
}

static void choose_ipv6(SlirpConfig *config)
{
  config->in6_enabled = true;
  inet_pton(AF_INET6, "fec0::", &config->vprefix_addr6);
  config->vprefix_len = 64;
  inet_pton(AF_INET6, "fec0::2", &config->vhost6);
  inet_pton(AF_INET6, "fec0::3", &config->vnameserver6);
}

struct user_network *user_network_new(const struct arguments *arguments)
{
  struct user_network *network = calloc(1, sizeof(*network));
  if (network == NULL)
    return NULL;
  ports_begin(&network->ports);
  network->polled_room = POLLED_AT_FIRST;
  network->polled = calloc(network->polled_room, sizeof(network->polled[0]));
  SlirpConfig config = {
      .version = 4, .if_mtu = arguments->mtu_bytes, .if_mru = arguments->mtu_bytes};
  choose_ipv4(&config, arguments);
  choose_ipv6(&config);
  if (network->polled != NULL && frame_stream_begin(&network->stream, arguments->frames_fd) == 0)
    network->slirp = slirp_new(&config, &callbacks, network);
  if (network->slirp != NULL)
    return network;
  free(network->polled);
  free(network);
  return NULL;
}

int user_network_publish(struct user_network *network, const struct published *published)
{
  return ports_open(&network->ports, network->slirp, published);
}

/* ---- The loop ---- */

static int add_polled(struct user_network *network, int fd, short events)
{
  if (network->polled_count == network->polled_room)
  {
    size_t room = 2 * network->polled_room;
    struct pollfd *polled = reallocarray(network->polled, room, sizeof(polled[0]));
    if (polled == NULL)
      return -1;
    network->polled = polled;
    network->polled_room = room;
  }
  network->polled[network->polled_count] = (struct pollfd){.fd = fd, .events = events};
  return (int) network->polled_count++;
}

static const struct
{
  int slirp;
  short host;
} events_of[] = {
    {SLIRP_POLL_IN, POLLIN},   {SLIRP_POLL_OUT, POLLOUT}, {SLIRP_POLL_PRI, POLLPRI},
    {SLIRP_POLL_ERR, POLLERR}, {SLIRP_POLL_HUP, POLLHUP},
};

#define EVENTS (sizeof(events_of) / sizeof(events_of[0]))

/* One that is being connected has nothing to be sent yet. */
static bool is_connected(int fd)
{
  struct sockaddr_storage address;
  socklen_t bytes = sizeof(address);
  return getpeername(fd, (struct sockaddr *) &address, &bytes) == 0;
}

static int add_poll(int fd, int events, void *opaque)
{
  struct user_network *network = opaque;
  short wanted = 0;
  if (network->is_congested || network->has_ended)
    events &= SLIRP_POLL_OUT;
  if (network->has_ended && events != 0 && !is_connected(fd))
    events = 0;
  if (events == 0)
    return -1;
  for (size_t i = 0; i < EVENTS; i++)
  {
    if ((events & events_of[i].slirp) != 0)
      wanted = (short) (wanted | events_of[i].host);
  }
  return add_polled(network, fd, wanted);
}

static int get_events(int index, void *opaque)
{
  struct user_network *network = opaque;
  const struct pollfd *polled = &network->polled[index];
  int found = 0;
  for (size_t i = 0; i < EVENTS; i++)
  {
    if ((polled->revents & events_of[i].host) != 0)
      found |= events_of[i].slirp;
  }
  return found == 0 || ports_may_accept(&network->ports, polled->fd) ? found : 0;
}

static int64_t now_ms(void)
{
  return clock_get_ns(NULL) / NS_PER_MS;
}

/* Milliseconds until the first timer, at most `most`. */
static int time_out(const struct user_network *network, uint32_t most)
{
  int64_t least = most > INT32_MAX ? INT32_MAX : most;
  int64_t now = now_ms();
  for (int i = 0; i < MOST_TIMERS; i++)
  {
    const struct timer *timer = &network->timers[i];
    if (timer->call != NULL && timer->due_ms != NEVER_MS && timer->due_ms - now < least)
      least = timer->due_ms > now ? timer->due_ms - now : 0;
  }
  return (int) least;
}

static void call_timers(struct user_network *network)
{
  int64_t now = now_ms();
  for (int i = 0; i < MOST_TIMERS; i++)
  {
    struct timer *timer = &network->timers[i];
    if (timer->call == NULL || timer->due_ms > now)
      continue;
    timer->due_ms = NEVER_MS;
    timer->call(timer->argument);
  }
}

/* Returns 1: there is more; 0; or a negative errno: the frames have ended. */
static int take_frames(struct user_network *network)
{
  for (int i = 0; i < FRAMES_AT_ONCE; i++)
  {
    const uint8_t *frame;
    ssize_t length = frame_stream_receive(&network->stream, &frame);
    if (length == -EAGAIN)
      return 0;
    if (length < 0)
      return (int) length;
    slirp_input(network->slirp, frame, (int) length);
    uint8_t made[NEIGHBOUR_FRAME_BYTES];
    size_t bytes = neighbour_introduce(frame, (size_t) length, made);
    if (bytes > 0)
      slirp_input(network->slirp, made, (int) bytes);
  }
  return 1;
}

/* A guest that takes no frames may have sent some before. */
static void send_kept(struct user_network *network)
{
  int error = network->is_deaf ? 0 : frame_stream_flush(&network->stream);
  network->is_deaf |= error != 0 && error != -EAGAIN;
}

static void carry_frames(struct user_network *network)
{
  int more = 0;
  do
  {
    size_t kept = network->is_deaf ? 0 : frame_stream_kept(&network->stream);
    uint32_t timeout_ms = UINT32_MAX;
    network->is_congested = kept > FRAME_STREAM_BUFFER_BYTES / 2;
    network->polled_count = 0;
    add_polled(network, network->stream.fd, kept > 0 ? POLLIN | POLLOUT : POLLIN);
    slirp_pollfds_fill(network->slirp, &timeout_ms, add_poll, network);
    int found =
        poll(network->polled, network->polled_count, more > 0 ? 0 : time_out(network, timeout_ms));
    call_timers(network);
    if (more > 0 || (network->polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
      more = take_frames(network);
    slirp_pollfds_poll(network->slirp, found < 0, get_events, network);
    send_kept(network);
  } while (more >= 0);
}

/* What the guest believes to be there: it has been acknowledged. The end of a connection goes
 * behind its data. */
static void deliver_rest(struct user_network *network)
{
  const int64_t end_ms = now_ms() + LAST_MS;
  for (int64_t now; (now = now_ms()) < end_ms;)
  {
    uint32_t timeout_ms = (uint32_t) (end_ms - now);
    network->polled_count = 0;
    slirp_pollfds_fill(network->slirp, &timeout_ms, add_poll, network);
    if (network->polled_count == 0)
      break;
    int found = poll(network->polled, network->polled_count, (int) timeout_ms);
    slirp_pollfds_poll(network->slirp, found < 0, get_events, network);
  }
}

void user_network_run(struct user_network *network)
{
  carry_frames(network);
  network->is_deaf = network->has_ended = true;
  ports_close(&network->ports, network->slirp);
  /* The monitor waits for this. */
  close(network->stream.fd);
  deliver_rest(network);
}

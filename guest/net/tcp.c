/* Sockets of TCP: the connection's life, and what lwIP tells about it. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "mm/kernel_heap.h"
#include "net/address_check.h"
#include "net/internet.h"
#include "net/send_wait.h"
#include "time/clock.h"

#define NS_PER_S       1000000000ull
#define NS_PER_MS      1000000ull
#define MOST_LOOK_NS   NS_PER_S /* between two looks at a connection with bytes on their way */
#define EVENTS_READ    (POLLIN | POLLRDNORM | POLLRDHUP)
#define EVENTS_WRITE   (POLLOUT | POLLWRNORM)
#define EVENTS_ALL     (EVENTS_READ | EVENTS_WRITE | POLLHUP | POLLERR)

#define SMALL_BYTES    512u
#define GATHERED_BYTES 2048u

/* Not acknowledged at most: a part of the window. */
#define MOST_OWED_BYTES (TCP_WND / 4)

/* ---- What lwIP tells ---- */

static void append(struct internet_pieces *pieces, struct pbuf *pbuf)
{
  if (pieces->first == NULL)
    pieces->first = pbuf;
  else
    pieces->last->next = pbuf;
  while (pbuf->next != NULL)
    pbuf = pbuf->next;
  pieces->last = pbuf;
}

/* A large segment is acknowledged at once, unless a task is about to read it, which then does that
 * for all that has come: an acknowledgement costs the host more than it costs to copy 64 KiB. */
static void leave_acknowledgement(struct internet_socket *internet, struct tcp_pcb *pcb,
                                  uint32_t len_bytes)
{
  if (len_bytes <= pcb->mss || pcb->state != ESTABLISHED || (pcb->flags & TF_ACK_NOW) == 0 ||
      internet->readers == 0 || internet->owed_bytes + len_bytes > MOST_OWED_BYTES)
  {
    internet->owed_bytes = 0;
    return;
  }
  internet->owed_bytes += len_bytes;
  tcp_clear_flags(pcb, TF_ACK_NOW);
  tcp_set_flags(pcb, TF_ACK_DELAY);
}

static void add_to_gathered(struct internet_socket *internet, struct pbuf *pbuf)
{
  struct pbuf *gathered = internet->gathered;
  u16_t len_bytes = pbuf->tot_len;
  pbuf_copy_partial(pbuf, (char *) gathered->payload + gathered->len, len_bytes, 0);
  internet->gathered_room_bytes -= len_bytes;
  gathered->tot_len += len_bytes;
  /* Who receives may be reading in front of it. */
  __atomic_store_n(&gathered->len, (u16_t) (gathered->len + len_bytes), __ATOMIC_RELEASE);
  pbuf_free(pbuf);
}

/* Small pieces behind each other cost many times what they hold: they are put into one. */
static void append_piece(struct internet_socket *internet, struct pbuf *pbuf)
{
  const struct internet_pieces *end =
      internet->queue.first != NULL ? &internet->queue : &internet->taken;
  const struct pbuf *last = end->first != NULL ? end->last : NULL;
  bool is_small = pbuf->tot_len <= SMALL_BYTES;
  if (is_small && last != NULL && last == internet->gathered &&
      internet->gathered_room_bytes >= pbuf->tot_len)
  {
    add_to_gathered(internet, pbuf);
    return;
  }
  bool follows_small = last != NULL && (last->len <= SMALL_BYTES || last == internet->gathered);
  internet->gathered = NULL;
  struct pbuf *gathered = NULL;
  if (is_small && follows_small)
    gathered = pbuf_alloc(PBUF_RAW, GATHERED_BYTES, PBUF_RAM);
  if (gathered == NULL)
  {
    append(&internet->queue, pbuf);
    return;
  }
  gathered->len = gathered->tot_len = 0;
  internet->gathered = gathered;
  internet->gathered_room_bytes = GATHERED_BYTES;
  add_to_gathered(internet, pbuf);
  append(&internet->queue, gathered);
}

static err_t on_received(void *argument, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error)
{
  struct internet_socket *internet = argument;
  (void) error;
  if (pbuf == NULL)
  {
    internet->is_ended = true;
    if (internet->is_send_shut)
      tcp_socket_detach(internet);
    internet_changed(internet, EVENTS_READ | (internet->is_send_shut ? POLLHUP : 0));
  }
  else if (internet->is_receive_shut)
  {
    tcp_recved(pcb, pbuf->tot_len);
    pbuf_free(pbuf);
  }
  else
  {
    internet->queued_bytes += pbuf->tot_len;
    leave_acknowledgement(internet, pcb, pbuf->tot_len);
    append_piece(internet, pbuf);
    internet_changed(internet, POLLIN | POLLRDNORM);
  }
  return ERR_OK;
}

static err_t on_sent(void *argument, struct tcp_pcb *pcb, u16_t len_bytes)
{
  struct internet_socket *internet = argument;
  (void) len_bytes;
  if (tcp_socket_is_writable(internet) || (pcb->unsent == NULL && pcb->unacked == NULL))
    internet_changed(internet, EVENTS_WRITE);
  return ERR_OK;
}

/* The pcb is gone. */
static void on_error(void *argument, err_t error)
{
  struct internet_socket *internet = argument;
  internet->tcp = NULL;
  tcp_socket_keep_place(internet);
  if (internet->state == INTERNET_CONNECTING)
  {
    internet->state = INTERNET_NEW;
    internet->error = error == ERR_RST ? -ECONNREFUSED : -ETIMEDOUT;
  }
  else
  {
    if (error == ERR_RST)
      internet->error = internet->is_ended ? -EPIPE : -ECONNRESET;
    else if (error != ERR_CLSD)
      internet->error = -ETIMEDOUT;
    internet->state = INTERNET_CLOSED;
    internet->is_ended = true;
  }
  internet_changed(internet, EVENTS_ALL);
}

/* A connection with nothing on its way is not looked at: then it begins anew. */
err_t tcp_socket_look(void *argument, struct tcp_pcb *pcb)
{
  struct internet_socket *internet = argument;
  uint64_t now_ns = clock_monotonic_ns();
  bool goes_on = now_ns - internet->looked_ns < MOST_LOOK_NS &&
                 internet->answered == pcb->lastack &&
                 (pcb->unacked != NULL || pcb->unsent != NULL);
  internet->looked_ns = now_ns;
  internet->answered = pcb->lastack;
  if (!goes_on)
    internet->answered_ns = now_ns;
  if (now_ns - internet->answered_ns < internet->options.user_timeout_ms * NS_PER_MS)
    return ERR_OK;
  tcp_abort(pcb);
  return ERR_ABRT;
}

void tcp_socket_keep_names(struct internet_socket *internet)
{
  const struct tcp_pcb *pcb = internet->tcp;
  ip_addr_copy(internet->local.address, pcb->local_ip);
  internet->local.port = pcb->local_port;
  ip_addr_copy(internet->peer.address, pcb->remote_ip);
  internet->peer.port = pcb->remote_port;
}

/* ---- The pcb ---- */

void tcp_socket_attach(struct internet_socket *internet, struct tcp_pcb *pcb)
{
  internet->tcp = pcb;
  tcp_arg(pcb, internet);
  tcp_recv(pcb, on_received);
  tcp_sent(pcb, on_sent);
  tcp_err(pcb, on_error);
  internet_apply(internet);
  if (internet->state == INTERNET_CONNECTED)
    tcp_socket_keep_names(internet);
}

void tcp_socket_detach(struct internet_socket *internet)
{
  struct tcp_pcb *pcb = internet->tcp;
  if (pcb == NULL)
    return;
  internet->tcp = NULL;
  tcp_arg(pcb, NULL);
  if (pcb->state == LISTEN)
  {
    tcp_accept(pcb, NULL);
    return;
  }
  tcp_poll(pcb, NULL, 0);
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_err(pcb, NULL);
}

int tcp_socket_make(struct internet_socket *internet)
{
  if (internet->tcp != NULL)
    return 0;
  struct tcp_pcb *pcb = tcp_new_ip_type((u8_t) internet_type_of_address(internet));
  if (pcb == NULL)
    return -ENOBUFS;
  tcp_socket_attach(internet, pcb);
  if (!internet->is_bound ||
      tcp_bind(pcb, &internet->bound.address, internet->bound.port) == ERR_OK)
    return 0;
  tcp_socket_detach(internet);
  tcp_close(pcb);
  return -EADDRINUSE;
}

/* ---- Names ---- */

static int name_tcp(struct socket *socket, bool is_peer, struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  net_lock();
  int error = is_peer && internet->state != INTERNET_CONNECTED ? -ENOTCONN : 0;
  struct internet_address address = is_peer ? internet->peer : internet->local;
  net_unlock();
  if (error == 0)
    convert_to_name(name, socket->family, &address.address, address.port);
  return error;
}

static int bind_to(struct internet_socket *internet, const struct internet_address *address)
{
  if (internet->state != INTERNET_NEW || internet->is_bound)
    return -EINVAL;
  int error = address_check_bind(&address->address, false);
  if (error == 0 && address_listens(&address->address, address->port))
    error = -EADDRINUSE;
  if (error == 0)
    error = tcp_socket_make(internet);
  if (error != 0)
    return error;
  err_t failure = tcp_bind(internet->tcp, &address->address, address->port);
  if (failure != ERR_OK)
    return failure == ERR_BUF ? -EADDRINUSE : convert_error(failure);
  internet->is_bound = true;
  internet->is_port_named = address->port != 0;
  internet->local = (struct internet_address){address->address, internet->tcp->local_port};
  internet->bound = internet->local;
  return 0;
}

static int bind_tcp(struct socket *socket, const struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_address address;
  int error = address_of_bind(internet, name, &address);
  if (error != 0)
    return error;
  net_lock();
  error = bind_to(internet, &address);
  net_unlock();
  return error;
}

/* ---- Ending ---- */

static int shut_connection(struct internet_socket *internet, int how)
{
  int error = 0;
  if (how != SHUT_WR)
    internet->is_receive_shut = true;
  if (how != SHUT_RD && !internet->is_send_shut)
  {
    internet->is_send_shut = true;
    if (internet->tcp != NULL)
      error = convert_error(tcp_shutdown(internet->tcp, 0, 1));
  }
  internet_changed(internet, EVENTS_ALL & ~(unsigned int) POLLERR);
  return error;
}

static int shut(struct internet_socket *internet, int how)
{
  switch (internet->state)
  {
  case INTERNET_LISTENING:
    if (how != SHUT_WR)
      tcp_socket_disconnect(internet);
    return 0;
  case INTERNET_CONNECTING:
    tcp_socket_disconnect(internet);
    return 0;
  case INTERNET_CONNECTED:
    return shut_connection(internet, how);
  default:
    return -ENOTCONN;
  }
}

static int shutdown_tcp(struct socket *socket, int how)
{
  net_lock();
  int error = shut(internet_of(socket), how);
  net_unlock();
  return error;
}

/* SO_LINGER with a time: until all has arrived. */
static void linger(struct internet_socket *internet)
{
  uint64_t deadline_ns = clock_monotonic_ns() + internet->options.linger_s * NS_PER_S;
  while (internet->tcp != NULL && (internet->tcp->unsent != NULL || internet->tcp->unacked != NULL))
    if (internet_sleep(&internet->send_wait, deadline_ns) != 0)
      return;
}

static void end(struct internet_socket *internet)
{
  bool lingers = internet->options.has_linger && internet->state == INTERNET_CONNECTED;
  if (lingers && internet->options.linger_s > 0 && internet->queued_bytes == 0 &&
      socket_waits(&internet->socket, 0))
  {
    (void) shut_connection(internet, SHUT_WR);
    linger(internet);
  }
  struct tcp_pcb *pcb = internet->tcp;
  send_wait_remove(internet);
  tcp_socket_drop_pending(internet);
  tcp_socket_detach(internet);
  if (pcb == NULL)
    return;
  if ((lingers && internet->options.linger_s == 0) || internet->queued_bytes > 0)
    tcp_abort(pcb);
  else if (tcp_close(pcb) != ERR_OK)
    tcp_abort(pcb);
}

static int release_tcp(struct socket *socket)
{
  struct internet_socket *internet = internet_of(socket);
  net_lock();
  end(internet);
  tcp_socket_drop_received(internet);
  net_unlock();
  kernel_free(internet, sizeof(*internet));
  return 0;
}

const struct socket_operations tcp_socket_operations = {
    .bind = bind_tcp,
    .listen = tcp_socket_listen,
    .accept = tcp_socket_accept,
    .connect = tcp_socket_connect,
    .send = tcp_socket_send,
    .receive = tcp_socket_receive,
    .shutdown = shutdown_tcp,
    .name = name_tcp,
    .set_option = internet_set_option,
    .get_option = internet_get_option,
    .control = internet_control,
    .poll = internet_poll,
    .release = release_tcp,
};

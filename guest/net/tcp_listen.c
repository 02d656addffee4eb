/* Sockets that listen. A connection is a socket from its first moment, and waits in the list of its
 * listener until somebody accepts it. */
#include <errno.h>
#include <poll.h>

#include "mm/kernel_heap.h"
#include "net/internet.h"

#define MOST_BACKLOG 4096

/* ---- Pending connections; lwIP counts them, for the listener's backlog ---- */

static struct tcp_pcb_listen *pcb_of(const struct internet_socket *listener)
{
  return (struct tcp_pcb_listen *) listener->tcp;
}

static void append(struct internet_socket *listener, struct internet_socket *internet)
{
  tcp_backlog_delayed(internet->tcp);
  internet->listener = listener;
  internet->next_pending = NULL;
  if (listener->first_pending == NULL)
    listener->first_pending = internet;
  else
    listener->last_pending->next_pending = internet;
  listener->last_pending = internet;
}

static struct internet_socket *take_first(struct internet_socket *listener)
{
  struct internet_socket *internet = listener->first_pending;
  listener->first_pending = internet->next_pending;
  internet->next_pending = NULL;
  internet->listener = NULL;
  if (internet->tcp != NULL)
    tcp_backlog_accepted(internet->tcp);
  else
    pcb_of(listener)->accepts_pending--;
  return internet;
}

/* lwIP does not count a connection that was reset any more. It still takes memory here. */
void tcp_socket_keep_place(struct internet_socket *internet)
{
  if (internet->listener != NULL)
    pcb_of(internet->listener)->accepts_pending++;
}

/* ---- Listening ---- */

static err_t on_accepted(void *argument, struct tcp_pcb *pcb, err_t error)
{
  struct internet_socket *listener = argument;
  if (listener == NULL || pcb == NULL || error != ERR_OK)
    return ERR_VAL;
  const struct socket *socket = &listener->socket;
  struct internet_socket *internet =
      internet_new(socket->family, socket->type, socket->protocol, 0);
  if (internet == NULL)
    return ERR_MEM;
  internet->options = listener->options;
  internet->socket.receive_timeout_ns = socket->receive_timeout_ns;
  internet->socket.send_timeout_ns = socket->send_timeout_ns;
  internet->state = INTERNET_CONNECTED;
  internet->is_connect_told = internet->is_bound = true;
  tcp_socket_attach(internet, pcb);
  append(listener, internet);
  internet_changed(internet, 0);
  internet_changed(listener, POLLIN | POLLRDNORM);
  return ERR_OK;
}

static int listen_on(struct internet_socket *internet, int backlog)
{
  err_t failure = ERR_OK;
  unsigned int most =
      backlog < 0 || backlog >= MOST_BACKLOG ? MOST_BACKLOG : (unsigned int) backlog + 1;
  if (internet->state == INTERNET_LISTENING)
  {
    tcp_backlog_set(pcb_of(internet), (u16_t) most);
    return 0;
  }
  if (internet->state != INTERNET_NEW)
    return -EINVAL;
  int error = tcp_socket_make(internet);
  if (error != 0)
    return error;
  if (!internet->is_bound)
  {
    ip_addr_t any;
    ip_addr_copy(any, internet->tcp->local_ip);
    failure = tcp_bind(internet->tcp, &any, 0);
    if (failure != ERR_OK)
      return -EADDRINUSE;
    internet->is_bound = true;
    internet->local.port = internet->tcp->local_port;
    internet->bound = (struct internet_address){any, internet->local.port};
  }
  struct tcp_pcb *pcb = tcp_listen_with_backlog_and_err(internet->tcp, (u16_t) most, &failure);
  if (pcb == NULL)
    return convert_error(failure);
  internet->tcp = pcb;
  internet->state = INTERNET_LISTENING;
  tcp_arg(pcb, internet);
  tcp_accept(pcb, on_accepted);
  internet_changed(internet, 0);
  return 0;
}

int tcp_socket_listen(struct socket *socket, int backlog)
{
  net_lock();
  int error = listen_on(internet_of(socket), backlog);
  net_unlock();
  return error;
}

static int accept_on(struct internet_socket *listener, struct internet_socket **accepted)
{
  uint64_t deadline_ns = socket_deadline(&listener->socket.receive_timeout_ns);
  for (;;)
  {
    if (listener->state != INTERNET_LISTENING)
      return -EINVAL;
    if (listener->first_pending != NULL)
      break;
    if (!socket_waits(&listener->socket, 0))
      return -EAGAIN;
    int error = internet_sleep(&listener->receive_wait, deadline_ns);
    if (error != 0)
      return error;
  }
  *accepted = take_first(listener);
  internet_changed(listener, 0);
  return 0;
}

int tcp_socket_accept(struct socket *socket, uint32_t flags, struct file **accepted,
                      struct socket_name *peer)
{
  struct internet_socket *internet = NULL;
  net_lock();
  int error = accept_on(internet_of(socket), &internet);
  net_unlock();
  if (error != 0)
    return error;
  internet->socket.file.flags |= flags;
  convert_to_name(peer, socket->family, &internet->peer.address, internet->peer.port);
  *accepted = &internet->socket.file;
  return 0;
}

void tcp_socket_drop_pending(struct internet_socket *listener)
{
  while (listener->first_pending != NULL)
  {
    struct internet_socket *internet = take_first(listener);
    struct tcp_pcb *pcb = internet->tcp;
    tcp_socket_detach(internet);
    if (pcb != NULL)
      tcp_abort(pcb);
    tcp_socket_drop_received(internet);
    kernel_free(internet, sizeof(*internet));
  }
}

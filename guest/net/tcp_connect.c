/* Connecting sockets of TCP, and undoing it. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/address_check.h"
#include "net/icmp_errors.h"
#include "net/internet.h"
#include "net/send_wait.h"

#define EVENTS_READ  (POLLIN | POLLRDNORM | POLLRDHUP)
#define EVENTS_WRITE (POLLOUT | POLLWRNORM)
#define EVENTS_ALL   (EVENTS_READ | EVENTS_WRITE | POLLHUP | POLLERR)

static err_t on_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
  struct internet_socket *internet = argument;
  (void) pcb;
  (void) error;
  internet->state = INTERNET_CONNECTED;
  tcp_socket_keep_names(internet);
  internet_changed(internet, EVENTS_WRITE);
  return ERR_OK;
}

static int begin(struct internet_socket *internet, const struct internet_address *to)
{
  icmp_errors_listen();
  err_t failure = tcp_connect(internet->tcp, &to->address, to->port, on_connected);
  if (failure == ERR_USE || failure == ERR_BUF)
    return -EADDRNOTAVAIL;
  if (failure != ERR_OK)
    return convert_error(failure);
  tcp_socket_keep_names(internet);
  return 0;
}

void tcp_socket_fail(struct internet_socket *internet, int error)
{
  struct tcp_pcb *pcb = internet->tcp;
  tcp_socket_detach(internet);
  if (pcb != NULL)
    tcp_close(pcb);
  internet->state = INTERNET_NEW;
  internet->error = error;
  internet_changed(internet, EVENTS_ALL);
}

void tcp_socket_begin(struct internet_socket *internet)
{
  const struct internet_address to = internet->peer;
  int error = begin(internet, &to);
  if (error != 0)
    tcp_socket_fail(internet, error);
}

static int start(struct internet_socket *internet, const struct internet_address *to)
{
  int error = tcp_socket_make(internet);
  if (error == 0 && !send_wait_needs_address(&to->address))
    error = begin(internet, to);
  else if (error == 0)
  {
    internet->peer = *to;
    error = send_wait_add(internet, &to->address);
  }
  if (error != 0)
    return error;
  internet->state = INTERNET_CONNECTING;
  internet->is_ended = internet->is_send_shut = internet->is_receive_shut = false;
  internet->is_connect_told = false;
  internet_changed(internet, 0);
  return 0;
}

void tcp_socket_disconnect(struct internet_socket *internet)
{
  struct tcp_pcb *pcb = internet->tcp;
  send_wait_remove(internet);
  tcp_socket_drop_pending(internet);
  tcp_socket_detach(internet);
  if (pcb != NULL && pcb->state == LISTEN)
    tcp_close(pcb);
  else if (pcb != NULL)
    tcp_abort(pcb);
  tcp_socket_drop_received(internet);
  internet->state = INTERNET_NEW;
  internet->error = 0;
  internet->is_bound = internet->is_port_named;
  internet->is_ended = internet->is_send_shut = internet->is_receive_shut = false;
  ip_addr_set_any_val(internet->socket.family == AF_INET6, internet->local.address);
  internet->local.port = 0;
  if (internet->is_bound)
    internet->local = internet->bound;
  /* The port is nobody else's. If that fails, who connects or listens tries again. */
  (void) tcp_socket_make(internet);
  internet_changed(internet, EVENTS_ALL);
}

/* What a connect() returns that finds the socket as it is now; 1: it is to start. */
static int outcome(struct internet_socket *internet)
{
  switch (internet->state)
  {
  case INTERNET_NEW:
    if (internet->error == 0 || internet->is_connect_told)
      return 1;
    internet->is_connect_told = true;
    return internet_take_error(internet);
  case INTERNET_CONNECTED:
    if (internet->is_connect_told)
      return -EISCONN;
    internet->is_connect_told = true;
    return 0;
  case INTERNET_CONNECTING:
    return -EALREADY;
  default:
    return -EISCONN;
  }
}

static int wait_connected(struct internet_socket *internet)
{
  uint64_t deadline_ns = socket_deadline(&internet->socket.send_timeout_ns);
  while (internet->state == INTERNET_CONNECTING)
  {
    int error = internet_sleep(&internet->send_wait, deadline_ns);
    if (error != 0)
      return error == -EAGAIN ? -EINPROGRESS : error;
  }
  int error = outcome(internet);
  return error == 1 ? -ECONNABORTED : error;
}

static int connect_to(struct internet_socket *internet, const struct internet_address *to)
{
  bool waits = socket_waits(&internet->socket, 0);
  int result = outcome(internet);
  if (result == -EALREADY && waits)
    return wait_connected(internet);
  if (result != 1)
    return result;
  result = start(internet, to);
  if (result != 0)
    return result;
  return waits ? wait_connected(internet) : -EINPROGRESS;
}

static void undo(struct internet_socket *internet)
{
  net_lock();
  internet->is_undone = true;
  net_unlock();
  mutex_lock(&internet->receive_mutex);
  net_lock();
  tcp_socket_disconnect(internet);
  internet->is_undone = false;
  net_unlock();
  mutex_unlock(&internet->receive_mutex);
}

int tcp_socket_connect(struct socket *socket, const struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_address to;
  if (name->len_bytes >= sizeof(name->family) && name->family == AF_UNSPEC)
  {
    undo(internet);
    return 0;
  }
  int error = address_of_peer(internet, name, &to);
  if (error != 0)
    return error;
  net_lock();
  error = connect_to(internet, &to);
  net_unlock();
  return error;
}

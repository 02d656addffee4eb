/* What sockets of the Internet are ready for, and waiting until that changes. */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "net/internet.h"
#include "sched/spin.h"
#include "signal/hold.h"

#define EVENTS_READ  (POLLIN | POLLRDNORM)
#define EVENTS_WRITE (POLLOUT | POLLWRNORM)

static unsigned int ready_of_connection(const struct internet_socket *internet)
{
  unsigned int events = 0;
  bool is_read_over = internet->is_ended || internet->is_receive_shut;
  if (internet->queued_bytes >= internet->options.receive_least_bytes || is_read_over)
    events |= EVENTS_READ;
  if (is_read_over)
    events |= POLLRDHUP;
  if (internet->is_send_shut || internet->state == INTERNET_CLOSED ||
      tcp_socket_is_writable(internet))
    events |= EVENTS_WRITE;
  if (internet->state == INTERNET_CLOSED || (is_read_over && internet->is_send_shut))
    events |= POLLHUP;
  return events;
}

static unsigned int ready_of_stream(const struct internet_socket *internet)
{
  switch (internet->state)
  {
  case INTERNET_LISTENING:
    return internet->first_pending != NULL ? EVENTS_READ : 0;
  case INTERNET_CONNECTING:
    return 0;
  case INTERNET_NEW:
    return EVENTS_WRITE | POLLHUP | (internet->error != 0 ? EVENTS_READ | POLLRDHUP : 0);
  default:
    return ready_of_connection(internet);
  }
}

static unsigned int ready_of_datagrams(const struct internet_socket *internet)
{
  unsigned int events = internet->waits_to_send ? 0 : EVENTS_WRITE;
  if (internet->first_datagram != NULL || internet->is_receive_shut)
    events |= EVENTS_READ;
  if (internet->is_receive_shut)
    events |= POLLRDHUP;
  if (internet->is_receive_shut && internet->is_send_shut)
    events |= POLLHUP;
  return events;
}

static void wake(struct internet_wait *wait)
{
  __atomic_store_n(&wait->word, wait->word + 1, __ATOMIC_SEQ_CST);
  if (wait->waiting != 0)
    futex_wake(&wait->word, INT_MAX);
}

void internet_changed(struct internet_socket *internet, unsigned int events)
{
  unsigned int ready =
      internet_is_stream(internet) ? ready_of_stream(internet) : ready_of_datagrams(internet);
  if (internet->error != 0)
    ready |= POLLERR;
  __atomic_store_n(&internet->ready, ready, __ATOMIC_SEQ_CST);
  if ((events & (EVENTS_READ | POLLERR | POLLHUP)) != 0)
    wake(&internet->receive_wait);
  if ((events & (EVENTS_WRITE | POLLERR | POLLHUP)) != 0)
    wake(&internet->send_wait);
  if (events != 0)
    wait_source_tell(&internet->source, events);
}

int internet_sleep(struct internet_wait *wait, uint64_t deadline_ns)
{
  uint32_t seen = wait->word;
  int error = 0;
  wait->waiting++;
  net_unlock();
  if (!spin_while(&wait->word, seen, &wait->history))
    error = signal_hold_wait(&wait->word, seen, deadline_ns);
  net_lock();
  wait->waiting--;
  if (error == -EINTR)
    return error;
  return error == -ETIMEDOUT ? -EAGAIN : 0;
}

int internet_take_error(struct internet_socket *internet)
{
  int error = internet->error;
  if (error != 0)
  {
    internet->error = 0;
    internet_changed(internet, 0);
  }
  return error;
}

unsigned int internet_poll(struct socket *socket, struct wait_entry *entry)
{
  struct internet_socket *internet = internet_of(socket);
  if (entry != NULL)
    wait_source_add(&internet->source, entry);
  return __atomic_load_n(&internet->ready, __ATOMIC_SEQ_CST);
}

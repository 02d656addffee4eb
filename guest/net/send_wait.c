/* Sockets that cannot send yet. A call that is not to wait does not, and one that waits ends for
 * signals and timeouts. Until the network has an address, or nobody gives one, a task waits in
 * their place; while an interface has too many frames, its driver tells. */
#include "net/send_wait.h"

#include <errno.h>
#include <poll.h>
#include <reent.h>

#include "libc/thread.h"
#include "sched/task.h"

struct waiting
{
  enum net_family family;
  struct internet_socket *first;
  bool has_task, gave_up;
};

enum
{
  FOR_IPV4,
  FOR_IPV6,
  FOR_ROOM,
  REASONS
};

static struct waiting reasons[REASONS] = {
    [FOR_IPV4] = {.family = NET_IPV4}, [FOR_IPV6] = {.family = NET_IPV6}};

static struct waiting *family_of(const ip_addr_t *to)
{
  return &reasons[IP_IS_V6_VAL(*to) ? FOR_IPV6 : FOR_IPV4];
}

static void add(struct waiting *waiting, struct internet_socket *internet)
{
  internet->waits_to_send = true;
  internet->next_waiting = waiting->first;
  waiting->first = internet;
}

bool send_wait_needs_address(const ip_addr_t *to)
{
  const struct waiting *waiting = family_of(to);
  if (ip_addr_isloopback(to) || (IP_IS_V6_VAL(*to) && ip6_addr_islinklocal(ip_2_ip6(to))))
    return false;
  return !waiting->gave_up && net_lacks_address(waiting->family);
}

static void tell_all(struct waiting *waiting)
{
  while (waiting->first != NULL)
  {
    struct internet_socket *internet = waiting->first;
    waiting->first = internet->next_waiting;
    internet->waits_to_send = false;
    if (internet_is_stream(internet))
      tcp_socket_begin(internet);
    else
      internet_changed(internet, POLLOUT | POLLWRNORM);
  }
}

static void *wait(void *argument)
{
  struct waiting *waiting = argument;
  struct thread self;
  struct _reent state;
  thread_adopt(&self, &state);
  int error;
  do
    error = net_wait_configured(waiting->family);
  while (error == -EINTR);
  net_lock();
  waiting->gave_up = error != 0;
  waiting->has_task = false;
  tell_all(waiting);
  net_unlock();
  return NULL;
}

int send_wait_add(struct internet_socket *internet, const ip_addr_t *to)
{
  struct waiting *waiting = family_of(to);
  struct task *task;
  if (internet->waits_to_send)
    return 0;
  if (!waiting->has_task)
  {
    struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
    attributes.name = "addresses";
    attributes.detached = true;
    int error = task_create(&task, wait, waiting, &attributes);
    if (error != 0)
      return error;
    waiting->has_task = true;
  }
  add(waiting, internet);
  return 0;
}

void send_wait_remove(struct internet_socket *internet)
{
  for (int i = 0; i < REASONS && internet->waits_to_send; i++)
  {
    struct internet_socket **link = &reasons[i].first;
    while (*link != NULL && *link != internet)
      link = &(*link)->next_waiting;
    if (*link == NULL)
      continue;
    *link = internet->next_waiting;
    internet->waits_to_send = false;
  }
}

int send_wait_for_address(struct internet_socket *internet, const ip_addr_t *to, int flags)
{
  bool waits = socket_waits(&internet->socket, flags);
  uint64_t deadline_ns = waits ? socket_deadline(&internet->socket.send_timeout_ns) : 0;
  int error = 0;
  while (error == 0 && send_wait_needs_address(to))
  {
    error = send_wait_add(internet, to);
    if (error != 0)
      return error;
    internet_changed(internet, 0);
    error = waits ? internet_sleep(&internet->send_wait, deadline_ns) : -EAGAIN;
  }
  return error;
}

static void tell_room(void)
{
  tell_all(&reasons[FOR_ROOM]);
}

int send_wait_for_room(struct internet_socket *internet, int flags)
{
  bool waits = socket_waits(&internet->socket, flags);
  net_tell_room = tell_room;
  if (!internet->waits_to_send)
    add(&reasons[FOR_ROOM], internet);
  internet_changed(internet, 0);
  return waits ? internet_sleep(&internet->send_wait,
                                socket_deadline(&internet->socket.send_timeout_ns))
               : -EAGAIN;
}

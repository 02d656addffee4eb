/* Local sockets with many threads: servers by thread, by poll() and by epoll; nothing is lost. */
#include "unix_check.h"

#include <sched.h>
#include <sys/epoll.h>

#define CLIENTS 8
#define ROUNDS  200

/* ---- A server for all, by epoll ---- */

static int listener;
static int served;

/* False: the client is gone. */
static bool serve_one(int fd)
{
  char bytes[64];
  ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
  if (got > 0)
  {
    CHECK(send(fd, bytes, (size_t) got, 0) == got);
    served++;
  }
  if (got < 0)
    CHECK(errno == EAGAIN);
  return got != 0;
}

static void *serve_by_epoll(void *argument)
{
  uint32_t mode = (uint32_t) (uintptr_t) argument;
  struct epoll_event events[4];
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  int epoll = epoll_create1(0);
  int gone = 0;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0);
  while (gone < CLIENTS)
  {
    int count = epoll_wait(epoll, events, 4, -1);
    CHECK(count > 0);
    for (int i = 0; i < count; i++)
    {
      int fd = events[i].data.fd;
      if (fd == listener)
      {
        event = (struct epoll_event){.events = EPOLLIN | EPOLLRDHUP | mode};
        event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        CHECK(event.data.fd >= 0);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) == 0);
      }
      else if (!serve_one(fd))
      {
        CHECK(close(fd) == 0);
        gone++;
      }
    }
  }
  CHECK(close(epoll) == 0);
  return NULL;
}

static void *ask(void *argument)
{
  char name[20] = "uhyve/threads";
  int fd = new_socket((int) (intptr_t) argument);
  CHECK(connect_to(fd, name) == 0);
  for (int i = 0; i < ROUNDS; i++)
  {
    char bytes[16], back[16];
    memset(bytes, i, sizeof(bytes));
    CHECK(send(fd, bytes, sizeof(bytes), 0) == sizeof(bytes));
    CHECK(recv(fd, back, sizeof(back), MSG_WAITALL) == sizeof(back));
    CHECK(memcmp(bytes, back, sizeof(back)) == 0);
  }
  CHECK(close(fd) == 0);
  return NULL;
}

static void a_server(int type, uint32_t mode)
{
  pthread_t server, clients[CLIENTS];
  listener = bound(type, "uhyve/threads");
  served = 0;
  CHECK(listen(listener, 4) == 0);
  CHECK(pthread_create(&server, NULL, serve_by_epoll, (void *) (uintptr_t) mode) == 0);
  for (int i = 0; i < CLIENTS; i++)
    CHECK(pthread_create(&clients[i], NULL, ask, (void *) (intptr_t) type) == 0);
  for (int i = 0; i < CLIENTS; i++)
    CHECK(pthread_join(clients[i], NULL) == 0);
  CHECK(pthread_join(server, NULL) == 0);
  CHECK(served >= CLIENTS * ROUNDS || type == SOCK_STREAM);
  CHECK(close(listener) == 0);
}

/* ---- Many senders and receivers of one ---- */

static int shared[2];
static uint64_t sum;

static void *send_numbers(void *argument)
{
  int first = (int) (intptr_t) argument * ROUNDS;
  for (int i = 0; i < ROUNDS; i++)
  {
    int number = first + i;
    CHECK(send(shared[0], &number, sizeof(number), 0) == sizeof(number));
  }
  return NULL;
}

static void *receive_numbers(void *argument)
{
  int number;
  ssize_t got;
  while ((got = recv(shared[1], &number, sizeof(number), 0)) == sizeof(number) && number >= 0)
    __atomic_add_fetch(&sum, (uint64_t) number, __ATOMIC_RELAXED);
  CHECK(got == sizeof(number));
  return argument;
}

static void many(int type)
{
  pthread_t senders[CLIENTS], receivers[4];
  int stop = -1;
  sum = 0;
  pair(shared, type);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&receivers[i], NULL, receive_numbers, NULL) == 0);
  for (int i = 0; i < CLIENTS; i++)
    CHECK(pthread_create(&senders[i], NULL, send_numbers, (void *) (intptr_t) i) == 0);
  for (int i = 0; i < CLIENTS; i++)
    CHECK(pthread_join(senders[i], NULL) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(send(shared[0], &stop, sizeof(stop), 0) == sizeof(stop));
  for (int i = 0; i < 4; i++)
    CHECK(pthread_join(receivers[i], NULL) == 0);
  uint64_t count = CLIENTS * ROUNDS;
  CHECK(sum == count * (count - 1) / 2);
  close_both(shared);
}

/* ---- Descriptors that are closed while others use them ---- */

static int is_over;

static void *use(void *argument)
{
  char bytes[100];
  while (__atomic_load_n(&is_over, __ATOMIC_SEQ_CST) == 0)
  {
    int fd = __atomic_load_n(&shared[(uintptr_t) argument % 2], __ATOMIC_SEQ_CST);
    if ((uintptr_t) argument % 3 == 0)
      recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    else
      send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
    events_of(fd);
    if ((uintptr_t) argument % 3 == 2)
      shutdown(fd, SHUT_WR);
    sched_yield();
  }
  return NULL;
}

static void closed_under_way(int type)
{
  pthread_t users[6];
  is_over = 0;
  pair(shared, type);
  for (uintptr_t i = 0; i < 6; i++)
    CHECK(pthread_create(&users[i], NULL, use, (void *) i) == 0);
  for (int i = 0; i < ROUNDS; i++)
  {
    int old[2] = {shared[0], shared[1]};
    int fresh[2];
    pair(fresh, type);
    __atomic_store_n(&shared[0], fresh[0], __ATOMIC_SEQ_CST);
    __atomic_store_n(&shared[1], fresh[1], __ATOMIC_SEQ_CST);
    close_both(old);
    if (i % 8 == 0)
      sleep_ms(1);
  }
  __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 6; i++)
    CHECK(pthread_join(users[i], NULL) == 0);
  close_both(shared);
}

int main(void)
{
  a_server(SOCK_STREAM, 0);
  a_server(SOCK_STREAM, EPOLLET);
  a_server(SOCK_SEQPACKET, 0);
  many(SOCK_DGRAM);
  many(SOCK_SEQPACKET);
  closed_under_way(SOCK_STREAM);
  closed_under_way(SOCK_DGRAM);
  return check_finish();
}

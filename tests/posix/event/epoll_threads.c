/* epoll with many threads: nothing is lost, nothing is told twice, and files come and go. */
#include "../waiting/waiting_check.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#define THREADS 4
#define FILES   8
#define ROUNDS  400

static int epoll;
static int fds[FILES];
static uint64_t taken[FILES];
static int is_over;

static void add(int fd, uint32_t events, uint32_t number)
{
  struct epoll_event event = {.events = events, .data.u32 = number};
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

/* Takes what is there until told that it is over. */
static void *serve(void *argument)
{
  uint32_t mode = (uint32_t) (uintptr_t) argument;
  struct epoll_event event;
  for (;;)
  {
    if (!CHECK(epoll_wait(epoll, &event, 1, -1) == 1))
      return NULL;
    if (event.data.u32 == FILES)
      return NULL;
    uint64_t value = 0;
    if (read(fds[event.data.u32], &value, 8) == 8)
      __atomic_add_fetch(&taken[event.data.u32], value, __ATOMIC_SEQ_CST);
    event.events = EPOLLIN | mode;
    if (mode == EPOLLONESHOT)
      CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[event.data.u32], &event) == 0);
  }
}

static void *feed(void *argument)
{
  uint64_t one = 1;
  for (int i = 0; i < ROUNDS; i++)
  {
    int file = (int) ((uintptr_t) argument + (unsigned int) i) % FILES;
    CHECK(write(fds[file], &one, 8) == 8);
  }
  return NULL;
}

static uint64_t sum(void)
{
  uint64_t all = 0;
  for (int i = 0; i < FILES; i++)
    all += __atomic_load_n(&taken[i], __ATOMIC_SEQ_CST);
  return all;
}

static void many(uint32_t mode)
{
  pthread_t servers[THREADS], feeders[THREADS];
  int stop = eventfd(0, 0);
  uint64_t one = 1;
  epoll = epoll_create1(0);
  memset(taken, 0, sizeof(taken));
  for (uint32_t i = 0; i < FILES; i++)
  {
    fds[i] = eventfd(0, EFD_NONBLOCK);
    add(fds[i], EPOLLIN | mode, i);
  }
  add(stop, EPOLLIN, FILES);
  for (uintptr_t i = 0; i < THREADS; i++)
    CHECK(pthread_create(&servers[i], NULL, serve, (void *) (uintptr_t) mode) == 0);
  for (uintptr_t i = 0; i < THREADS; i++)
    CHECK(pthread_create(&feeders[i], NULL, feed, (void *) i) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(feeders[i], NULL) == 0);
  uint64_t begin_ns = now_ns();
  while (sum() != THREADS * ROUNDS && now_ns() - begin_ns < 20000000000)
    sleep_ms(1);
  CHECK(sum() == THREADS * ROUNDS);
  CHECK(write(stop, &one, 8) == 8);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(servers[i], NULL) == 0);
  for (int i = 0; i < FILES; i++)
    CHECK(close(fds[i]) == 0);
  CHECK(close(stop) == 0);
  CHECK(close(epoll) == 0);
}

/* Files are made, watched and closed while others wait. */
static void *come_and_go(void *argument)
{
  uint64_t one = 1;
  for (int i = 0; i < ROUNDS; i++)
  {
    int fd = eventfd(0, 0);
    add(fd, EPOLLIN | (i % 2 == 0 ? EPOLLET : 0u), 77);
    CHECK(write(fd, &one, 8) == 8);
    if (i % 3 == 0)
      CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) == 0);
    CHECK(close(fd) == 0);
  }
  return argument;
}

static void *look(void *argument)
{
  struct epoll_event events[4];
  while (__atomic_load_n(&is_over, __ATOMIC_SEQ_CST) == 0)
  {
    int count = epoll_wait(epoll, events, 4, 1);
    CHECK(count >= 0);
    for (int i = 0; i < count; i++)
      CHECK(events[i].data.u32 == 77 && events[i].events == EPOLLIN);
  }
  return argument;
}

static void changes(void)
{
  pthread_t lookers[2], makers[THREADS];
  struct epoll_event event;
  epoll = epoll_create1(0);
  for (int i = 0; i < 2; i++)
    CHECK(pthread_create(&lookers[i], NULL, look, NULL) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&makers[i], NULL, come_and_go, NULL) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(makers[i], NULL) == 0);
  __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 2; i++)
    CHECK(pthread_join(lookers[i], NULL) == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
  CHECK(close(epoll) == 0);
}

/* Of many epolls that watch one file exclusively, and one thread each, one at least wakes for each
 * event. */
static int shared;
static int woken;

static void *wait_alone(void *argument)
{
  int own = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  uint64_t value;
  CHECK(epoll_ctl(own, EPOLL_CTL_ADD, shared, &event) == 0);
  while (epoll_wait(own, &event, 1, -1) == 1)
  {
    if (read(shared, &value, 8) != 8)
      continue;
    if (__atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST) >= ROUNDS)
      break;
  }
  /* The others end, too. */
  value = 1;
  CHECK(write(shared, &value, 8) == 8);
  CHECK(close(own) == 0);
  return argument;
}

static void exclusively(void)
{
  pthread_t threads[THREADS];
  uint64_t one = 1;
  shared = eventfd(0, EFD_NONBLOCK | EFD_SEMAPHORE);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, wait_alone, NULL) == 0);
  for (int i = 0; i < ROUNDS; i++)
    CHECK(write(shared, &one, 8) == 8);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(close(shared) == 0);
}

int main(void)
{
  many(0);
  many(EPOLLET);
  many(EPOLLONESHOT);
  changes();
  exclusively();
  return check_finish();
}

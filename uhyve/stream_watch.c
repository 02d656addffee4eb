/* A thread that waits for streams in place of the guest's CPUs. It does nothing else, and takes no
 * signal. */
#include "stream_watch.h"

#include <errno.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hypercalls/start_info.h"
#include "sandbox/sandbox.h"

static const short poll_events[STREAM_EVENTS] = {
    [HC_EVENT_READ] = POLLIN,
    [HC_EVENT_WRITE] = POLLOUT,
    [HC_EVENT_ERROR] = POLLPRI,
};

void stream_watch_prepare(struct stream_watch *watch, const struct streams *streams, int vm_fd)
{
  *watch = (struct stream_watch){.streams = streams, .vm_fd = vm_fd, .change_fd = -1};
  pthread_mutex_init(&watch->lock, NULL);
}

/* A message signalled interrupt to an x2APIC id: Documentation/virt/kvm/api.rst, KVM_SIGNAL_MSI. */
static void interrupt(const struct stream_watch *watch, unsigned int cpu)
{
  struct kvm_msi message = {
      .address_lo = 0xfee00000u | (cpu & 0xff) << 12,
      .address_hi = cpu & ~0xffu,
      .data = UHYVE_VECTOR_STREAM,
  };
  ioctl(watch->vm_fd, KVM_SIGNAL_MSI, &message);
}

/* One entry for what may have changed, one for each watched event, in the order of watched[][];
 * poll() passes over those that are not armed. The lock is held. */
#define POLLS (1 + 3 * STREAM_EVENTS)

static void fill_polls(const struct stream_watch *watch, struct pollfd polls[static POLLS])
{
  polls[0] = (struct pollfd){.fd = watch->change_fd, .events = POLLIN};
  for (int i = 0; i < 3 * STREAM_EVENTS; i++)
  {
    int fd = i / STREAM_EVENTS;
    int event = i % STREAM_EVENTS;
    bool is_armed = watch->watched[fd][event].is_armed;
    polls[1 + i] = (struct pollfd){.fd = is_armed ? watch->streams->fds[fd] : -1,
                                   .events = poll_events[event]};
  }
}

/* The lock is held. */
static void serve_polls(struct stream_watch *watch, const struct pollfd polls[static POLLS])
{
  uint64_t changes;
  if (polls[0].revents != 0 && read(watch->change_fd, &changes, sizeof(changes)) < 0)
    return;
  for (int i = 0; i < 3 * STREAM_EVENTS; i++)
  {
    struct watched *watched = &watch->watched[i / STREAM_EVENTS][i % STREAM_EVENTS];
    if (polls[1 + i].revents == 0 || !watched->is_armed)
      continue;
    watched->is_armed = false;
    interrupt(watch, watched->cpu);
  }
}

static void *watch_streams(void *argument)
{
  struct stream_watch *watch = argument;
  struct pollfd polls[POLLS];
  sandbox_enter_thread(FILTER_THREAD_STREAMS);
  pthread_mutex_lock(&watch->lock);
  while (!watch->stopping)
  {
    fill_polls(watch, polls);
    pthread_mutex_unlock(&watch->lock);
    int ready = poll(polls, POLLS, -1);
    pthread_mutex_lock(&watch->lock);
    if (ready > 0)
      serve_polls(watch, polls);
  }
  pthread_mutex_unlock(&watch->lock);
  return NULL;
}

/* Signals are for the other threads. The lock is held. */
static bool start(struct stream_watch *watch)
{
  watch->change_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (watch->change_fd < 0)
    return false;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  watch->running = pthread_create(&watch->thread, NULL, watch_streams, watch) == 0;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (!watch->running)
    close(watch->change_fd);
  return watch->running;
}

static void tell_change(const struct stream_watch *watch)
{
  const uint64_t one = 1;
  ssize_t written = write(watch->change_fd, &one, sizeof(one));
  (void) written; /* an eventfd takes a 1, or has had so many that it is noticed */
}

int stream_watch_arm(struct stream_watch *watch, int fd, enum hc_event event, unsigned int cpu)
{
  int host = streams_host_fd(watch->streams, fd);
  if (host < 0)
    return -EBADF;
  pthread_mutex_lock(&watch->lock);
  bool is_running = watch->running || start(watch);
  if (is_running)
  {
    watch->watched[fd][event] = (struct watched){.is_armed = true, .cpu = cpu};
    tell_change(watch);
  }
  pthread_mutex_unlock(&watch->lock);
  if (!is_running)
  {
    poll(&(struct pollfd){.fd = host, .events = poll_events[event]}, 1, -1);
    interrupt(watch, cpu);
  }
  return 0;
}

int stream_watch_look(const struct streams *streams, int fd)
{
  struct pollfd polled = {.fd = streams_host_fd(streams, fd),
                          .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM |
                                    POLLRDBAND | POLLWRNORM | POLLWRBAND};
  if (polled.fd < 0)
    return -EBADF;
  int ready = poll(&polled, 1, 0);
  return ready < 0 ? -errno : polled.revents;
}

void stream_watch_stop(struct stream_watch *watch)
{
  if (!watch->running)
    return;
  pthread_mutex_lock(&watch->lock);
  watch->stopping = true;
  tell_change(watch);
  pthread_mutex_unlock(&watch->lock);
  pthread_join(watch->thread, NULL);
  close(watch->change_fd);
  watch->running = false;
}

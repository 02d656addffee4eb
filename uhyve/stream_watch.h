/* Tells a guest by an interrupt that one of its streams can be read or written. */
#ifndef UHYVE_STREAM_WATCH_H
#define UHYVE_STREAM_WATCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "hypercalls/hypercalls.h"
#include "streams.h"

#define STREAM_EVENTS 3

struct stream_watch
{
  const struct streams *streams;
  int vm_fd;
  pthread_mutex_t lock; /* for all that follows */
  bool running;
  bool stopping;
  pthread_t thread;
  int change_fd; /* an eventfd: the thread is to look here again */
  struct watched
  {
    bool is_armed;
    unsigned int cpu; /* which gets the interrupt */
  } watched[3][STREAM_EVENTS];
};

/* streams and the machine behind vm_fd live as long as the watch. */
void stream_watch_prepare(struct stream_watch *watch, const struct streams *streams, int vm_fd);

/* Once the event is there, that CPU gets UHYVE_VECTOR_STREAM. The first call starts a thread for
 * this; if none is to be had, the call itself waits, or until a signal comes. Returns 0, or -EBADF
 * for a stream the guest has not. For any thread. */
int stream_watch_arm(struct stream_watch *watch, int fd, enum hc_event event, unsigned int cpu);

/* What poll() says of a stream now, or a negative errno. */
int stream_watch_look(const struct streams *streams, int fd);

/* Ends the thread, if there is one. Nobody calls stream_watch_arm any more. */
void stream_watch_stop(struct stream_watch *watch);

#endif

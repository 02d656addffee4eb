/* What a file is ready for. Standard streams are the monitor's: it says how they are, and tells by
 * an interrupt when that changes. */
#include <fcntl.h>
#include <poll.h>

#include "hypercalls/hypercalls.h"
#include "posix/poll.h"
#include "posix/stream_io.h"

#define ALWAYS  (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
#define STREAMS 3

static struct wait_source sources[STREAMS];

/* Watched for once, by the first interrupt of any kind: who still waits then looks again. */
static void watch(int fd, unsigned int events)
{
  if ((events & (POLLIN | POLLRDNORM)) != 0)
    stream_watch(fd, HC_EVENT_READ);
  if ((events & (POLLOUT | POLLWRNORM)) != 0)
    stream_watch(fd, HC_EVENT_WRITE);
  if ((events & (POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM)) == 0)
    stream_watch(fd, HC_EVENT_ERROR);
}

unsigned int stream_poll(int fd, struct wait_entry *entry)
{
  if (entry != NULL)
    wait_source_add(&sources[fd], entry);
  long state = stream_watch(fd, HC_EVENT_LOOK);
  if (state < 0)
    return POLLNVAL;
  if (entry != NULL && (state & entry->events) == 0)
    watch(fd, entry->events);
  return (unsigned int) state;
}

void stream_tell_pollers(void)
{
  for (int i = 0; i < STREAMS; i++)
    wait_source_tell(&sources[i], ~0u);
}

unsigned int file_poll(struct file *file, struct wait_entry *entry)
{
  if ((file->flags & O_PATH) != 0)
    return POLLNVAL;
  return file->operations->poll != NULL ? file->operations->poll(file, entry) : ALWAYS;
}

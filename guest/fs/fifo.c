/* Pipes with a name: opening waits for who opens the other end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "fs/pipe_state.h"
#include "mm/kernel_heap.h"
#include "signal/hold.h"

/* Guards which pipe a name has, and the users of such pipes. */
static struct mutex names;

/* The pipe that the name has from here on, with one more user; null: no memory. */
static struct pipe *join(struct fifo *fifo)
{
  mutex_lock(&names);
  if (fifo->pipe == NULL)
  {
    fifo->pipe = pipe_new();
    if (fifo->pipe != NULL)
      fifo->pipe->fifo = fifo;
  }
  struct pipe *pipe = fifo->pipe;
  if (pipe != NULL)
    pipe->users++;
  mutex_unlock(&names);
  return pipe;
}

/* What nobody has read is gone with the last user. */
static void leave(struct pipe *pipe)
{
  mutex_lock(&names);
  bool is_last = --pipe->users == 0;
  if (is_last)
    pipe->fifo->pipe = NULL;
  mutex_unlock(&names);
  if (is_last)
    pipe_free(pipe);
}

void fifo_leave(struct pipe_end *end)
{
  leave(end->pipe);
  end->node.release(end->node.node);
}

/* Counts the file, and waits until there is one of the other end, or has been meanwhile. */
static int enter(struct pipe_end *end)
{
  struct pipe *pipe = end->pipe;
  const struct file *file = &end->file;
  bool reads = file_may_read(file);
  bool writes = file_may_write(file);
  bool waits = (file->flags & O_NONBLOCK) == 0;
  int error = 0;
  mutex_lock(&pipe->mutex);
  if (!waits && !reads && pipe->readers == 0)
  {
    mutex_unlock(&pipe->mutex);
    return -ENXIO;
  }
  pipe->readers += reads;
  pipe->reader_openings += reads;
  pipe->writers += writes;
  pipe->writer_openings += writes;
  pipe_change(&pipe->partner);
  const uint32_t *others = reads ? &pipe->writers : &pipe->readers;
  const uint32_t *openings = reads ? &pipe->writer_openings : &pipe->reader_openings;
  uint32_t seen = *openings;
  if (*others == 0 && reads && !waits)
  {
    end->is_waited_for = true;
    end->openings_seen = seen;
  }
  if (*others == 0 && waits)
  {
    while (*openings == seen && error == 0)
      error = pipe_sleep(pipe, &pipe->partner);
  }
  mutex_unlock(&pipe->mutex);
  if (error != 0)
    pipe_leave(pipe, file);
  return error;
}

int fifo_open(struct fifo *fifo, uint32_t flags, const struct fifo_node *node, struct file **file)
{
  struct pipe *pipe = join(fifo);
  if (pipe == NULL)
    return -ENOMEM;
  struct pipe_end *end = pipe_end_new(pipe, flags);
  int error = end != NULL ? enter(end) : -ENOMEM;
  if (error != 0)
  {
    kernel_free(end, sizeof(*end));
    leave(pipe);
    return error;
  }
  end->node = *node;
  *file = &end->file;
  return 0;
}

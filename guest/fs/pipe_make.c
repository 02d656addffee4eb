/* Pipes are made, and freed. */
#include <errno.h>
#include <fcntl.h>

#include "fs/pipe_state.h"
#include "mm/kernel_heap.h"

struct pipe *pipe_new(void)
{
  static uint64_t last_number;
  struct pipe *pipe = kernel_allocate_zeroed(sizeof(*pipe));
  char *ring = kernel_allocate(PIPE_SIZE_BYTES);
  if (pipe == NULL || ring == NULL)
  {
    kernel_free(ring, PIPE_SIZE_BYTES);
    kernel_free(pipe, sizeof(*pipe));
    return NULL;
  }
  pipe->ring = ring;
  pipe->size_bytes = PIPE_SIZE_BYTES;
  pipe->least_room = UINT32_MAX;
  pipe->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
  return pipe;
}

void pipe_free(struct pipe *pipe)
{
  kernel_free(pipe->ring, pipe->size_bytes);
  kernel_free(pipe, sizeof(*pipe));
}

int pipe_create(uint32_t flags, struct file *ends[static 2])
{
  struct pipe *pipe = pipe_new();
  if (pipe == NULL)
    return -ENOMEM;
  struct pipe_end *reader = pipe_end_new(pipe, O_RDONLY | flags);
  struct pipe_end *writer = pipe_end_new(pipe, O_WRONLY | flags);
  if (reader == NULL || writer == NULL)
  {
    kernel_free(reader, sizeof(*reader));
    kernel_free(writer, sizeof(*writer));
    pipe_free(pipe);
    return -ENOMEM;
  }
  pipe->readers = pipe->writers = 1;
  pipe->users = 2;
  ends[0] = &reader->file;
  ends[1] = &writer->file;
  return 0;
}

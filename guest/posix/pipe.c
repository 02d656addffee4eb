/* Pipes without a name. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "fs/descriptors.h"
#include "fs/pipe.h"
#include "fs/program_memory.h"
#include "posix/sys.h"
#include "signal/hold.h"

static int pipe_held(int fds[2], int flags)
{
  struct file *ends[2];
  bool close_on_exec = (flags & O_CLOEXEC) != 0;
  int reader = descriptor_reserve(0);
  if (reader < 0)
    return reader;
  int writer = descriptor_reserve(0);
  int error = writer < 0 ? writer : pipe_create((uint32_t) flags & O_NONBLOCK, ends);
  if (error != 0)
  {
    descriptor_unreserve(reader);
    if (writer >= 0)
      descriptor_unreserve(writer);
    return error;
  }
  descriptor_install(reader, ends[0], close_on_exec);
  descriptor_install(writer, ends[1], close_on_exec);
  fds[0] = reader;
  fds[1] = writer;
  return 0;
}

int sys_pipe(int fds[2], int flags)
{
  struct signal_hold hold;
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
    return -EINVAL;
  if (!program_may(fds, 2 * sizeof(*fds), ADDRESS_WRITE))
    return -EFAULT;
  signal_hold_begin(&hold);
  int result = pipe_held(fds, flags);
  signal_hold_leave(&hold);
  return result;
}

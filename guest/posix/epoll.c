/* epoll: what the calls check. */
#include "fs/epoll.h"

#include <errno.h>

#include "fs/event_file.h"
#include "fs/program_memory.h"
#include "posix/held.h"
#include "posix/sys.h"

static int create_held(bool close_on_exec)
{
  struct file *file;
  int error = epoll_create_file(&file);
  return error != 0 ? error : event_file_install(file, close_on_exec);
}

int sys_epoll_create1(int flags)
{
  int result = 0;
  if ((flags & ~EPOLL_CLOEXEC) != 0)
    return -EINVAL;
  HELD(result, create_held((flags & EPOLL_CLOEXEC) != 0));
  return result;
}

static int control_file(struct file *epoll, int operation, int fd, const struct epoll_event *event)
{
  struct file *file = descriptor_get(fd);
  int result;
  if (file == NULL)
    return -EBADF;
  if (!epoll_may_watch(file))
    result = -EPERM;
  else if (epoll_of(epoll) == NULL)
    result = -EINVAL;
  else
    result = epoll_control(epoll_of(epoll), operation, file, fd, event);
  file_put(file);
  return result;
}

int sys_epoll_ctl(int epoll, int operation, int fd, const struct epoll_event *event)
{
  int result = 0;
  struct epoll_event copy = {0};
  if (operation != EPOLL_CTL_DEL)
  {
    if (!program_may(event, sizeof(*event), ADDRESS_READ))
      return -EFAULT;
    copy = *event;
  }
  HELD_FILE(result, epoll, control_file(file, operation, fd, &copy));
  return result;
}

static int wait_held(int fd, struct epoll_event *events, int most, uint64_t deadline_ns,
                     const struct signal_mark *mark)
{
  struct file *file = descriptor_get(fd);
  if (file == NULL)
    return -EBADF;
  struct epoll *epoll = epoll_of(file);
  int result = epoll != NULL ? epoll_wait_ready(epoll, events, most, deadline_ns, mark) : -EINVAL;
  file_put(file);
  return result;
}

int sys_epoll_wait(int epoll, struct epoll_event *events, int most, uint64_t deadline_ns,
                   const struct signal_mark *mark)
{
  struct signal_hold hold;
  int result;
  if (most <= 0 || (size_t) most > INT32_MAX / sizeof(*events))
    return -EINVAL;
  do
  {
    signal_hold_begin(&hold);
    result = wait_held(epoll, events, most, deadline_ns, mark);
    signal_hold_leave(&hold);
  } while (result == -EINTR && signal_sleep_again(mark));
  return result;
}

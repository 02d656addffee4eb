/* Groups and sessions: the one process is alone in its own, and leads them. */
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

static int check_own(pid_t pid)
{
  return pid == 0 || pid == sys_getpid() ? 0 : -ESRCH;
}

static pid_t group_of(pid_t pid)
{
  int error = check_own(pid);
  return (pid_t) libc_result(error != 0 ? error : sys_getpid());
}

pid_t getpgrp(void)
{
  return sys_getpid();
}

pid_t getpgid(pid_t pid)
{
  return group_of(pid);
}

pid_t getsid(pid_t pid)
{
  return group_of(pid);
}

/* Who leads a group begins no session. */
pid_t setsid(void)
{
  return (pid_t) libc_result(-EPERM);
}

/* Who leads a session stays in its group. */
int setpgid(pid_t pid, pid_t group)
{
  int error = check_own(pid);
  if (group < 0)
    error = -EINVAL;
  return (int) libc_result(error != 0 ? error : -EPERM);
}

pid_t tcgetpgrp(int fd)
{
  pid_t group = 0;
  int error = sys_ioctl(fd, TIOCGPGRP, &group);
  return (pid_t) libc_result(error != 0 ? error : group);
}

int tcsetpgrp(int fd, pid_t group)
{
  return (int) libc_result(sys_ioctl(fd, TIOCSPGRP, &group));
}

pid_t tcgetsid(int fd)
{
  pid_t session = 0;
  int error = sys_ioctl(fd, TIOCGSID, &session);
  return (pid_t) libc_result(error != 0 ? error : session);
}

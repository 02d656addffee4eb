/* Who the program is: user, groups, process group, session. As in a user namespace that has root
 * alone, there is no other user to become; the program is one process, which leads its group and
 * session. */
#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "start_info.h"

#define NO_ID    (~0U) /* leaves an identity as it is */

#define NICE_MIN (-20)
#define NICE_MAX 19

/* Those of the monitor: whoever has started the guest. */
uid_t getuid(void)
{
  return start_info->user;
}

uid_t geteuid(void)
{
  return start_info->user;
}

gid_t getgid(void)
{
  return start_info->group;
}

gid_t getegid(void)
{
  return start_info->group;
}

static int become(unsigned int own, unsigned int id, unsigned int effective)
{
  bool stays = (id == own || id == NO_ID) && (effective == own || effective == NO_ID);
  return (int) libc_result(stays ? 0 : start_info->user == 0 ? -EINVAL : -EPERM);
}

/* NO_ID is none here. */
static int become_one(unsigned int own, unsigned int id)
{
  return id == NO_ID ? (int) libc_result(-EINVAL) : become(own, id, id);
}

int setuid(uid_t user)
{
  return become_one(start_info->user, user);
}

int seteuid(uid_t user)
{
  return setuid(user);
}

int setreuid(uid_t user, uid_t effective)
{
  return become(start_info->user, user, effective);
}

int setgid(gid_t group)
{
  return become_one(start_info->group, group);
}

int setegid(gid_t group)
{
  return become_one(start_info->group, group);
}

int setregid(gid_t group, gid_t effective)
{
  return become(start_info->group, group, effective);
}

/* None but that of getgid(). */
int getgroups(int count, gid_t groups[])
{
  (void) groups;
  return (int) libc_result(count < 0 ? -EINVAL : 0);
}

int setgroups(int count, const gid_t *groups)
{
  if (count < 0)
    return (int) libc_result(-EINVAL);
  for (int i = 0; i < count; i++)
    if (groups[i] != start_info->group)
      return (int) libc_result(-EINVAL);
  return 0;
}

int initgroups(const char *name, gid_t group)
{
  (void) name;
  return setgroups(1, &group);
}

int issetugid(void)
{
  return 0;
}

char *secure_getenv(const char *name)
{
  return getenv(name);
}

/* No login has made the program's terminal. */
char *getlogin(void)
{
  libc_result(-ENXIO);
  return NULL;
}

int getlogin_r(char *name, size_t len_bytes)
{
  (void) name;
  (void) len_bytes;
  return ENXIO;
}

/* ---- Process group and session ---- */

static pid_t of_process(pid_t process)
{
  return (pid_t) libc_result(process == 0 || process == getpid() ? getpid() : -ESRCH);
}

pid_t getppid(void)
{
  return 0;
}

pid_t getpgrp(void)
{
  return getpid();
}

pid_t getpgid(pid_t process)
{
  return of_process(process);
}

pid_t getsid(pid_t process)
{
  return of_process(process);
}

/* It leads a session, so it has to stay where it is. */
int setpgid(pid_t process, pid_t group)
{
  if (group < 0)
    return (int) libc_result(-EINVAL);
  return (int) libc_result(process == 0 || process == getpid() ? -EPERM : -ESRCH);
}

int setpgrp(void)
{
  return setpgid(0, 0);
}

pid_t setsid(void)
{
  return (pid_t) libc_result(-EPERM);
}

int waitid(idtype_t kind, id_t process, siginfo_t *info, int options)
{
  (void) kind;
  (void) process;
  (void) info;
  (void) options;
  thread_test_cancel();
  return (int) libc_result(-ECHILD);
}

/* ---- The nice value: kept, and without effect, for there is no other process ---- */

static int nice_value;

static int check_who(int kind, id_t who)
{
  switch (kind)
  {
  case PRIO_PROCESS:
  case PRIO_PGRP:
    return who == 0 || who == (id_t) getpid() ? 0 : -ESRCH;
  case PRIO_USER:
    return who == 0 || who == start_info->user ? 0 : -ESRCH;
  default:
    return -EINVAL;
  }
}

int getpriority(int kind, id_t who)
{
  int error = check_who(kind, who);
  return error != 0 ? (int) libc_result(error) : nice_value;
}

int setpriority(int kind, id_t who, int value)
{
  int error = check_who(kind, who);
  if (error != 0)
    return (int) libc_result(error);
  nice_value = value < NICE_MIN ? NICE_MIN : value > NICE_MAX ? NICE_MAX : value;
  return 0;
}

int nice(int difference)
{
  int bounded = difference < -40 ? -40 : difference > 40 ? 40 : difference;
  setpriority(PRIO_PROCESS, 0, nice_value + bounded);
  return nice_value;
}

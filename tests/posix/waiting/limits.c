/* Limits and names: getrlimit() and its like, uname() and its like. */
#include "waiting_check.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void what_is_there(void)
{
  struct rlimit limit, other;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(limit.rlim_cur >= 64 && limit.rlim_cur <= limit.rlim_max);
  CHECK(sysconf(_SC_OPEN_MAX) == (long) limit.rlim_cur);
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
  CHECK(limit.rlim_cur >= 1 << 20 && limit.rlim_cur <= limit.rlim_max);
  CHECK(prlimit(0, RLIMIT_STACK, NULL, &other) == 0);
  CHECK(other.rlim_cur == limit.rlim_cur && other.rlim_max == limit.rlim_max);
  CHECK(prlimit(getpid(), RLIMIT_AS, NULL, &other) == 0);
  for (int i = 0; i < RLIM_NLIMITS; i++)
    CHECK(getrlimit(i, &limit) == 0 && limit.rlim_cur <= limit.rlim_max);
  /* To what it is. */
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0 && setrlimit(RLIMIT_AS, &limit) == 0);
}

static void errors(void)
{
  struct rlimit limit;
  FAILS(getrlimit(RLIM_NLIMITS, &limit), EINVAL);
  FAILS(getrlimit(-1, &limit), EINVAL);
  FAILS(getrlimit(RLIMIT_NOFILE, nowhere()), EFAULT);
  FAILS(setrlimit(RLIMIT_NOFILE, nowhere()), EFAULT);
  FAILS(prlimit(0x7ffffffe, RLIMIT_NOFILE, NULL, &limit), ESRCH);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max + 1;
  FAILS(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
#ifdef __uhyve__
  limit.rlim_max++;
  FAILS(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
  limit = (struct rlimit){.rlim_cur = 1, .rlim_max = RLIM_INFINITY};
  FAILS(setrlimit(RLIMIT_CPU, &limit), ENOSYS);
#endif
}

static void descriptors_are_counted(void)
{
  struct rlimit limit, lower;
  struct pollfd polled[40];
  int ends[2];
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  int high = fcntl(0, F_DUPFD, 30);
  lower = (struct rlimit){.rlim_cur = 10, .rlim_max = limit.rlim_max};
  struct rlimit former = {0};
  CHECK(prlimit(0, RLIMIT_NOFILE, &lower, &former) == 0);
  CHECK(former.rlim_cur == limit.rlim_cur && former.rlim_max == limit.rlim_max);
  CHECK(sysconf(_SC_OPEN_MAX) == 10);
  for (int fd = 3; fd < 10; fd++)
    CHECK(dup(0) == fd);
  FAILS(dup(0), EMFILE);
  FAILS(pipe(ends), EMFILE);
  FAILS(dup2(0, 10), EBADF);
  FAILS(fcntl(0, F_DUPFD, 10), EINVAL);
  FAILS(poll(polled, 11, 0), EINVAL);
  /* One is not enough for a pipe, and stays free. */
  CHECK(close(5) == 0);
  FAILS(pipe(ends), EMFILE);
  CHECK(dup(0) == 5);
  /* What is open beyond stays so. */
  CHECK(fcntl(high, F_GETFD) == 0 && close(high) == 0);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  for (int fd = 3; fd < 10; fd++)
    CHECK(close(fd) == 0);
  CHECK(pipe(ends) == 0);
  close_pipe(ends);
}

static void names(void)
{
  struct utsname system;
  char name[200];
  CHECK(uname(&system) == 0);
  CHECK(system.sysname[0] != '\0' && system.release[0] != '\0' && system.version[0] != '\0');
  CHECK(strcmp(system.machine, "x86_64") == 0);
  CHECK(gethostname(name, sizeof(name)) == 0 && strcmp(name, system.nodename) == 0);
  FAILS(gethostname(name, 1), ENAMETOOLONG);
  CHECK(name[0] == system.nodename[0]);
  CHECK(getdomainname(name, sizeof(name)) == 0 && strcmp(name, system.domainname) == 0);
  FAILS(uname(nowhere()), EFAULT);
#ifdef __uhyve__
  CHECK(strcmp(system.sysname, "uhyve") == 0);
  FAILS(sethostname("other", 5), EPERM);
#endif
}

int main(void)
{
  what_is_there();
  errors();
  descriptors_are_counted();
  names();
  return check_finish();
}

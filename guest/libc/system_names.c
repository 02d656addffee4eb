/* Names of the system: POSIX names over the system calls. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

int uname(struct utsname *names)
{
  return (int) libc_result(sys_uname(names));
}

/* As glibc: of a name that does not fit, the first bytes are there. */
int gethostname(char *name, size_t len_bytes)
{
  struct utsname names;
  sys_uname(&names);
  size_t needed = strlen(names.nodename) + 1;
  memcpy(name, names.nodename, needed < len_bytes ? needed : len_bytes);
  return (int) libc_result(needed <= len_bytes ? 0 : -ENAMETOOLONG);
}

int getdomainname(char *name, size_t len_bytes)
{
  struct utsname names;
  sys_uname(&names);
  size_t needed = strlen(names.domainname) + 1;
  memcpy(name, names.domainname, needed < len_bytes ? needed : len_bytes);
  return (int) libc_result(needed <= len_bytes ? 0 : -EINVAL);
}

int sethostname(const char *name, size_t len_bytes)
{
  return (int) libc_result(sys_sethostname(name, len_bytes));
}

/* What the system, the machine and the host are called. */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "fs/program_memory.h"
#include "posix/sys.h"
#include "start_info.h"

static const char *host_name(void)
{
  const char *name =
      (const char *) start_info->host_name_gva; /* NOLINT(performance-no-int-to-ptr) */
  return name != NULL ? name : "(none)";
}

int sys_uname(struct utsname *names)
{
  if (!program_may(names, sizeof(*names), ADDRESS_WRITE))
    return -EFAULT;
  memset(names, 0, sizeof(*names));
  strcpy(names->sysname, "uhyve");
  strncpy(names->nodename, host_name(), sizeof(names->nodename) - 1);
  strcpy(names->release, UHYVE_VERSION);
  strcpy(names->version, "unikernel");
  strcpy(names->machine, "x86_64");
  strcpy(names->domainname, "(none)");
  return 0;
}

/* The name is the monitor's to give, and as in a container only the host's administrator could
 * change it. */
int sys_sethostname(const char *name, size_t len_bytes)
{
  (void) name;
  (void) len_bytes;
  return -EPERM;
}

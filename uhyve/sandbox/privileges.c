/* Gives up privileges: prctl(2), capset(2), capabilities(7). */
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (1u << (capability))

#define TO_READ         (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH))
/* Without CAP_FSETID a file loses its set-user and set-group bits when it is written. */
#define TO_CHANGE (BIT(CAP_CHOWN) | BIT(CAP_FOWNER))

int privileges_forbid_new(void)
{
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int privileges_drop(bool reads_files, bool changes_files)
{
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, data) != 0)
    return -errno;
  uint32_t kept = (reads_files ? TO_READ : 0) | (changes_files ? TO_CHANGE : 0);
  data[0].effective &= kept;
  data[0].permitted &= kept;
  data[0].inheritable = 0;
  data[1] = (struct __user_cap_data_struct){0};
  return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

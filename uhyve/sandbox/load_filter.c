/* Puts seccomp filters in force: seccomp(2). */
#include "load_filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

int load_filter(const struct filter *filter)
{
  struct sock_filter instructions[FILTER_MAX_INSTRUCTIONS];
  unsigned int own = (unsigned int) getpid();
  for (size_t i = 0; i < filter->count; i++)
  {
    instructions[i] = filter->instructions[i];
    if (instructions[i].k == FILTER_OWN_PID)
      instructions[i].k = own;
  }
  struct sock_fprog program = {.len = (unsigned short) filter->count, .filter = instructions};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : -errno;
}

/* Prints limits and the name of the host; how many descriptors there can be. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(void)
{
  struct rlimit files, stack;
  struct utsname names;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || getrlimit(RLIMIT_STACK, &stack) != 0 ||
      uname(&names) != 0)
    return 1;
  printf("nofile %lu %lu\n", files.rlim_cur, files.rlim_max);
  printf("stack %lu %lu\n", stack.rlim_cur, stack.rlim_max);
  printf("host %s\n", names.nodename);
  int last = 2;
  while (last < 5000)
  {
    int fd = dup(0);
    if (fd < 0)
      break;
    last = fd;
  }
  printf("opened %d\n", last + 1);
  return 0;
}

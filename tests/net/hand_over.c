/* Does what a service manager does: opens queues of a TAP and starts a program that has them.
 *
 * usage: hand_over NAME COUNT COMMAND [ARG...]: their descriptors are 10, 11 and so on. */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_FD 10

static void fail(const char *what)
{
  perror(what);
  exit(EXIT_FAILURE);
}

static void open_queue(const char *name, short flags, int number)
{
  struct ifreq request = {.ifr_flags = flags};
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    fail("/dev/net/tun");
  strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
  if (ioctl(fd, TUNSETIFF, &request) != 0 || dup2(fd, number) != number)
    fail(name);
  close(fd);
}

int main(int argc, char **argv)
{
  if (argc < 4)
    return 2;
  int count = (int) strtol(argv[2], NULL, 10);
  short kind = count > 1 ? IFF_MULTI_QUEUE : 0;
  for (int i = 0; i < count; i++)
    open_queue(argv[1], (short) (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | kind), FIRST_FD + i);
  execvp(argv[3], &argv[3]);
  fail(argv[3]);
}

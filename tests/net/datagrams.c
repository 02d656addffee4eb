/* Uses so much memory before its first socket, then sends datagrams, one in each of so many
 * milliseconds; and stays. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what)
{
  perror(what);
  return 1;
}

static int use_memory(unsigned long mib)
{
  for (; mib > 0; mib--)
  {
    char *piece = malloc(1 << 20);
    if (piece == NULL)
      return fail("malloc");
    memset(piece, 1, 1 << 20);
  }
  return 0;
}

int main(int argc, char **argv)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
  if (argc != 4 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
    return fail("usage: datagrams ADDRESS COUNT MIB");
  if (use_memory(strtoul(argv[3], NULL, 10)) != 0)
    return 1;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  char content[100] = {0};
  for (unsigned long left = strtoul(argv[2], NULL, 10); left > 0; left--)
  {
    if (sendto(fd, content, sizeof(content), 0, (struct sockaddr *) &address, sizeof(address)) < 0)
      return fail("sendto");
    usleep(1000);
  }
  printf("all are sent\n");
  fflush(stdout);
  pause();
}

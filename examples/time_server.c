/* A time server over UDP: answers each datagram with one that says date and time (RFC 867), as in
 * 2026-11-22T10:31:20.123456789Z. IPv6 and IPv4.
 *
 * uhyve-cc -O2 time_server.c -o time_server && uhyve --net user -p 1313:1313/udp time_server [PORT]
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static size_t write_time(char *text, size_t bytes)
{
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  size_t used = strftime(text, bytes, "%Y-%m-%dT%H:%M:%S", &parts);
  return used + (size_t) snprintf(text + used, bytes - used, ".%09ldZ\n", now.tv_nsec);
}

int main(int argc, char **argv)
{
  static const int off = 0;
  long port = argc > 1 ? strtol(argv[1], NULL, 10) : 1313;
  if (argc > 2 || port <= 0 || port > UINT16_MAX)
  {
    fputs("usage: time_server [PORT]\n", stderr);
    return 2;
  }
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons((in_port_t) port), .sin6_addr = IN6ADDR_ANY_INIT};
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
      bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
  {
    perror("time_server: port");
    return EXIT_FAILURE;
  }
  printf("time_server: at port %ld\n", port);
  fflush(stdout);
  for (;;)
  {
    char text[64];
    char asked;
    struct sockaddr_in6 peer;
    socklen_t peer_bytes = sizeof(peer);
    /* What was asked does not matter; what is lost is asked again. */
    if (recvfrom(fd, &asked, sizeof(asked), 0, (struct sockaddr *) &peer, &peer_bytes) >= 0)
      sendto(fd, text, write_time(text, sizeof(text)), 0, (struct sockaddr *) &peer, peer_bytes);
  }
}

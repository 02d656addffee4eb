/* Ends of programs and of connections; a guest's program, and a Linux one.
 *
 * usage: ends send ADDRESS PORT BYTES [exit | fault]
 *                                       sends so many and returns from main() at once; another
 *                                       thread then ends the program, too, or faults
 *        ends datagram ADDRESS PORT      sends one datagram and ends
 *        ends wait ADDRESS PORT          connects, says so, and waits for a signal
 *        ends unread ADDRESS PORT        connects, leaves what comes unread, and ends
 *        ends closer PORT                accepts one connection, closes that first and then the
 * port ends stall PORT                accepts connections and reads nothing ends stderr ADDRESS
 * PORT       connects, and has that connection as standard error ends own ADDRESS streams to itself
 * by an address of its interface
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OWN_PORT  7100
#define OWN_BYTES 1000000

static _Noreturn void fail(const char *what)
{
  perror(what);
  exit(1);
}

static int open_socket(int type)
{
  int fd = socket(AF_INET, type, 0);
  if (fd < 0)
    fail("socket");
  return fd;
}

static struct sockaddr_in name_of(const char *address, const char *port)
{
  struct sockaddr_in name = {.sin_family = AF_INET,
                             .sin_port = htons((in_port_t) strtol(port, NULL, 10))};
  if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
    fail("address");
  return name;
}

static int connect_to(const char *address, const char *port)
{
  struct sockaddr_in name = name_of(address, port);
  int fd = open_socket(SOCK_STREAM);
  if (connect(fd, (struct sockaddr *) &name, sizeof(name)) != 0)
    fail("connect");
  return fd;
}

static int listen_at(const char *address, const char *port)
{
  static const int on = 1;
  struct sockaddr_in name = name_of(address, port);
  int fd = open_socket(SOCK_STREAM);
  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(fd, (struct sockaddr *) &name, sizeof(name)) != 0 || listen(fd, 1) != 0)
    fail("listen");
  return fd;
}

static void send_all(int fd, size_t count)
{
  static char bytes[65536];
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) ('a' + i % 16);
  while (count > 0)
  {
    ssize_t sent = send(fd, bytes, count < sizeof(bytes) ? count : sizeof(bytes), 0);
    if (sent < 0)
      fail("send");
    count -= (size_t) sent;
  }
}

static void say(const char *text)
{
  puts(text);
  fflush(stdout);
}

static volatile int *volatile nothing;

static sem_t is_at_exit;

static void note_exit(void)
{
  sem_post(&is_at_exit);
}

/* While the program waits for its peer. On Linux there is no such thread any more. */
static void *end_later(void *how)
{
  sem_wait(&is_at_exit);
  usleep(300000);
  if (strcmp(how, "exit") == 0)
    _exit(3);
  *nothing = 1;
  return NULL;
}

static void send_and_end(char **arguments)
{
  pthread_t thread;
  send_all(connect_to(arguments[0], arguments[1]), (size_t) strtoul(arguments[2], NULL, 10));
  if (arguments[3] != NULL && (sem_init(&is_at_exit, 0, 0) != 0 || atexit(note_exit) != 0 ||
                               pthread_create(&thread, NULL, end_later, arguments[3]) != 0))
    fail("thread");
}

static void send_datagram(const char *address, const char *port)
{
  struct sockaddr_in name = name_of(address, port);
  if (sendto(open_socket(SOCK_DGRAM), "the last word", 13, 0, (struct sockaddr *) &name,
             sizeof(name)) != 13)
    fail("sendto");
}

static void leave_unread(int fd)
{
  struct pollfd entry = {.fd = fd, .events = POLLIN};
  if (poll(&entry, 1, 10000) != 1)
    fail("poll");
}

static void close_first(const char *port)
{
  char byte;
  int listener = listen_at("0.0.0.0", port);
  say("ends: listens");
  int fd = accept(listener, NULL, NULL);
  if (fd < 0 || shutdown(fd, SHUT_WR) != 0 || read(fd, &byte, 1) != 0)
    fail("accept");
  close(fd);
  close(listener);
  say("ends: closed");
  pause();
}

static _Noreturn void stall(const char *port)
{
  int listener = listen_at("0.0.0.0", port);
  say("ends: listens");
  for (;;)
    accept(listener, NULL, NULL);
}

static void *take_all(void *listener)
{
  static char bytes[65536];
  size_t count = 0;
  ssize_t got;
  int fd = accept(*(int *) listener, NULL, NULL);
  while ((got = read(fd, bytes, sizeof(bytes))) > 0)
    count += (size_t) got;
  if (count != OWN_BYTES)
    fail("own bytes");
  close(fd);
  return NULL;
}

/* With frames of others in between, which the stack treats differently. */
static void use_own_address(const char *address)
{
  char port[8];
  snprintf(port, sizeof(port), "%d", OWN_PORT);
  int listener = listen_at(address, port);
  for (int i = 0; i < 4; i++)
  {
    pthread_t thread;
    if (pthread_create(&thread, NULL, take_all, &listener) != 0)
      fail("thread");
    int fd = connect_to(address, port);
    send_all(fd, OWN_BYTES);
    close(fd);
    pthread_join(thread, NULL);
  }
  say("ends: all came");
}

int main(int argc, char **argv)
{
  if ((argc == 5 || argc == 6) && strcmp(argv[1], "send") == 0)
    send_and_end(argv + 2);
  else if (argc == 4 && strcmp(argv[1], "datagram") == 0)
    send_datagram(argv[2], argv[3]);
  else if (argc == 4 && strcmp(argv[1], "wait") == 0)
  {
    connect_to(argv[2], argv[3]);
    say("ends: connected");
    pause();
  }
  else if (argc == 4 && strcmp(argv[1], "stderr") == 0)
  {
    dup2(connect_to(argv[2], argv[3]), STDERR_FILENO);
    say("ends: connected");
    pause();
  }
  else if (argc == 3 && strcmp(argv[1], "stall") == 0)
    stall(argv[2]);
  else if (argc == 4 && strcmp(argv[1], "unread") == 0)
    leave_unread(connect_to(argv[2], argv[3]));
  else if (argc == 3 && strcmp(argv[1], "closer") == 0)
    close_first(argv[2]);
  else if (argc == 3 && strcmp(argv[1], "own") == 0)
    use_own_address(argv[2]);
  else
    return 2;
  return 0;
}

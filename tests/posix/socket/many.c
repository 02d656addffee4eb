/* Many connections, one after the other and at once; files sent to them. */
#include "socket_check.h"

#include <sys/sendfile.h>

#define ROUNDS  3000
#define AT_ONCE 200

static void test_rounds(void)
{
  int listener = bound(AF_INET, SOCK_STREAM);
  uint16_t port = port_of(listener);
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  int good = 0;
  for (int i = 0; i < ROUNDS; i++)
  {
    char byte;
    int client = connected_to(AF_INET, SOCK_STREAM, port);
    int server = accept(listener, NULL, NULL);
    good += send(client, "x", 1, 0) == 1 && recv(server, &byte, 1, 0) == 1 && byte == 'x';
    /* So that no port is kept. */
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(client);
    close(server);
  }
  GIVES(good, ROUNDS);
  close(listener);
}

static void test_at_once(void)
{
  static int clients[AT_ONCE], servers[AT_ONCE];
  int listener = bound(AF_INET6, SOCK_STREAM);
  int good = 0;
  GIVES(listen(listener, AT_ONCE), 0);
  for (int i = 0; i < AT_ONCE; i++)
    clients[i] = connected_to(AF_INET6, SOCK_STREAM, port_of(listener));
  for (int i = 0; i < AT_ONCE; i++)
    servers[i] = accept(listener, NULL, NULL);
  for (int i = 0; i < AT_ONCE; i++)
    good += send(clients[i], &i, sizeof(i), 0) == sizeof(i);
  for (int i = 0; i < AT_ONCE; i++)
  {
    int number = -1;
    good += recv(servers[i], &number, sizeof(number), MSG_WAITALL) == sizeof(number) && number == i;
    close(servers[i]);
    close(clients[i]);
  }
  GIVES(good, 2 * AT_ONCE);
  close(listener);
}

static void test_sendfile(void)
{
  char name[] = "/tmp/sendfile.XXXXXX";
  char buffer[20];
  int ends[2];
  int file = mkstemp(name);
  off_t offset = 4;
  CHECK(file >= 0 && write(file, "0123456789", 10) == 10);
  make_connection(AF_INET, ends);
  GIVES(sendfile(ends[0], file, &offset, 3), 3);
  CHECK(offset == 7 && lseek(file, 0, SEEK_CUR) == 10);
  GIVES(lseek(file, 8, SEEK_SET), 8);
  GIVES(sendfile(ends[0], file, NULL, 100), 2);
  GIVES(sendfile(ends[0], file, NULL, 100), 0);
  GIVES(recv(ends[1], buffer, 5, MSG_WAITALL), 5);
  CHECK(memcmp(buffer, "45689", 5) == 0);
  FAILS(sendfile(ends[0], -1, NULL, 1), EBADF);
  FAILS(sendfile(-1, file, NULL, 1), EBADF);
  offset = -1;
  FAILS(sendfile(ends[0], file, &offset, 1), EINVAL);
  close(ends[0]);
  close(ends[1]);
  close(file);
  unlink(name);
}

int main(void)
{
  test_rounds();
  test_at_once();
  test_sendfile();
  return check_finish();
}

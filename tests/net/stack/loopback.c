/* TCP over the loopback interface, between two threads: what goes out comes back, by IPv4 and IPv6,
 * and afterwards nothing ticks. */
#include "names.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lwip/opt.h"

#include "lwip/api.h"

#include "net/stack/stack.h"
#include "net/stack/stack_timers.h"
#include "tests/guest/check.h"

#define PORT        7007
#define PIECE_BYTES 60000
#define LARGE_BYTES (64u << 20)

static struct netconn *new_tcp(void)
{
  return netconn_new_with_proto_and_callback(NETCONN_TCP_IPV6, 0, NULL);
}

/* Sends back what comes, until there is no more. */
static void *echo(void *argument)
{
  struct netconn *listener = argument;
  struct netconn *connection;
  struct pbuf *data;
  CHECK(netconn_accept(listener, &connection) == ERR_OK);
  while (netconn_recv_tcp_pbuf_flags(connection, &data, 0) == ERR_OK)
  {
    for (struct pbuf *piece = data; piece != NULL; piece = piece->next)
      CHECK(netconn_write_partly(connection, piece->payload, piece->len, NETCONN_COPY, NULL) ==
            ERR_OK);
    pbuf_free(data);
  }
  netconn_delete(connection);
  return NULL;
}

static unsigned char expected(size_t at)
{
  return (unsigned char) (at * 7 + at / 251);
}

struct sender
{
  struct netconn *connection;
  size_t len_bytes;
};

static void *send_all(void *argument)
{
  const struct sender *sender = argument;
  static unsigned char buffer[PIECE_BYTES];
  for (size_t sent = 0; sent < sender->len_bytes;)
  {
    size_t piece = sender->len_bytes - sent < PIECE_BYTES ? sender->len_bytes - sent : PIECE_BYTES;
    for (size_t i = 0; i < piece; i++)
      buffer[i] = expected(sent + i);
    CHECK(netconn_write_partly(sender->connection, buffer, piece, NETCONN_COPY, NULL) == ERR_OK);
    sent += piece;
  }
  return NULL;
}

static void receive_all(struct netconn *connection, size_t len_bytes)
{
  size_t received = 0, wrong = 0;
  while (received < len_bytes)
  {
    struct pbuf *data;
    if (netconn_recv_tcp_pbuf_flags(connection, &data, 0) != ERR_OK)
      break;
    for (struct pbuf *piece = data; piece != NULL; piece = piece->next)
      for (size_t i = 0; i < piece->len; i++)
        wrong += ((unsigned char *) piece->payload)[i] != expected(received++);
    pbuf_free(data);
  }
  CHECK(received == len_bytes);
  CHECK(wrong == 0);
}

static void check_echo(const ip_addr_t *address, u16_t port, size_t len_bytes)
{
  pthread_t echoer, writer;
  struct netconn *listener = new_tcp();
  CHECK(netconn_bind(listener, IP6_ADDR_ANY, port) == ERR_OK);
  CHECK(netconn_listen_with_backlog(listener, 8) == ERR_OK);
  pthread_create(&echoer, NULL, echo, listener);

  struct sender sender = {new_tcp(), len_bytes};
  CHECK(netconn_connect(sender.connection, address, port) == ERR_OK);
  pthread_create(&writer, NULL, send_all, &sender);
  receive_all(sender.connection, len_bytes);
  pthread_join(writer, NULL);
  netconn_delete(sender.connection);
  pthread_join(echoer, NULL);
  netconn_delete(listener);
}

int main(void)
{
  const ip_addr_t ipv4 = IPADDR4_INIT_BYTES(127, 0, 0, 1);
  const ip_addr_t ipv6 = IPADDR6_INIT_HOST(0, 0, 0, 1);
  CHECK(net_start() == 0);
  CHECK(net_start() == 0);
  check_echo(&ipv4, PORT, 1);
  check_echo(&ipv6, PORT + 1, 100000);
  check_echo(&ipv4, PORT + 2, LARGE_BYTES);
  sleep(1);
  CHECK(net_timers_rest);
  return check_finish();
}

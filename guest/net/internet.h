/* Sockets of the Internet, over lwIP's raw interface. lwIP's core lock (net_lock) guards all that
 * is not said to be another's. Its callbacks come with it held, on any task. */
#ifndef GUEST_NET_INTERNET_H
#define GUEST_NET_INTERNET_H

#include "fs/wait_source.h"
#include "net/convert.h"
#include "net/socket.h"
#include "sched/mutex.h"

/* Tasks that sleep until something has changed. */
struct internet_wait
{
  uint32_t word; /* the futex */
  uint32_t waiting;
  uint32_t history; /* of spins before the sleep */
};

enum internet_state
{
  INTERNET_NEW, /* not connected; of datagrams: without a peer */
  INTERNET_CONNECTING,
  INTERNET_CONNECTED,
  INTERNET_LISTENING,
  INTERNET_CLOSED, /* was connected */
};

/* Pieces of a stream in order, chained by `next` of their own. */
struct internet_pieces
{
  struct pbuf *first, *last;
};

/* A datagram that waits. */
struct internet_datagram
{
  struct internet_datagram *next;
  struct pbuf *bytes;
  ip_addr_t from, to;
  uint16_t from_port;
  uint8_t interface; /* it came by */
  uint8_t ttl, tos;
  uint32_t charged_bytes;
};

/* SO_RCVLOWAT at most, as on Linux: half of what comes while nobody reads. */
#define INTERNET_MOST_LEAST_BYTES (TCP_WND / 2u)

struct internet_options
{
  uint8_t lwip; /* SOF_ */
  bool is_reuseport, is_nodelay, is_corked, is_v6only, has_linger;
  bool wants_packet_info, wants_ttl, wants_tos, wants_error_queue, has_header;
  uint8_t ttl, tos, multicast_ttl, interface;
  bool is_multicast_loop;
  uint32_t linger_s;
  uint32_t receive_bytes, send_bytes; /* SO_RCVBUF, SO_SNDBUF */
  uint32_t receive_least_bytes;       /* SO_RCVLOWAT */
  uint32_t keep_idle_s, keep_interval_s, keep_count;
  uint32_t user_timeout_ms, defer_accept_s;
  int priority, mark;
};

struct internet_socket
{
  struct socket socket;
  enum internet_state state;
  union
  {
    struct tcp_pcb *tcp; /* null: gone, or not made yet */
    struct udp_pcb *udp;
    struct raw_pcb *raw;
  };
  struct internet_options options;
  int error;     /* SO_ERROR: negative errno that nobody has been told yet; 0 */
  bool is_ended; /* the peer sends nothing more */
  bool is_receive_shut, is_send_shut;
  bool waits_to_send; /* with the next such socket (send_wait.c) */
  struct internet_socket *next_waiting;
  bool is_connect_told; /* a connect() has returned its outcome */
  bool is_bound;
  bool is_port_named; /* bind() has named the port: it is kept when the connection is undone */
  struct internet_address bound;       /* of a stream that is bound */
  struct internet_address local, peer; /* of a stream, as long as it is connected or has been */

  /* What has come. */
  struct internet_pieces queue;
  uint32_t queued_bytes; /* of a stream: with `taken`. Of datagrams: charged */
  struct internet_datagram *first_datagram, *last_datagram;

  /* Of who receives: one at a time, not while it sleeps. Taken before the core lock. */
  struct mutex receive_mutex;
  struct internet_pieces taken;
  uint32_t taken_offset;        /* in its first piece */
  struct pbuf *gathered;        /* the last piece, which small ones are added to; or null */
  uint32_t gathered_room_bytes; /* in it */
  bool is_undone;               /* by connect(), which waits for the mutex: receiving ends */

  /* Of streams: tasks that are about to read, and to acknowledge what they have read. */
  uint32_t readers;
  uint32_t owed_bytes; /* came in large segments since, and were left to them */

  /* For TCP_USER_TIMEOUT: when it was looked at, what was acknowledged then, and since when. */
  uint64_t looked_ns, answered_ns;
  uint32_t answered;

  /* Of who listens: connections that nobody has accepted; in those: the next one, who listens. */
  struct internet_socket *first_pending, *last_pending, *next_pending, *listener;

  struct internet_membership *memberships;
  struct internet_socket *next_datagrams; /* all sockets of UDP, for errors that ICMP tells */

  struct internet_wait receive_wait, send_wait;
  struct wait_source source;
  uint32_t ready; /* what poll() tells; read without the lock */
};

static inline struct internet_socket *internet_of(struct socket *socket)
{
  return (struct internet_socket *) socket;
}

static inline bool internet_is_stream(const struct internet_socket *internet)
{
  return internet->socket.type == 1;
}

/* ---- internet.c ---- */

/* An object without pcb: null: no memory. */
struct internet_socket *internet_new(int family, int type, int protocol, uint32_t flags);
int internet_type_of_address(const struct internet_socket *internet); /* IPADDR_TYPE_ */

/* What has been set goes to the pcb. */
void internet_apply(struct internet_socket *internet);

/* ---- internet_wait.c: with the core lock ---- */

/* Something has changed: `ready` is made anew, who waits for one of these events is woken. */
void internet_changed(struct internet_socket *internet, unsigned int events);

/* Sleeps until there is a change, without the lock: 0, -EINTR, -EAGAIN: it was the deadline. */
int internet_sleep(struct internet_wait *wait, uint64_t deadline_ns);

/* The error to be told, once. */
int internet_take_error(struct internet_socket *internet);

/* ---- tcp.c, tcp_connect.c, tcp_transfer.c, tcp_listen.c ---- */

extern const struct socket_operations tcp_socket_operations;

/* Its pcb, if there is none, with the name that it was bound to: 0, -ENOBUFS, -EADDRINUSE. */
int tcp_socket_make(struct internet_socket *internet);
void tcp_socket_attach(struct internet_socket *internet, struct tcp_pcb *pcb);
void tcp_socket_detach(struct internet_socket *internet); /* the pcb goes on alone */
void tcp_socket_drop_received(struct internet_socket *internet);
void tcp_socket_keep_names(struct internet_socket *internet); /* those of the pcb */
int tcp_socket_connect(struct socket *socket, const struct socket_name *name);

err_t tcp_socket_look(void *argument, struct tcp_pcb *pcb); /* whether TCP_USER_TIMEOUT is over */
void tcp_socket_fail(struct internet_socket *internet, int error); /* its attempt to connect */
void tcp_socket_begin(struct internet_socket *internet); /* of a connect(): there is an address */

/* As if it were new, but bound. Nobody is receiving: with its mutex, or what has come is gone. */
void tcp_socket_disconnect(struct internet_socket *internet);
int tcp_socket_listen(struct socket *socket, int backlog);
int tcp_socket_accept(struct socket *socket, uint32_t flags, struct file **accepted,
                      struct socket_name *peer);
void tcp_socket_drop_pending(struct internet_socket *internet);
void tcp_socket_keep_place(struct internet_socket *internet); /* among those pending, without pcb */
long tcp_socket_send(struct socket *socket, struct socket_message *message);
long tcp_socket_receive(struct socket *socket, struct socket_message *message);
uint32_t tcp_socket_room(const struct internet_socket *internet); /* bytes that can be sent now */
bool tcp_socket_is_writable(const struct internet_socket *internet);

/* ---- datagram.c, datagram_transfer.c ---- */

extern const struct socket_operations datagram_socket_operations;
int datagram_socket_make(struct internet_socket *internet);
void datagram_socket_drop(struct internet_socket *internet, struct internet_datagram *datagram);
long datagram_socket_send(struct socket *socket, struct socket_message *message);
long datagram_socket_receive(struct socket *socket, struct socket_message *message);

/* ---- internet_options.c, internet_control.c, multicast.c ---- */

int internet_set_option(struct socket *socket, int level, int option, const void *value,
                        uint32_t len_bytes);
int internet_get_option(struct socket *socket, int level, int option, void *value,
                        uint32_t *len_bytes);
int internet_control(struct socket *socket, unsigned long request, void *argument);
unsigned int internet_poll(struct socket *socket, struct wait_entry *entry);

/* With the core lock. -ENOPROTOOPT: the option is another's. */
int multicast_set(struct internet_socket *internet, int level, int option, const void *value,
                  uint32_t len_bytes);
void multicast_leave_all(struct internet_socket *internet);

#endif

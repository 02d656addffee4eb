/* AF_UNIX within the guest: what its parts know of each other.
 *
 * A socket is an end, which outlives it: the peer and the messages that it has sent refer to it. An
 * end keeps what comes in to it, and counts what it has sent that nobody has received yet. */
#ifndef GUEST_NET_UNIX_H
#define GUEST_NET_UNIX_H

#include <sys/socket.h>
#include <sys/un.h>

#include "fs/wait_source.h"
#include "fs/wait_word.h"
#include "net/socket.h"
#include "sched/mutex.h"

#define LOCAL_BUFFER_BYTES     212992u /* as Linux's default */
#define LOCAL_BUFFER_MIN_BYTES 4608u
#define LOCAL_PACKETS_MAX                                                \
  10u /* that wait at a socket, plus one; of whom it is not connected to \
       */
#define LOCAL_RIGHTS_MAX 253u

#define LOCAL_READABLE   (POLLIN | POLLRDNORM)
#define LOCAL_WRITABLE   (POLLOUT | POLLWRNORM | POLLWRBAND)

/* Bits of shut: this end receives, or sends, no more. */
#define LOCAL_SHUT_RECEIVE 1u
#define LOCAL_SHUT_SEND    2u
#define LOCAL_SHUT_BOTH    3u

enum local_state
{
  LOCAL_IDLE,
  LOCAL_LISTENS,
  LOCAL_CONNECTED, /* or was: not of datagram sockets */
};

struct local_address
{
  uint32_t references;
  struct socket_name name;
};

/* Files and identity that go along with bytes. */
struct local_rights
{
  struct file **files; /* references; null: none */
  uint32_t count;
  bool has_identity;
  struct ucred identity;
};

struct local_message
{
  struct local_message *next;
  struct local_end *sender; /* a reference; it is charged size_bytes */
  struct local_address *from;
  struct local_rights rights;
  size_t size_bytes; /* of this whole */
  uint32_t len_bytes;
  uint32_t done_bytes; /* of a stream: that were received already */
  char bytes[];
};

struct local_end
{
  uint32_t references;
  int type;
  struct mutex mutex; /* guards what follows but for what is said */
  struct local_message *first, *last;
  uint32_t count;        /* of messages */
  uint64_t unread_bytes; /* in them */
  bool is_closed;
  uint32_t shut;          /* changed with local_structure held too */
  enum local_state state; /* likewise */
  struct local_end *peer; /* likewise; a reference */
  struct local_end *pending_first, *pending_last, *pending_next; /* that wait for accept() */
  uint32_t pending_count, backlog;
  int error; /* SO_ERROR; atomic */
  bool tells_identity;
  struct ucred peer_identity;

  /* Guarded by local_structure. */
  struct local_address *address; /* null: it has no name */
  struct local_end *bound_next;
  dev_t device; /* of a name in a file system */
  ino_t number;

  uint64_t sent_bytes;                      /* atomic */
  uint32_t send_limit_bytes, receive_bytes; /* SO_SNDBUF, SO_RCVBUF; atomic */
  uint32_t options;                         /* bits of those that are only remembered; atomic */
  struct linger linger;
  struct wait_word data;     /* messages, or ends that wait for accept() */
  struct wait_word room;     /* for who sends or connects to this end */
  struct wait_word own_room; /* for who sends from this end */
  struct wait_source source;

  /* Senders that have seen this end full, and are to be told; guarded by a lock of their own. */
  struct local_end *full_first, *full_next;
  struct local_end *full_of;
};

struct local_socket
{
  struct socket socket;
  struct local_end *end;
};

static inline struct local_end *local_end_of(struct socket *socket)
{
  return ((struct local_socket *) socket)->end;
}

/* Guards names, and which end is connected to which. Taken before an end's mutex; of these only one
 * is held at a time. */
extern struct mutex local_structure;

/* ---- unix_end.c ---- */

struct local_end *local_end_new(int type); /* null: no memory */
void local_end_put(struct local_end *end);
static inline struct local_end *local_end_get(struct local_end *end)
{
  __atomic_add_fetch(&end->references, 1, __ATOMIC_RELAXED);
  return end;
}

/* Its peer with a reference, or null. */
struct local_end *local_peer_of(struct local_end *end);

/* The socket is gone: tells the peer, and lets everything go that waits here. Takes over the
 * reference. */
void local_end_close(struct local_end *end, bool was_accepted);

/* Something is different from now on: all who wait here look again. */
void local_end_changed(struct local_end *end);

/* Takes the pending error: 0 or a negative errno. */
int local_end_error(struct local_end *end);

bool local_is_writable(const struct local_end *end);

/* There is less in the end: those who wait for room there. */
void local_end_drained(struct local_end *end);

/* From now on the sender is told when there is room at `target`. */
void local_full_join(struct local_end *sender, struct local_end *target);
void local_full_leave(struct local_end *sender);

void local_address_put(struct local_address *address);
struct local_address *local_address_get(struct local_address *address);

struct ucred local_identity(void);

/* ---- unix_message.c ---- */

/* One of the sender's, charged to it; null: no memory. */
struct local_message *local_message_new(struct local_end *sender, size_t len_bytes);

/* Frees a list of them. No lock of this family may be held: files may be closed. */
void local_messages_free(struct local_message *first);

/* Waits until the end may send another message: 0, -EPIPE, -EAGAIN, -EINTR, its error. */
int local_wait_to_send(struct local_end *end, bool waits, uint64_t deadline_ns);

/* ---- unix_rights.c ---- */

/* Reads what goes along: 0, -EINVAL, -EBADF, -EPERM, -ENOMEM. */
int local_rights_read(struct local_rights *rights, const struct socket_message *message);
void local_rights_drop(struct local_rights *rights);

/* What goes along with a message is put into the program's, as far as there is room. */
struct local_control
{
  struct socket_message *message;
  size_t used_bytes;
  bool has_identity; /* it is told once */
};
void local_rights_put(struct local_control *control, const struct local_end *end,
                      const struct local_message *from, bool closes_on_exec);

/* ---- unix_names.c ---- */

/* What a name stands for, without a lock. */
struct local_key
{
  const struct socket_name *name; /* null: one in a file system */
  int type;                       /* each has abstract names of its own */
  dev_t device;
  ino_t number;
};

/* 0, -EINVAL, -ENOENT, -ECONNREFUSED, -EACCES, ... */
int local_key_of(const struct socket_name *name, int type, struct local_key *key);

/* The end that has it, without a reference, or null; local_structure is held. */
struct local_end *local_find(const struct local_key *key);

int local_bind(struct socket *socket, const struct socket_name *name);
int local_name(struct socket *socket, bool is_peer, struct socket_name *name);

/* local_structure is held. */
void local_unbind(struct local_end *end);

/* ---- unix_connect.c, unix_send.c, unix_receive.c, unix_options.c ---- */

int local_listen(struct socket *socket, int backlog);
int local_connect(struct socket *socket, const struct socket_name *name);
/* The next end that has connected: 0, -EINVAL, -EAGAIN, -EINTR. */
int local_accept_end(struct socket *socket, struct local_end **accepted);
void local_join(struct local_end *one, struct local_end *other); /* local_structure is held */

long local_send(struct socket *socket, struct socket_message *message);
long local_receive(struct socket *socket, struct socket_message *message);

int local_set_option(struct socket *socket, int level, int option, const void *value,
                     uint32_t len_bytes);
int local_get_option(struct socket *socket, int level, int option, void *value,
                     uint32_t *len_bytes);

#endif

/* Sockets: open files, and what each family of addresses implements below the calls. Errors are
 * negative errno. Nothing here knows the C library: names are as Linux has them in memory. */
#ifndef GUEST_NET_SOCKET_H
#define GUEST_NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "fs/file.h"

struct socket_operations;
struct wait_entry;

#define SOCKET_NAME_BYTES 128 /* of struct sockaddr_storage */

struct socket
{
  struct file file; /* its is_socket is true */
  const struct socket_operations *operations;
  int family, type, protocol; /* type without SOCK_NONBLOCK and SOCK_CLOEXEC */
  uint64_t number;            /* of the inode */
  /* SO_RCVTIMEO and SO_SNDTIMEO; 0: none. Changed atomically. */
  uint64_t receive_timeout_ns, send_timeout_ns;
};

/* A struct sockaddr in the kernel. */
struct socket_name
{
  uint32_t len_bytes; /* 0: there is none */
  union
  {
    uint16_t family;
    char bytes[SOCKET_NAME_BYTES] __attribute__((aligned(8)));
  };
};

/* What one send or receive moves. All is in the kernel, but for the memory that the vectors and a
 * descriptor's bytes lie in: that is the program's, and not checked yet (socket_copy_from()). */
struct socket_message
{
  const struct iovec *vectors;
  size_t count;
  size_t total_bytes;       /* of all vectors; at most FILE_MOST_BYTES */
  struct socket_name *name; /* send: to whom, null: to the peer. Receive: from whom, or null */
  void *control;            /* struct cmsghdr and so on, aligned */
  size_t control_bytes;     /* there; receive: room, and when it returns how much of it is used */
  int flags;                /* MSG_ of the call; when receive returns: those of msg_flags */
};

/* Null members: -EOPNOTSUPP. Calls may come from many tasks at once, with handlers of signals held
 * back (signal/hold.h); they wait unless socket_waits() says no, and then at most until
 * socket_deadline(). A wait that handlers end is -EINTR: who called begins again or not, so what
 * has been moved already is the result before. */
struct socket_operations
{
  /* The name's length and its first two bytes, the family, have not been looked at. */
  int (*bind)(struct socket *socket, const struct socket_name *name);
  int (*listen)(struct socket *socket, int backlog);
  /* flags: O_NONBLOCK or none, of the new file, which has one reference. *peer: who connected, also
   * if that is gone already. */
  int (*accept)(struct socket *socket, uint32_t flags, struct file **accepted,
                struct socket_name *peer);
  int (*connect)(struct socket *socket, const struct socket_name *name);
  /* -EPIPE: who called sends SIGPIPE if the type is SOCK_STREAM, unless there is MSG_NOSIGNAL. */
  long (*send)(struct socket *socket, struct socket_message *message);
  long (*receive)(struct socket *socket, struct socket_message *message);
  int (*shutdown)(struct socket *socket, int how); /* how has been checked */
  int (*name)(struct socket *socket, bool is_peer, struct socket_name *name);
  /* Options but SO_RCVTIMEO, SO_SNDTIMEO, SO_TYPE, SO_DOMAIN and SO_PROTOCOL. Values are in the
   * kernel; *len_bytes: room, and when it returns what is there. -ENOPROTOOPT. */
  int (*set_option)(struct socket *socket, int level, int option, const void *value,
                    uint32_t len_bytes);
  int (*get_option)(struct socket *socket, int level, int option, void *value, uint32_t *len_bytes);
  /* As those of struct file_operations. */
  int (*control)(struct socket *socket, unsigned long request, void *argument);
  unsigned int (*poll)(struct socket *socket, struct wait_entry *entry);
  int (*release)(struct socket *socket); /* frees it */
};

/* ---- socket.c ---- */

/* A file with one reference; flags: O_NONBLOCK or none. It is opened for reading and writing. */
void socket_init(struct socket *socket, const struct socket_operations *operations, int family,
                 int type, int protocol, uint32_t flags);

/* Null: the file is no socket, -ENOTSOCK. */
static inline struct socket *socket_of(struct file *file)
{
  return file->is_socket ? (struct socket *) file : NULL;
}

/* Whether a call with these MSG_ flags may wait. */
bool socket_waits(const struct socket *socket, int flags);

/* Until when, of CLOCK_MONOTONIC, with one of the timeouts; FUTEX_FOREVER for none. */
uint64_t socket_deadline(const uint64_t *timeout_ns);

/* Copies between the vectors, from an offset in them all on, and memory of the kernel: how many
 * bytes, fewer where the program may not access its memory so. */
size_t socket_copy_from(void *to, const struct socket_message *message, size_t offset,
                        size_t len_bytes);
size_t socket_copy_to(const struct socket_message *message, size_t offset, const void *from,
                      size_t len_bytes);

/* ---- Families; type without SOCK_NONBLOCK and SOCK_CLOEXEC, flags: O_NONBLOCK or none ---- */

/* AF_UNIX. A pair is connected. */
int local_socket_create(int type, int protocol, uint32_t flags, struct file **file);
int local_socket_pair(int type, int protocol, uint32_t flags, struct file *files[static 2]);

/* AF_INET and AF_INET6: with lwIP. socketpair() must not refer to it, so that a program without
 * other sockets is not linked with the network. */
int internet_socket_create(int family, int type, int protocol, uint32_t flags, struct file **file);

#endif

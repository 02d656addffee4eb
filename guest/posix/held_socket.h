/* Calls on sockets, with handlers of signals held back. */
#ifndef GUEST_POSIX_HELD_SOCKET_H
#define GUEST_POSIX_HELD_SOCKET_H

#include "fs/descriptors.h"
#include "net/socket.h"
#include "signal/hold.h"

/* Whether the call is to begin again. One with a timeout does not after a handler, whatever its
 * flags (signal(7)). */
static inline bool held_socket_again(const struct signal_hold *hold, long result, bool has_timeout)
{
  bool restarts = signal_hold_end(hold, result);
  return restarts && (!has_timeout || signal_sleep_again(&hold->mark));
}

/* result = the call, which sees `file`, as with HELD_FILE, and `socket`, which is null if the file
 * is none; or -EBADF. timeout: receive_timeout_ns or send_timeout_ns. */
#define HELD_TRANSFER(result, fd, timeout, call)                                                 \
  do                                                                                             \
  {                                                                                              \
    struct signal_hold hold_;                                                                    \
    bool has_timeout_;                                                                           \
    do                                                                                           \
    {                                                                                            \
      signal_hold_begin(&hold_);                                                                 \
      struct file *file = descriptor_get(fd);                                                    \
      struct socket *socket = file != NULL ? socket_of(file) : NULL;                             \
      has_timeout_ = socket != NULL && __atomic_load_n(&socket->timeout, __ATOMIC_RELAXED) != 0; \
      (result) = file != NULL ? (call) : -EBADF;                                                 \
      if (file != NULL)                                                                          \
        file_put(file);                                                                          \
    } while (held_socket_again(&hold_, (result), has_timeout_));                                 \
  } while (false)

/* The same for what sockets alone can do; others are -ENOTSOCK. */
#define HELD_SOCKET(result, fd, timeout, call) \
  HELD_TRANSFER(result, fd, timeout, socket != NULL ? (call) : -ENOTSOCK)

/* A name from the program; 0, -EINVAL, -EFAULT. */
int socket_name_get(struct socket_name *name, const void *from, uint32_t len_bytes);

/* To the program, as much as *len_bytes says there is room, and its whole length there: 0, -EINVAL,
 * -EFAULT. */
int socket_name_put(const struct socket_name *name, void *to, uint32_t *len_bytes);

#endif

/* Messages of the program in the kernel. */
#ifndef GUEST_POSIX_SOCKET_MESSAGE_H
#define GUEST_POSIX_SOCKET_MESSAGE_H

#include "net/socket.h"

struct msghdr;

#define MESSAGE_FEW_VECTORS   8
#define MESSAGE_FEW_BYTES     256
#define MESSAGE_CONTROL_BYTES 20480 /* at most, as on Linux */

/* A message, and memory for what belongs to it. */
struct held_message
{
  struct socket_message message;
  struct socket_name name;
  struct iovec *vectors; /* few, or of the kernel heap */
  void *control;
  size_t vectors_bytes; /* 0: few */
  size_t control_bytes; /* 0: few */
  struct iovec few_vectors[MESSAGE_FEW_VECTORS];
  char few_bytes[MESSAGE_FEW_BYTES] __attribute__((aligned(16)));
};

/* What the program's header says, with its name and control if `sends`: 0, -EFAULT, -EINVAL,
 * -EMSGSIZE, -ENOBUFS, -ENOMEM. */
int held_message_get(struct held_message *held, const struct msghdr *from, int flags, bool sends);

/* What has come, to the program's header: 0 or -EFAULT. */
int held_message_put(const struct held_message *held, struct msghdr *to);

void held_message_free(struct held_message *held);

#endif

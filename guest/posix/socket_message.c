/* Messages of the program, copied to the kernel and back: struct msghdr and what it points to. */
#include "posix/socket_message.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "posix/held_socket.h"

static int get_vectors(struct held_message *held, const struct iovec *vectors, size_t count)
{
  size_t total_bytes = 0;
  if (count > IOV_MAX)
    return -EMSGSIZE;
  if (!program_may(vectors, count * sizeof(*vectors), ADDRESS_READ))
    return -EFAULT;
  held->vectors = held->few_vectors;
  if (count > MESSAGE_FEW_VECTORS)
  {
    held->vectors = kernel_allocate(count * sizeof(*vectors));
    if (held->vectors == NULL)
      return -ENOMEM;
    held->vectors_bytes = count * sizeof(*vectors);
  }
  memcpy(held->vectors, vectors, count * sizeof(*vectors));
  for (size_t i = 0; i < count; i++)
  {
    if (held->vectors[i].iov_len > INT64_MAX)
      return -EINVAL;
    held->vectors[i].iov_len = file_at_most(held->vectors[i].iov_len);
    if (held->vectors[i].iov_len > FILE_MOST_BYTES - total_bytes)
      held->vectors[i].iov_len = FILE_MOST_BYTES - total_bytes;
    total_bytes += held->vectors[i].iov_len;
  }
  held->message.vectors = held->vectors;
  held->message.count = count;
  held->message.total_bytes = total_bytes;
  return 0;
}

/* What is longer than any control message for a receiver is room that is not used. */
static int get_control(struct held_message *held, const void *control, size_t len_bytes, bool sends)
{
  if (control == NULL || len_bytes == 0)
    return 0;
  if (len_bytes > MESSAGE_CONTROL_BYTES && sends)
    return -ENOBUFS;
  if (len_bytes > MESSAGE_CONTROL_BYTES)
    len_bytes = MESSAGE_CONTROL_BYTES;
  if (!program_may(control, len_bytes, sends ? ADDRESS_READ : ADDRESS_WRITE))
    return -EFAULT;
  held->control = held->few_bytes;
  if (len_bytes > MESSAGE_FEW_BYTES)
  {
    held->control = kernel_allocate(len_bytes);
    if (held->control == NULL)
      return -ENOMEM;
    held->control_bytes = len_bytes;
  }
  if (sends)
    memcpy(held->control, control, len_bytes);
  else
    memset(held->control, 0, len_bytes);
  held->message.control = held->control;
  held->message.control_bytes = len_bytes;
  return 0;
}

static int get_all(struct held_message *held, const struct msghdr *from, bool sends)
{
  if (!program_may(from, sizeof(*from), sends ? ADDRESS_READ : ADDRESS_WRITE))
    return -EFAULT;
  struct msghdr header = *from;
  held->name.len_bytes = 0;
  if (header.msg_name != NULL && !sends)
  {
    if (header.msg_namelen > INT32_MAX)
      return -EINVAL;
    held->message.name = &held->name;
  }
  else if (header.msg_name != NULL && header.msg_namelen > 0)
  {
    int error = socket_name_get(&held->name, header.msg_name, header.msg_namelen);
    if (error != 0)
      return error;
    held->message.name = &held->name;
  }
  int error = get_vectors(held, header.msg_iov, header.msg_iovlen);
  return error != 0 ? error : get_control(held, header.msg_control, header.msg_controllen, sends);
}

int held_message_get(struct held_message *held, const struct msghdr *from, int flags, bool sends)
{
  held->message = (struct socket_message){.flags = flags};
  held->vectors_bytes = held->control_bytes = 0;
  int error = get_all(held, from, sends);
  if (error != 0)
    held_message_free(held);
  return error;
}

int held_message_put(const struct held_message *held, struct msghdr *to)
{
  const struct socket_message *message = &held->message;
  if (message->name != NULL)
  {
    int error = socket_name_put(message->name, to->msg_name, &to->msg_namelen);
    if (error != 0)
      return error;
  }
  if (message->control != NULL)
  {
    int error = program_put(to->msg_control, message->control, message->control_bytes);
    if (error != 0)
      return error;
  }
  to->msg_controllen = message->control != NULL ? message->control_bytes : 0;
  to->msg_flags = message->flags;
  return 0;
}

void held_message_free(struct held_message *held)
{
  if (held->vectors_bytes != 0)
    kernel_free(held->vectors, held->vectors_bytes);
  if (held->control_bytes != 0)
    kernel_free(held->control, held->control_bytes);
  held->vectors_bytes = held->control_bytes = 0;
}

/* Sockets as open files: bytes are read and written as messages without name and flags. */
#include "net/socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "start_info.h"
#include "time/clock.h"

static struct socket_message message_of(const struct iovec *vector)
{
  return (struct socket_message){.vectors = vector, .count = 1, .total_bytes = vector->iov_len};
}

static long read_socket(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  struct socket *socket = (struct socket *) file;
  const struct iovec vector = {.iov_base = buffer, .iov_len = len_bytes};
  struct socket_message message = message_of(&vector);
  (void) offset;
  if (len_bytes == 0)
    return 0;
  return socket->operations->receive(socket, &message);
}

static long write_socket(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                         off_t *end)
{
  struct socket *socket = (struct socket *) file;
  const struct iovec vector = {.iov_base = (void *) buffer, .iov_len = len_bytes};
  struct socket_message message = message_of(&vector);
  (void) offset;
  (void) end;
  return socket->operations->send(socket, &message);
}

static int stat_socket(struct file *file, struct stat *status)
{
  const struct socket *socket = (const struct socket *) file;
  memset(status, 0, sizeof(*status));
  status->st_mode = S_IFSOCK | 0777;
  status->st_ino = socket->number;
  status->st_nlink = 1;
  status->st_blksize = 4096;
  status->st_uid = start_info->user;
  status->st_gid = start_info->group;
  return 0;
}

static int control_socket(struct file *file, unsigned long request, void *argument)
{
  struct socket *socket = (struct socket *) file;
  if (socket->operations->control == NULL)
    return -ENOTTY;
  return socket->operations->control(socket, request, argument);
}

static unsigned int poll_socket(struct file *file, struct wait_entry *entry)
{
  struct socket *socket = (struct socket *) file;
  return socket->operations->poll(socket, entry);
}

static int release_socket(struct file *file)
{
  struct socket *socket = (struct socket *) file;
  return socket->operations->release(socket);
}

static const struct file_operations file_operations = {
    .read = read_socket,
    .write = write_socket,
    .stat = stat_socket,
    .control = control_socket,
    .poll = poll_socket,
    .release = release_socket,
};

void socket_init(struct socket *socket, const struct socket_operations *operations, int family,
                 int type, int protocol, uint32_t flags)
{
  static uint64_t last_number;
  file_init(&socket->file, &file_operations, O_RDWR | flags, false);
  socket->file.is_socket = true;
  socket->file.is_silent = type != SOCK_STREAM;
  socket->operations = operations;
  socket->family = family;
  socket->type = type;
  socket->protocol = protocol;
  socket->number = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
  socket->receive_timeout_ns = socket->send_timeout_ns = 0;
}

bool socket_waits(const struct socket *socket, int flags)
{
  return (flags & MSG_DONTWAIT) == 0 &&
         (__atomic_load_n(&socket->file.flags, __ATOMIC_RELAXED) & O_NONBLOCK) == 0;
}

uint64_t socket_deadline(const uint64_t *timeout_ns)
{
  uint64_t wait_ns = __atomic_load_n(timeout_ns, __ATOMIC_RELAXED);
  return wait_ns != 0 ? clock_monotonic_ns() + wait_ns : FUTEX_FOREVER;
}

/* ---- The program's memory ---- */

static size_t copy(const struct socket_message *message, size_t offset, char *bytes,
                   size_t len_bytes, enum address_access access)
{
  size_t done = 0;
  for (size_t i = 0; i < message->count && done < len_bytes; i++)
  {
    const struct iovec *vector = &message->vectors[i];
    if (offset >= vector->iov_len)
    {
      offset -= vector->iov_len;
      continue;
    }
    char *base = (char *) vector->iov_base + offset;
    size_t piece = vector->iov_len - offset;
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    size_t good = program_memory(base, piece, access);
    if (access == ADDRESS_READ)
      memcpy(bytes + done, base, good);
    else
      memcpy(base, bytes + done, good);
    done += good;
    offset = 0;
    if (good < piece)
      break;
  }
  return done;
}

size_t socket_copy_from(void *to, const struct socket_message *message, size_t offset,
                        size_t len_bytes)
{
  return copy(message, offset, to, len_bytes, ADDRESS_READ);
}

size_t socket_copy_to(const struct socket_message *message, size_t offset, const void *from,
                      size_t len_bytes)
{
  return copy(message, offset, (char *) from, len_bytes, ADDRESS_WRITE);
}

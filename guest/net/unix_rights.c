/* Files and identities that go along with messages: SCM_RIGHTS, SCM_CREDENTIALS. */
#include <errno.h>
#include <string.h>

#include "fs/descriptors.h"
#include "mm/kernel_heap.h"
#include "net/unix.h"
#include "start_info.h"

#define HEADER_BYTES sizeof(struct cmsghdr)

void local_rights_drop(struct local_rights *rights)
{
  for (uint32_t i = 0; i < rights->count; i++)
    file_put(rights->files[i]);
  if (rights->files != NULL)
    kernel_free(rights->files, LOCAL_RIGHTS_MAX * sizeof(struct file *));
  *rights = (struct local_rights){0};
}

static int read_files(struct local_rights *rights, const char *data, size_t len_bytes)
{
  size_t count = len_bytes / sizeof(int);
  if (count == 0)
    return 0;
  if (count > LOCAL_RIGHTS_MAX - rights->count)
    return -EINVAL;
  if (rights->files == NULL)
    rights->files = kernel_allocate(LOCAL_RIGHTS_MAX * sizeof(struct file *));
  if (rights->files == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < count; i++)
  {
    int fd;
    memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
    struct file *file = descriptor_get(fd);
    if (file == NULL)
      return -EBADF;
    rights->files[rights->count++] = file;
  }
  return 0;
}

/* Who sends may only say what is true; there is just one process. */
static int read_identity(struct local_rights *rights, const char *data, size_t len_bytes)
{
  const struct ucred own = local_identity();
  if (len_bytes != sizeof(rights->identity))
    return -EINVAL;
  memcpy(&rights->identity, data, sizeof(rights->identity));
  if (rights->identity.pid != own.pid)
    return own.uid == 0 ? -ESRCH : -EPERM;
  if (own.uid != 0 && (rights->identity.uid != own.uid || rights->identity.gid != own.gid))
    return -EPERM;
  rights->has_identity = true;
  return 0;
}

static int read_one(struct local_rights *rights, const struct cmsghdr *header, const char *data)
{
  size_t len_bytes = header->cmsg_len - HEADER_BYTES;
  if (header->cmsg_level != SOL_SOCKET)
    return 0;
  if (header->cmsg_type == SCM_RIGHTS)
    return read_files(rights, data, len_bytes);
  if (header->cmsg_type == SCM_CREDENTIALS)
    return read_identity(rights, data, len_bytes);
  return -EINVAL;
}

int local_rights_read(struct local_rights *rights, const struct socket_message *message)
{
  size_t at = 0;
  int error = 0;
  *rights = (struct local_rights){0};
  while (error == 0 && message->control_bytes - at >= HEADER_BYTES)
  {
    const char *bytes = (const char *) message->control + at;
    struct cmsghdr header;
    memcpy(&header, bytes, sizeof(header));
    size_t rest = message->control_bytes - at;
    if (header.cmsg_len < HEADER_BYTES || header.cmsg_len > rest)
      error = -EINVAL;
    else
      error = read_one(rights, &header, bytes + HEADER_BYTES);
    size_t step = CMSG_ALIGN(header.cmsg_len);
    at += step < rest ? step : rest;
  }
  if (error != 0)
    local_rights_drop(rights);
  return error;
}

/* ---- To the program ---- */

static size_t room_of(const struct local_control *control)
{
  return control->message->control_bytes - control->used_bytes;
}

/* Data that is already there (null) or is to be copied. */
static void put(struct local_control *control, int type, const void *data, size_t len_bytes)
{
  size_t room = room_of(control);
  struct cmsghdr header = {
      .cmsg_len = HEADER_BYTES + len_bytes, .cmsg_level = SOL_SOCKET, .cmsg_type = type};
  if (room < HEADER_BYTES)
  {
    control->message->flags |= MSG_CTRUNC;
    return;
  }
  if (room < header.cmsg_len)
  {
    control->message->flags |= MSG_CTRUNC;
    header.cmsg_len = room;
  }
  char *to = (char *) control->message->control + control->used_bytes;
  memcpy(to, &header, sizeof(header));
  if (data != NULL)
    memcpy(to + HEADER_BYTES, data, header.cmsg_len - HEADER_BYTES);
  size_t space = CMSG_SPACE(len_bytes);
  control->used_bytes += space < room ? space : room;
}

/* Descriptors that do not fit, or that there are none for, are not made. */
static void put_files(struct local_control *control, const struct local_rights *rights,
                      bool closes_on_exec)
{
  size_t room = room_of(control);
  size_t most = room > HEADER_BYTES ? (room - HEADER_BYTES) / sizeof(int) : 0;
  uint32_t done = 0;
  char *to = (char *) control->message->control + control->used_bytes + HEADER_BYTES;
  while (done < rights->count && done < most)
  {
    file_get(rights->files[done]);
    int fd = descriptor_add(rights->files[done], 0, closes_on_exec);
    if (fd < 0)
    {
      file_put(rights->files[done]);
      break;
    }
    memcpy(to + done * sizeof(fd), &fd, sizeof(fd));
    done++;
  }
  if (done > 0)
    put(control, SCM_RIGHTS, NULL, done * sizeof(int));
  if (done < rights->count)
    control->message->flags |= MSG_CTRUNC;
}

void local_rights_put(struct local_control *control, const struct local_end *end,
                      const struct local_message *from, bool closes_on_exec)
{
  if (end->tells_identity && !control->has_identity)
  {
    control->has_identity = true;
    struct ucred identity = from->rights.has_identity ? from->rights.identity : local_identity();
    put(control, SCM_CREDENTIALS, &identity, sizeof(identity));
  }
  if (from->rights.count != 0)
    put_files(control, &from->rights, closes_on_exec);
}

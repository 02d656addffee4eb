/* Names of local sockets: of files in memory, and abstract ones. A name in a file system is found
 * by the file's number, so that it may be renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "fs/walk.h"
#include "fs/working_folder.h"
#include "mm/kernel_heap.h"
#include "net/unix.h"
#include "posix/path_call.h"

#define PATH_AT  offsetof(struct sockaddr_un, sun_path)
#define BUCKETS  64
#define MODE_ALL 0777

static struct local_end *bound[BUCKETS];

static bool is_abstract(const struct socket_name *name)
{
  return name->bytes[PATH_AT] == '\0';
}

static unsigned int bucket_of(const struct local_key *key)
{
  if (key->name == NULL)
    return (unsigned int) (key->number + key->device) % BUCKETS;
  unsigned int hash = 0;
  for (uint32_t i = PATH_AT; i < key->name->len_bytes; i++)
    hash = hash * 31 + (unsigned char) key->name->bytes[i];
  return hash % BUCKETS;
}

static bool has_key(const struct local_end *end, const struct local_key *key)
{
  const struct socket_name *own = &end->address->name;
  if (key->name == NULL)
    return !is_abstract(own) && end->device == key->device && end->number == key->number;
  return end->type == key->type && own->len_bytes == key->name->len_bytes &&
         memcmp(own->bytes, key->name->bytes, own->len_bytes) == 0;
}

struct local_end *local_find(const struct local_key *key)
{
  struct local_end *end = bound[bucket_of(key)];
  while (end != NULL && !has_key(end, key))
    end = end->bound_next;
  return end;
}

static struct local_key own_key(const struct local_end *end)
{
  const struct socket_name *name = &end->address->name;
  return (struct local_key){
      .name = is_abstract(name) ? name : NULL, .device = end->device, .number = end->number};
}

void local_unbind(struct local_end *end)
{
  if (end->address == NULL)
    return;
  const struct local_key key = own_key(end);
  struct local_end **link = &bound[bucket_of(&key)];
  while (*link != NULL && *link != end)
    link = &(*link)->bound_next;
  /* An accepted end has its listener's name, and is not there. */
  if (*link != NULL)
    *link = end->bound_next;
}

static int check(const struct socket_name *name)
{
  if (name->len_bytes <= PATH_AT || name->len_bytes > sizeof(struct sockaddr_un) ||
      name->family != AF_UNIX)
    return -EINVAL;
  return 0;
}

/* The path with a null. */
static size_t path_of(const struct socket_name *name, char path[static SOCKET_NAME_BYTES])
{
  size_t room = name->len_bytes - PATH_AT;
  size_t len = strnlen(name->bytes + PATH_AT, room);
  memcpy(path, name->bytes + PATH_AT, len);
  path[len] = '\0';
  return len;
}

/* ---- Finding ---- */

static int look(struct walk *walk, struct stat *status)
{
  const struct file_system *file_system = walk->mount->file_system;
  int error = file_system->stat(walk, status);
  if (error == 0 && file_system->access != NULL)
    error = file_system->access(walk, W_OK);
  return error;
}

int local_key_of(const struct socket_name *name, int type, struct local_key *key)
{
  char path[SOCKET_NAME_BYTES];
  struct walk walk;
  struct stat status;
  int error = check(name);
  if (error != 0)
    return error;
  *key = (struct local_key){.name = name, .type = type};
  if (is_abstract(name))
    return 0;
  path_of(name, path);
  error = walk_begin(&walk, AT_FDCWD, path, WALK_FOLLOW);
  if (error == 0)
    WALK(&walk, error, look(&walk, &status));
  if (error != 0)
    return error;
  *key = (struct local_key){.type = type, .device = status.st_dev, .number = status.st_ino};
  return S_ISSOCK(status.st_mode) ? 0 : -ECONNREFUSED;
}

/* ---- Binding ---- */

static int make_once(struct walk *walk, mode_t mode, struct stat *status)
{
  const struct file_system *file_system = walk->mount->file_system;
  int error = file_system->stat(walk, status);
  if (error != -ENOENT)
    return error == 0 ? -EADDRINUSE : error;
  if (walk->last != WALK_LAST_NAME || walk->wants_folder)
    return -ENOENT;
  if (!walk->mount->is_read_only && file_system->mksocket == NULL)
    return -EPERM;
  error = PATH_CREATE(walk, mksocket, mode);
  if (error == 0)
    error = file_system->stat(walk, status);
  return error == -EEXIST ? -EADDRINUSE : error;
}

static int make_file(struct local_end *end, const struct socket_name *name)
{
  char path[SOCKET_NAME_BYTES];
  struct walk walk;
  struct stat status = {0};
  path_of(name, path);
  int error = walk_begin(&walk, AT_FDCWD, path, 0);
  if (error == 0)
    WALK(&walk, error, make_once(&walk, MODE_ALL & ~file_mask(), &status));
  end->device = status.st_dev;
  end->number = status.st_ino;
  return error;
}

/* local_structure is held. */
static int choose_abstract(struct socket_name *name, int type)
{
  static uint32_t last;
  static const char digits[] = "0123456789abcdef";
  const struct local_key key = {.name = name, .type = type};
  name->family = AF_UNIX;
  name->len_bytes = PATH_AT + 6;
  for (uint32_t tries = 0; tries < 1u << 20; tries++)
  {
    uint32_t number = ++last & 0xfffff;
    name->bytes[PATH_AT] = '\0';
    for (unsigned int i = 0; i < 5; i++)
      name->bytes[PATH_AT + 1 + i] = digits[number >> (4 * (4 - i)) & 15];
    if (local_find(&key) == NULL)
      return 0;
  }
  return -ENOSPC;
}

/* local_structure is held. */
static int bind_locked(struct local_end *end, struct local_address *address)
{
  struct socket_name *name = &address->name;
  int error = 0;
  if (end->address != NULL)
    return -EINVAL;
  if (name->len_bytes == sizeof(sa_family_t))
    error = choose_abstract(name, end->type);
  else if (is_abstract(name))
  {
    const struct local_key key = {.name = name, .type = end->type};
    error = local_find(&key) != NULL ? -EADDRINUSE : 0;
  }
  else
  {
    error = make_file(end, name);
    char path[SOCKET_NAME_BYTES];
    name->len_bytes = (uint32_t) (PATH_AT + path_of(name, path) + 1);
    memcpy(name->bytes + PATH_AT, path, name->len_bytes - PATH_AT);
  }
  if (error != 0)
    return error;
  __atomic_store_n(&end->address, address, __ATOMIC_RELEASE);
  const struct local_key key = own_key(end);
  struct local_end **first = &bound[bucket_of(&key)];
  end->bound_next = *first;
  *first = end;
  return 0;
}

int local_bind(struct socket *socket, const struct socket_name *name)
{
  bool chooses = name->len_bytes == sizeof(sa_family_t) && name->family == AF_UNIX;
  int error = chooses ? 0 : check(name);
  if (error != 0)
    return error;
  struct local_address *address = kernel_allocate(sizeof(*address));
  if (address == NULL)
    return -ENOMEM;
  address->references = 1;
  memcpy(&address->name, name, sizeof(*name));
  mutex_lock(&local_structure);
  error = bind_locked(local_end_of(socket), address);
  mutex_unlock(&local_structure);
  if (error != 0)
    local_address_put(address);
  return error;
}

int local_name(struct socket *socket, bool is_peer, struct socket_name *name)
{
  struct local_end *end = local_end_of(socket);
  mutex_lock(&local_structure);
  if (is_peer)
    end = end->peer;
  if (end != NULL && end->address != NULL)
    *name = end->address->name;
  else
  {
    name->family = AF_UNIX;
    name->len_bytes = sizeof(sa_family_t);
  }
  mutex_unlock(&local_structure);
  return end != NULL ? 0 : -ENOTCONN;
}

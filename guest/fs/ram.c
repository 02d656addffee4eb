/* The ram file system: names and what they stand for, in memory. */
#include "fs/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mm/kernel_heap.h"

#define FIRST_DEVICE 16u

int ram_start(struct mount *mount, mode_t mode)
{
  static uint32_t devices;
  struct ram *ram = kernel_allocate_zeroed(sizeof(*ram));
  if (ram == NULL)
    return -ENOMEM;
  ram->device = FIRST_DEVICE + __atomic_fetch_add(&devices, 1, __ATOMIC_RELAXED);
  ram->root = ram_node_create(ram, S_IFDIR | mode);
  if (ram->root == NULL)
  {
    kernel_free(ram, sizeof(*ram));
    return -ENOMEM;
  }
  ram->root->links = 2;
  ram->root->folder.parent = ram->root;
  mount->data = ram;
  return 0;
}

/* Gives a node that nobody knows yet the name that was found free. Takes over the reference: it is
 * gone if the call fails. */
static int add_node(const struct ram_place *place, struct ram_node *node)
{
  struct ram_node *parent = place->parent;
  int error = node == NULL ? -ENOSPC : ram_node_may(parent, W_OK);
  if (error == 0)
    error = ram_folder_add(&parent->folder, place->name, place->name_len, node);
  if (error != 0)
  {
    if (node != NULL)
      ram_node_put(node);
    return error;
  }
  if (S_ISDIR(node->mode))
  {
    node->links = 2;
    node->folder.parent = parent;
    __atomic_add_fetch(&parent->links, 1, __ATOMIC_RELAXED);
  }
  if ((parent->mode & S_ISGID) != 0)
  {
    node->group = parent->group;
    if (S_ISDIR(node->mode))
      node->mode |= S_ISGID;
  }
  ram_node_touch(parent, true);
  return 0;
}

/* Whether what is there may be opened like this. */
static int check_open(const struct walk *walk, const struct ram_node *node, int flags)
{
  int rights = 0;
  if ((flags & O_CREAT) != 0 && (flags & O_EXCL) != 0)
    return -EEXIST;
  if (S_ISDIR(node->mode) && (flags & O_CREAT) != 0)
    return -EISDIR;
  if ((walk->wants_folder || (flags & O_DIRECTORY) != 0) && !S_ISDIR(node->mode))
    return -ENOTDIR;
  if ((flags & O_PATH) != 0)
    return 0;
  if (S_ISLNK(node->mode))
    return -ELOOP;
  if (S_ISSOCK(node->mode))
    return -ENXIO;
  if ((flags & O_ACCMODE) != O_WRONLY)
    rights |= R_OK;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0)
    rights |= W_OK;
  if (S_ISDIR(node->mode) && (rights & W_OK) != 0)
    return -EISDIR;
  return ram_node_may(node, rights);
}

/* A named pipe is not opened, for that may wait: *fifo is it, with a reference. */
static int open_locked(struct walk *walk, int flags, mode_t mode, struct file **file,
                       struct ram_node **fifo)
{
  struct ram_place place;
  bool is_new = false;
  int error = ram_find(walk, &place);
  if (error != 0)
    return error;
  bool makes_folder = (flags & O_CREAT) != 0 && walk->wants_folder;
  if (makes_folder && walk->last == WALK_LAST_NAME)
    error = -EISDIR;
  else if (place.node == NULL && ((flags & O_CREAT) == 0 || makes_folder))
    error = -ENOENT;
  else if (makes_folder && !S_ISDIR(place.node->mode))
    error = -ENOTDIR;
  else if (place.node != NULL)
    error = check_open(walk, place.node, flags);
  else
  {
    is_new = true;
    place.node = ram_node_create(ram_of(walk), S_IFREG | mode);
    error = add_node(&place, place.node);
  }
  if (error != 0)
    return error;
  if (S_ISFIFO(place.node->mode) && (flags & O_PATH) == 0)
  {
    *fifo = ram_node_get(place.node);
    return 0;
  }
  error = ram_file_open(place.node, flags, file);
  if (error == 0 && !is_new && (flags & O_TRUNC) != 0 && (flags & O_PATH) == 0 &&
      S_ISREG(place.node->mode))
    error = ram_node_truncate(place.node, 0);
  return error;
}

static int ram_open(struct walk *walk, int flags, mode_t mode, struct file **file)
{
  struct ram *ram = ram_of(walk);
  struct ram_node *fifo = NULL;
  if ((flags & O_CREAT) != 0)
    rwlock_write(&ram->lock, FUTEX_FOREVER);
  else
    rwlock_read(&ram->lock, FUTEX_FOREVER, false);
  int error = open_locked(walk, flags, mode, file, &fifo);
  if ((flags & O_CREAT) != 0)
    rwlock_unlock_write(&ram->lock);
  else
    rwlock_unlock(&ram->lock, 1);
  return fifo != NULL ? ram_fifo_open(fifo, flags, file) : error;
}

/* Finds what a call acts on: a reference to it, or null and the error. */
static struct ram_node *take(struct walk *walk, int *error)
{
  struct ram_place place;
  struct ram *ram = ram_of(walk);
  rwlock_read(&ram->lock, FUTEX_FOREVER, false);
  *error = ram_find_node(walk, &place);
  struct ram_node *node = *error == 0 ? ram_node_get(place.node) : NULL;
  rwlock_unlock(&ram->lock, 1);
  return node;
}

static int ram_stat(struct walk *walk, struct stat *status)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  ram_node_stat(node, status);
  ram_node_put(node);
  return 0;
}

static int ram_access(struct walk *walk, int mode)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  error = ram_node_may(node, mode);
  ram_node_put(node);
  return error;
}

static long ram_readlink(struct walk *walk, char *buffer, size_t len_bytes)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  long result = -EINVAL;
  if (S_ISLNK(node->mode))
  {
    result = (long) (len_bytes < node->len_bytes ? len_bytes : node->len_bytes);
    memcpy(buffer, node->target, (size_t) result);
  }
  ram_node_put(node);
  return result;
}

static int make_locked(struct walk *walk, mode_t mode, fifo_opener *opener)
{
  struct ram_place place;
  int error = ram_find(walk, &place);
  if (error != 0)
    return error;
  if (place.node != NULL)
    return -EEXIST;
  struct ram_node *node = ram_node_create(ram_of(walk), mode);
  if (node != NULL && S_ISFIFO(mode))
    node->opener = opener;
  return add_node(&place, node);
}

/* A node that begins empty; opener: of a named pipe. */
static int make(struct walk *walk, mode_t mode, fifo_opener *opener)
{
  struct ram *ram = ram_of(walk);
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = make_locked(walk, mode, opener);
  rwlock_unlock_write(&ram->lock);
  return error;
}

static int ram_mkdir(struct walk *walk, mode_t mode)
{
  return make(walk, S_IFDIR | (mode & 01777), NULL);
}

static int ram_mkfifo(struct walk *walk, mode_t mode, fifo_opener *opener)
{
  return make(walk, S_IFIFO | (mode & 07777), opener);
}

static int ram_mksocket(struct walk *walk, mode_t mode)
{
  return make(walk, S_IFSOCK | (mode & 07777), NULL);
}

static int symlink_locked(struct walk *walk, const char *target)
{
  struct ram_place place;
  size_t len = strlen(target);
  int error = ram_find(walk, &place);
  if (error != 0)
    return error;
  if (place.node != NULL)
    return -EEXIST;
  if (walk->wants_folder)
    return -ENOENT;
  struct ram_node *node = ram_node_create(ram_of(walk), S_IFLNK | 0777);
  char *copy = node != NULL ? ram_allocate(len + 1, false) : NULL;
  if (copy != NULL)
  {
    memcpy(copy, target, len + 1);
    node->target = copy;
    node->len_bytes = len;
  }
  else if (node != NULL)
  {
    ram_node_put(node);
    node = NULL;
  }
  return add_node(&place, node);
}

static int ram_symlink(struct walk *walk, const char *target)
{
  struct ram *ram = ram_of(walk);
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = symlink_locked(walk, target);
  rwlock_unlock_write(&ram->lock);
  return error;
}

static int set_mode(struct walk *walk, mode_t mode)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  error = S_ISLNK(node->mode) ? -EOPNOTSUPP : ram_node_set_mode(node, mode);
  ram_node_put(node);
  return error;
}

static int set_owner(struct walk *walk, uid_t user, gid_t group)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  error = ram_node_set_owner(node, user, group);
  ram_node_put(node);
  return error;
}

static int set_times(struct walk *walk, const struct timespec times[2])
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  error = ram_node_set_times(node, times);
  ram_node_put(node);
  return error;
}

static int ram_truncate(struct walk *walk, off_t len_bytes)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  if (S_ISDIR(node->mode))
    error = -EISDIR;
  else if (!S_ISREG(node->mode))
    error = -EINVAL;
  else
    error = ram_node_may(node, W_OK);
  if (error == 0)
    error = ram_node_truncate(node, len_bytes);
  ram_node_put(node);
  return error;
}

static int space(struct walk *walk, struct statvfs *space)
{
  int error;
  struct ram_node *node = take(walk, &error);
  if (node == NULL)
    return error;
  ram_node_put(node);
  return ram_space(space);
}

const struct file_system ram_file_system = {
    .name = "ram",
    .open = ram_open,
    .mkfifo = ram_mkfifo,
    .mksocket = ram_mksocket,
    .stat = ram_stat,
    .access = ram_access,
    .readlink = ram_readlink,
    .unlink = ram_unlink,
    .rmdir = ram_rmdir,
    .mkdir = ram_mkdir,
    .symlink = ram_symlink,
    .link = ram_link,
    .rename = ram_rename,
    .set_mode = set_mode,
    .set_owner = set_owner,
    .set_times = set_times,
    .truncate = ram_truncate,
    .space = space,
};

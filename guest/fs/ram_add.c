/* Fills the ram file system with what an archive has, or what is mounted over it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/ram.h"

/* Adds one name to a folder, or finds it there: null with *error set. The tree is locked. */
static struct ram_node *add_one(struct ram_node *parent, const char *name, size_t len, mode_t mode,
                                int *error)
{
  struct ram_entry *entry = ram_folder_find(&parent->folder, name, len);
  if (entry != NULL)
    return entry->node;
  struct ram_node *node = ram_node_create(parent->ram, mode);
  *error = node == NULL ? -ENOSPC : ram_folder_add(&parent->folder, name, len, node);
  if (*error != 0)
  {
    if (node != NULL)
      ram_node_put(node);
    return NULL;
  }
  if (S_ISDIR(mode))
  {
    node->links = 2;
    node->folder.parent = parent;
    parent->links++;
  }
  return node;
}

/* What an archive says of a name. The folders around it have been there before, or have not. */
static int set_all(struct ram_node *node, const struct stat *status, const void *data,
                   size_t len_bytes)
{
  if ((node->mode & S_IFMT) != (status->st_mode & S_IFMT))
    return -EEXIST;
  node->mode = (node->mode & S_IFMT) | (status->st_mode & 07777);
  if (status->st_mtim.tv_sec != 0 || status->st_mtim.tv_nsec != 0)
    node->access_time = node->change_time = status->st_mtim;
  if (S_ISREG(node->mode))
  {
    ram_data_cut(&node->data, 0);
    node->in_place = len_bytes > 0 ? data : NULL;
    node->len_bytes = len_bytes;
  }
  if (!S_ISLNK(node->mode))
    return 0;
  char *target = ram_allocate(len_bytes + 1, false);
  if (target == NULL)
    return -ENOSPC;
  memcpy(target, data, len_bytes);
  target[len_bytes] = '\0';
  ram_free(node->target, node->len_bytes + 1);
  node->target = target;
  node->len_bytes = len_bytes;
  return 0;
}

static int add_locked(struct ram *ram, const char *path, const struct stat *status,
                      const void *data, size_t len_bytes)
{
  struct ram_node *node = ram->root;
  int error = 0;
  path += strspn(path, "/");
  while (*path != '\0' && error == 0)
  {
    size_t len = strcspn(path, "/");
    const char *rest = path + len + strspn(path + len, "/");
    bool is_dots = path[0] == '.' && (len == 1 || (len == 2 && path[1] == '.'));
    if (len >= FS_NAME_BYTES)
      return -ENAMETOOLONG;
    if (!S_ISDIR(node->mode))
      return -ENOTDIR;
    if (!is_dots)
      node = add_one(node, path, len, *rest == '\0' ? status->st_mode : S_IFDIR | 0755, &error);
    else if (len == 2)
      return -EINVAL;
    path = rest;
  }
  return error != 0 ? error : set_all(node, status, data, len_bytes);
}

int ram_add(struct mount *mount, const char *path, const struct stat *status, const void *data,
            size_t len_bytes)
{
  struct ram *ram = mount->data;
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = add_locked(ram, path, status, data, len_bytes);
  rwlock_unlock_write(&ram->lock);
  return error;
}

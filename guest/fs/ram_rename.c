/* Names of the ram file system that go, come and change. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/ram.h"

#define NO_REPLACE 1u /* of renameat2() */
#define EXCHANGE   2u

/* Takes a name away, and what it stands for if it was the last one. */
static void drop(const struct ram_place *place)
{
  struct ram_node *node = place->node;
  struct ram_node *parent = place->parent;
  ram_folder_remove(&parent->folder, place->entry);
  if (S_ISDIR(node->mode))
  {
    node->folder.parent = NULL;
    __atomic_sub_fetch(&parent->links, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&node->links, 0, __ATOMIC_RELAXED);
  }
  else
    __atomic_sub_fetch(&node->links, 1, __ATOMIC_RELAXED);
  ram_node_touch(parent, true);
  ram_node_touch(node, false);
}

static int unlink_locked(struct walk *walk, bool folder, struct ram_node **dropped)
{
  struct ram_place place;
  int error = ram_find(walk, &place);
  if (error != 0)
    return error;
  if (place.node == NULL)
    return -ENOENT;
  if (place.entry == NULL)
    return folder ? -EBUSY : -EISDIR;
  bool is_folder = S_ISDIR(place.node->mode);
  if (ram_node_may(place.parent, W_OK) != 0)
    return -EACCES;
  if (folder != is_folder)
    return folder ? -ENOTDIR : -EISDIR;
  if (!folder && walk->wants_folder)
    return -ENOTDIR;
  if (folder && place.node->folder.count != 0)
    return -ENOTEMPTY;
  drop(&place);
  *dropped = place.node;
  return 0;
}

static int remove_name(struct walk *walk, bool folder)
{
  struct ram *ram = ram_of(walk);
  struct ram_node *dropped = NULL;
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = unlink_locked(walk, folder, &dropped);
  rwlock_unlock_write(&ram->lock);
  if (dropped != NULL)
    ram_node_put(dropped);
  return error;
}

int ram_unlink(struct walk *walk)
{
  return remove_name(walk, false);
}

int ram_rmdir(struct walk *walk)
{
  return remove_name(walk, true);
}

static int link_locked(struct walk *from, struct walk *to)
{
  struct ram_place source;
  struct ram_place target;
  int error = ram_find_node(from, &source);
  if (error == 0)
    error = ram_find(to, &target);
  if (error != 0)
    return error;
  if (target.node != NULL)
    return -EEXIST;
  if (to->wants_folder)
    return -ENOENT;
  if (S_ISDIR(source.node->mode))
    return -EPERM;
  error = ram_node_may(target.parent, W_OK);
  if (error == 0)
    error = ram_folder_add(&target.parent->folder, target.name, target.name_len,
                           ram_node_get(source.node));
  else
    return error;
  if (error != 0)
  {
    ram_node_put(source.node);
    return error;
  }
  __atomic_add_fetch(&source.node->links, 1, __ATOMIC_RELAXED);
  ram_node_touch(target.parent, true);
  ram_node_touch(source.node, false);
  return 0;
}

int ram_link(struct walk *from, struct walk *to)
{
  struct ram *ram = ram_of(from);
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = link_locked(from, to);
  rwlock_unlock_write(&ram->lock);
  return error;
}

/* Whether the folder is the node, or somewhere below it. */
static bool is_below(const struct ram_node *folder, const struct ram_node *node)
{
  for (;;)
  {
    if (folder == node)
      return true;
    if (folder->folder.parent == folder)
      return false;
    folder = folder->folder.parent;
  }
}

static int check_rename(const struct walk *from, const struct walk *to,
                        const struct ram_place *source, const struct ram_place *target,
                        unsigned int flags)
{
  bool is_folder = S_ISDIR(source->node->mode);
  bool exchange = (flags & EXCHANGE) != 0;
  if (source->entry == NULL || target->name_len == 0)
    return -EBUSY;
  if (target->node != NULL && (flags & NO_REPLACE) != 0)
    return -EEXIST;
  if (target->node == NULL && exchange)
    return -ENOENT;
  if (exchange && to->wants_folder && !S_ISDIR(target->node->mode))
    return -ENOTDIR;
  if (!is_folder && (from->wants_folder || (to->wants_folder && !exchange)))
    return -ENOTDIR;
  if (is_folder && is_below(target->parent, source->node))
    return -EINVAL;
  if (target->node != NULL && S_ISDIR(target->node->mode) && is_below(source->parent, target->node))
    return exchange ? -EINVAL : -ENOTEMPTY;
  if (ram_node_may(source->parent, W_OK) != 0 || ram_node_may(target->parent, W_OK) != 0)
    return -EACCES;
  if (is_folder && source->parent != target->parent && ram_node_may(source->node, W_OK) != 0)
    return -EACCES;
  if (target->node == NULL || exchange || target->node == source->node)
    return 0;
  if (is_folder != S_ISDIR(target->node->mode))
    return is_folder ? -ENOTDIR : -EISDIR;
  return is_folder && target->node->folder.count != 0 ? -ENOTEMPTY : 0;
}

/* A folder has come to another parent. */
static void set_parent(struct ram_node *node, struct ram_node *from, struct ram_node *to)
{
  if (!S_ISDIR(node->mode) || from == to)
    return;
  node->folder.parent = to;
  __atomic_sub_fetch(&from->links, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&to->links, 1, __ATOMIC_RELAXED);
}

static void touch_all(const struct ram_place *source, const struct ram_place *target)
{
  ram_node_touch(source->parent, true);
  if (target->parent != source->parent)
    ram_node_touch(target->parent, true);
  ram_node_touch(source->node, false);
}

static void exchange_names(const struct ram_place *source, const struct ram_place *target)
{
  source->entry->node = target->node;
  target->entry->node = source->node;
  set_parent(source->node, source->parent, target->parent);
  set_parent(target->node, target->parent, source->parent);
  touch_all(source, target);
  ram_node_touch(target->node, false);
}

/* The name becomes another one, in place of what has it. */
static int move(const struct ram_place *source, const struct ram_place *target,
                struct ram_node **dropped)
{
  if (target->node == NULL)
  {
    int error =
        ram_folder_add(&target->parent->folder, target->name, target->name_len, source->node);
    if (error != 0)
      return error;
  }
  else
  {
    struct ram_node *old = target->node;
    target->entry->node = source->node;
    if (S_ISDIR(old->mode))
    {
      old->folder.parent = NULL;
      __atomic_sub_fetch(&target->parent->links, 1, __ATOMIC_RELAXED);
      __atomic_store_n(&old->links, 0, __ATOMIC_RELAXED);
    }
    else
      __atomic_sub_fetch(&old->links, 1, __ATOMIC_RELAXED);
    ram_node_touch(old, false);
    *dropped = old;
  }
  ram_folder_remove(&source->parent->folder, source->entry);
  set_parent(source->node, source->parent, target->parent);
  touch_all(source, target);
  return 0;
}

static int rename_locked(struct walk *from, struct walk *to, unsigned int flags,
                         struct ram_node **dropped)
{
  struct ram_place source;
  struct ram_place target;
  int error = ram_find(from, &source);
  if (error == 0 && source.node == NULL)
    error = -ENOENT;
  if (error == 0)
    error = ram_find(to, &target);
  if (error == 0)
    error = check_rename(from, to, &source, &target, flags);
  if (error != 0)
    return error;
  if (target.node == source.node)
    return 0;
  if ((flags & EXCHANGE) == 0)
    return move(&source, &target, dropped);
  exchange_names(&source, &target);
  return 0;
}

int ram_rename(struct walk *from, struct walk *to, unsigned int flags)
{
  struct ram *ram = ram_of(from);
  struct ram_node *dropped = NULL;
  rwlock_write(&ram->lock, FUTEX_FOREVER);
  int error = rename_locked(from, to, flags, &dropped);
  rwlock_unlock_write(&ram->lock);
  if (dropped != NULL)
    ram_node_put(dropped);
  return error;
}

/* Finds names in the ram file system. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fs/ram.h"

int ram_find(struct walk *walk, struct ram_place *place)
{
  struct ram_node *node = ram_of(walk)->root;
  const char *name = walk->name;
  *place = (struct ram_place){.parent = node, .node = node, .name = name};
  while (*name != '\0')
  {
    size_t len = strcspn(name, "/");
    bool is_last = name[len] == '\0';
    if (node == NULL)
      return -ENOENT;
    if (!S_ISDIR(node->mode))
      return -ENOTDIR;
    if (ram_node_may(node, X_OK) != 0)
      return -EACCES;
    struct ram_entry *entry = ram_folder_find(&node->folder, name, len);
    *place = (struct ram_place){.parent = node,
                                .node = entry != NULL ? entry->node : NULL,
                                .entry = entry,
                                .name = name,
                                .name_len = len};
    node = place->node;
    if (node != NULL && S_ISLNK(node->mode) && (!is_last || walk->follows))
      return walk_follow(walk, (size_t) (name + len - walk->name), node->target, node->len_bytes);
    name += len + (is_last ? 0 : 1);
  }
  return 0;
}

int ram_find_node(struct walk *walk, struct ram_place *place)
{
  int error = ram_find(walk, place);
  if (error != 0)
    return error;
  if (place->node == NULL)
    return -ENOENT;
  return walk->wants_folder && !S_ISDIR(place->node->mode) ? -ENOTDIR : 0;
}

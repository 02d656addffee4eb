/* Named pipes of the ram file system. */
#include "fs/ram.h"

static int stat_node(void *node, struct stat *status)
{
  ram_node_stat(node, status);
  return 0;
}

static void release_node(void *node)
{
  ram_node_put(node);
}

int ram_fifo_open(struct ram_node *node, int flags, struct file **file)
{
  const struct fifo_node held = {.node = node, .stat = stat_node, .release = release_node};
  int error = node->opener(&node->fifo, (uint32_t) flags, &held, file);
  if (error != 0)
    ram_node_put(node);
  return error;
}

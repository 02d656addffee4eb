/* Commands of the driver (virtio 1.2, 5.1.6.5). There is one: how many pairs of queues are used. */
#include "virtio_net.h"

#include <string.h>

/* What a command is made of, however it is cut into pieces. */
struct command
{
  struct virtio_net_ctrl_hdr header;
  struct virtio_net_ctrl_mq queues;
};

_Static_assert(sizeof(struct command) == 4, "virtio 1.2, 5.1.6.5");

#define MOST_COMMANDS 8 /* that are obeyed in one go */

/* Copies the command, once. It is as long. */
static struct command read_command(const struct virtqueue_chain *chain)
{
  struct command command = {0};
  uint8_t *to = (uint8_t *) &command;
  for (unsigned int i = 0; i < chain->readable_count; i++)
  {
    memcpy(to, chain->pieces[i].iov_base, chain->pieces[i].iov_len);
    to += chain->pieces[i].iov_len;
  }
  return command;
}

static uint8_t obey(struct virtio_net *net, const struct virtqueue_chain *chain)
{
  if (chain->readable_bytes != sizeof(struct command) || !virtio_net_has(net, VIRTIO_NET_F_MQ))
    return VIRTIO_NET_ERR;
  const struct command command = read_command(chain);
  const uint16_t pairs = command.queues.virtqueue_pairs;
  if (command.header.class != VIRTIO_NET_CTRL_MQ ||
      command.header.cmd != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET || pairs == 0 ||
      pairs > net->pair_count)
    return VIRTIO_NET_ERR;
  virtio_net_activate(net, pairs);
  return VIRTIO_NET_OK;
}

/* Into the first byte that may be written. There is one. */
static void acknowledge(const struct virtqueue_chain *chain, uint8_t answer)
{
  unsigned int i = chain->readable_count;
  while (chain->pieces[i].iov_len == 0)
    i++;
  *(volatile uint8_t *) chain->pieces[i].iov_base = answer;
}

static bool is_command(const struct virtqueue_chain *chain)
{
  return chain->readable_bytes >= sizeof(struct virtio_net_ctrl_hdr) && chain->writable_bytes > 0;
}

unsigned int virtio_net_control_batch(struct virtio_net *net)
{
  struct virtqueue *queue = virtio_net_control_queue(net);
  struct virtqueue_chain *chain = &net->command;
  unsigned int commands = 0;
  while (queue->is_ready && commands < MOST_COMMANDS)
  {
    int taken = virtqueue_take(queue, chain);
    if (taken < 0 || (taken > 0 && !is_command(chain)))
      virtio_mmio_break(&net->virtio);
    if (taken <= 0 || !virtio_mmio_is_running(&net->virtio))
      break;
    acknowledge(chain, obey(net, chain));
    virtqueue_put(queue, chain->id, chain->entries, sizeof(virtio_net_ctrl_ack));
    commands++;
  }
  if (commands > 0)
    virtqueue_publish(queue);
  return commands;
}

/* Several pairs of queues: how many, and the one command that has the device use them. Until it has
 * answered, frames go by the first; they are received by all from the begin. */
#include "mm/address.h"
#include "net/driver/virtio_net.h"

#define DESCRIPTORS         4u
#define CONFIGURATION_PAIRS 8u /* virtio 1.2, section 5.1.4 */

/* Virtio 1.2, 5.1.6.5 */
#define CLASS_PAIRS   4u
#define COMMAND_SET   0u
#define ANSWER_OK     0u
#define ANSWER_NONE   0xffu
#define COMMAND_BYTES offsetof(struct set_pairs, answer)

_Static_assert(COMMAND_BYTES == 4, "virtio 1.2, 5.1.6.5.5");

static uint32_t at_most(uint32_t number, uint32_t most)
{
  return number < most ? number : most;
}

void virtio_net_count_pairs(struct virtio_net *net)
{
  const struct virtio_device *virtio = &net->virtio;
  net->pair_count = net->sending_pairs = 1;
  if ((virtio->features & VIRTIO_NET_PAIRS) == 0)
    return;
  uint32_t offered = virtio->transport->configuration16(virtio, CONFIGURATION_PAIRS);
  uint32_t pairs = at_most(at_most(offered, VIRTIO_NET_MOST_PAIRS), net->most_pairs);
  pairs = at_most(pairs, net->most_buffers / VIRTIO_NET_LEAST_BUFFERS);
  net->control_number = (uint16_t) (2 * offered);
  if (pairs > 1)
    net->pair_count = pairs;
}

int virtio_net_control_start(struct virtio_net *net)
{
  if (net->pair_count == 1)
    return 0;
  return virtio_start_queue(&net->virtio, net->control_number, DESCRIPTORS, 0, &net->control);
}

void virtio_net_ask_for_pairs(struct virtio_net *net)
{
  struct set_pairs *command = &net->set_pairs;
  if (net->pair_count == 1)
    return;
  *command = (struct set_pairs){.class = CLASS_PAIRS,
                                .command = COMMAND_SET,
                                .pairs = (uint16_t) net->pair_count,
                                .answer = ANSWER_NONE};
  uint64_t gpa = address_to_gpa(command, ADDRESS_WRITE);
  const struct virtqueue_piece pieces[] = {{gpa, COMMAND_BYTES}, {gpa + COMMAND_BYTES, 1}};
  virtqueue_quiet(&net->control); /* the answer is looked for along with frames */
  if (virtqueue_add(&net->control, pieces, 1, 1, command) == 0 &&
      virtqueue_must_notify(&net->control))
    virtio_notify(&net->virtio, net->control_number);
}

void virtio_net_look_for_answer(struct virtio_net *net)
{
  uint32_t written_bytes;
  if (net->sending_pairs == net->pair_count ||
      virtqueue_take(&net->control, &written_bytes) == NULL)
    return;
  if (__atomic_load_n(&net->set_pairs.answer, __ATOMIC_RELAXED) == ANSWER_OK)
    net->sending_pairs = net->pair_count;
}

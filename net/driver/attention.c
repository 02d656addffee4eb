/* Who looks after a device: its interrupts, and idle CPUs that look into the rings meanwhile.
 *
 * The task that serves a device asks for interrupts before it sleeps (ATTENTION_EXPECTED). A CPU
 * with nothing to run takes them back for as long as it looks for work in a loop
 * (ATTENTION_WATCHED): an interrupt costs many times what a look costs. Whoever finds something
 * first wakes the task (ATTENTION_SERVED). All of that is decided under a lock of the device, that
 * no two ask the rings for something different.
 *
 * Runs in upcalls.
 */
#include "net/driver/attention.h"

#include "net/driver/virtio_net.h"

struct net_device *net_device_list;

/* Not 0: some CPU watches. */
static uint32_t is_watched;

static struct net_device *first_device(void)
{
  return __atomic_load_n(&net_device_list, __ATOMIC_ACQUIRE);
}

/* Without an interrupt for each frame that was sent: those are looked at along with others, but
 * when so many are on their way that a sender may be short of room. */
static bool wants_sent(const struct virtio_net_pair *pair)
{
  return __atomic_load_n(&pair->send.free_count, __ATOMIC_RELAXED) < pair->send.size / 2;
}

static bool has_something(const struct virtio_net *net)
{
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    const struct virtio_net_pair *pair = &net->pairs[i];
    if (virtqueue_has_used(&pair->receive) || (wants_sent(pair) && virtqueue_has_used(&pair->send)))
      return true;
  }
  return __atomic_load_n(&net->link_changed, __ATOMIC_RELAXED) != 0;
}

/* The rest is for who has the lock. */
static void set_attention(struct virtio_net *net, enum attention attention)
{
  __atomic_store_n(&net->attention, attention, __ATOMIC_RELAXED);
}

static void quiet(struct virtio_net *net)
{
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    virtqueue_quiet(&net->pairs[i].receive);
    virtqueue_quiet(&net->pairs[i].send);
  }
}

/* For the next frame. Another task may be taking frames out meanwhile: either that is seen here, or
 * that task sees, behind its fence, that interrupts are expected (virtio_net_attend). */
static bool ask_for_next(struct virtqueue *receive)
{
  for (;;)
  {
    uint16_t taken = __atomic_load_n(&receive->taken, __ATOMIC_RELAXED);
    bool is_there = virtqueue_expect(receive, VIRTQUEUE_NEXT);
    if (is_there || taken == __atomic_load_n(&receive->taken, __ATOMIC_RELAXED))
      return is_there;
  }
}

static bool is_short_of_buffers(const struct virtio_net *net)
{
  bool is_short = false;
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    const struct virtqueue *receive = &net->pairs[i].receive;
    is_short =
        is_short || __atomic_load_n(&receive->free_count, __ATOMIC_RELAXED) > receive->size / 2;
  }
  return is_short;
}

/* Buffers that have come back to a ring that is short of them: who gave them back may have found us
 * awake, behind the last look at them. */
static bool must_refill(const struct virtio_net *net)
{
  return is_short_of_buffers(net) && __atomic_load_n(&net->released, __ATOMIC_SEQ_CST) != NULL;
}

/* Returns whether there is something already; nobody is asked then. */
static bool ask(struct virtio_net *net)
{
  bool is_there = false;
  set_attention(net, ATTENTION_EXPECTED);
  for (uint32_t i = 0; i < net->pair_count; i++)
  {
    struct virtio_net_pair *pair = &net->pairs[i];
    is_there = ask_for_next(&pair->receive) || is_there;
    if (wants_sent(pair))
      is_there = virtqueue_expect(&pair->send, VIRTQUEUE_MOST_OF_IT) || is_there;
  }
  is_there =
      is_there || __atomic_load_n(&net->link_changed, __ATOMIC_SEQ_CST) != 0 || must_refill(net);
  if (is_there)
  {
    quiet(net);
    set_attention(net, ATTENTION_SERVED);
  }
  return is_there;
}

static void wake_user(const struct virtio_net *net)
{
  const struct net_device_user *user = &net->device.user;
  if (user->wake != NULL)
    user->wake(user->context);
}

bool virtio_net_expect(struct net_device *device)
{
  struct virtio_net *net = virtio_net_of(device);
  uint32_t was_masked = spinlock_lock_masked(&net->attention_lock);
  bool is_there = ask(net);
  spinlock_unlock_restore(&net->attention_lock, was_masked);
  return is_there;
}

void virtio_net_attend(struct virtio_net *net)
{
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(&net->attention, __ATOMIC_RELAXED) != ATTENTION_EXPECTED)
    return;
  uint32_t was_masked = spinlock_lock_masked(&net->attention_lock);
  bool is_there = net->attention == ATTENTION_EXPECTED && ask(net);
  spinlock_unlock(&net->attention_lock);
  if (is_there)
    wake_user(net);
  cpu_mask_restore(was_masked);
}

void virtio_net_wake(struct virtio_net *net)
{
  uint32_t was_masked = spinlock_lock_masked(&net->attention_lock);
  bool sleeps = net->attention != ATTENTION_SERVED;
  if (sleeps)
  {
    quiet(net);
    set_attention(net, ATTENTION_SERVED);
  }
  spinlock_unlock(&net->attention_lock);
  if (sleeps)
    wake_user(net);
  cpu_mask_restore(was_masked);
}

/* Where interrupts come by lines: they rise again only when every device's has fallen. */
static void take_causes(void)
{
  uint32_t causes;
  do
  {
    causes = 0;
    for (struct net_device *device = first_device(); device != NULL; device = device->next)
    {
      struct virtio_net *net = virtio_net_of(device);
      uint32_t cause = net->virtio.take_cause != NULL ? net->virtio.take_cause(&net->virtio) : 0;
      if ((cause & VIRTIO_CAUSE_CONFIGURATION) != 0)
        __atomic_store_n(&net->link_changed, 1, __ATOMIC_SEQ_CST);
      causes |= cause;
    }
  } while (causes != 0);
}

void net_interrupt(void)
{
  take_causes();
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
    if (has_something(virtio_net_of(device)))
      virtio_net_wake(virtio_net_of(device));
}

void net_link_interrupt(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    __atomic_store_n(&virtio_net_of(device)->link_changed, 1, __ATOMIC_SEQ_CST);
    virtio_net_wake(virtio_net_of(device));
  }
}

/* ---- Idle CPUs ---- */

bool net_is_used(void)
{
  return first_device() != NULL;
}

bool net_watch_begin(void)
{
  return first_device() != NULL && __atomic_load_n(&is_watched, __ATOMIC_RELAXED) == 0 &&
         __atomic_exchange_n(&is_watched, 1, __ATOMIC_ACQUIRE) == 0;
}

static void begin_watching(struct virtio_net *net)
{
  spinlock_lock(&net->attention_lock);
  if (net->attention == ATTENTION_EXPECTED)
  {
    quiet(net);
    set_attention(net, ATTENTION_WATCHED);
  }
  spinlock_unlock(&net->attention_lock);
}

void net_watch_look(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    struct virtio_net *net = virtio_net_of(device);
    uint32_t attention = __atomic_load_n(&net->attention, __ATOMIC_RELAXED);
    if (attention == ATTENTION_EXPECTED)
      begin_watching(net);
    else if (attention == ATTENTION_WATCHED && has_something(net))
      virtio_net_wake(net);
  }
}

void net_watch_end(void)
{
  for (struct net_device *device = first_device(); device != NULL; device = device->next)
  {
    struct virtio_net *net = virtio_net_of(device);
    spinlock_lock(&net->attention_lock);
    bool is_there = net->attention == ATTENTION_WATCHED && ask(net);
    spinlock_unlock(&net->attention_lock);
    if (is_there)
      wake_user(net);
  }
  __atomic_store_n(&is_watched, 0, __ATOMIC_RELEASE);
}

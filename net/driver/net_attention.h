/* Who looks after a network device: what attention.c keeps for each, and asks of its driver. */
#ifndef NET_DRIVER_NET_ATTENTION_H
#define NET_DRIVER_NET_ATTENTION_H

#include "net/driver/device.h"
#include "sched/spinlock.h"

/* Who looks whether there is something to serve. */
enum attention
{
  ATTENTION_SERVED,   /* the user's task, before it sleeps: nobody else */
  ATTENTION_EXPECTED, /* the device interrupts */
  ATTENTION_WATCHED,  /* an idle CPU looks, and the device need not interrupt */
};

/* All of them run in upcalls too, at any time. */
struct net_attention_operations
{
  /* Whether there is something to serve. */
  bool (*has_something)(struct net_device *device);
  /* An interrupt has come, from this device or another one: takes its cause, which has its line
   * fall. Returns whether there was one. Null: devices without lines. */
  bool (*take_cause)(struct net_device *device);
  /* Both with the lock. Asks the device for an interrupt; true: there is something already. */
  bool (*ask)(struct net_device *device);
  void (*quiet)(struct net_device *device);
};

struct net_attention
{
  const struct net_attention_operations *operations;
  struct spinlock lock;  /* also of what the device is asked for */
  uint32_t state;        /* enum attention; read without the lock too */
  uint32_t link_changed; /* atomic */
};

/* All devices, in the order of their indices; null before they are started. */
extern struct net_device *net_device_list;

/* Around a driver's taking causes where no interrupt is handled: whoever handles one meanwhile
 * looks again. Counts; atomic. */
extern uint32_t net_takes_begun, net_takes_ended;

static inline void net_take_begin(void)
{
  __atomic_add_fetch(&net_takes_begun, 1, __ATOMIC_SEQ_CST);
}

static inline void net_take_end(void)
{
  __atomic_add_fetch(&net_takes_ended, 1, __ATOMIC_SEQ_CST);
}

/* For net_device_operations: asks for interrupts; true: there is something already, and nobody is
 * asked. */
bool net_expect(struct net_device *device);

/* To be called when something was taken from the device: what was asked for may lie behind. */
void net_attend(struct net_device *device);

/* The user's task is to look, if it sleeps. In upcalls too. */
void net_wake(struct net_device *device);

/* Whether the link may have changed, once for each time. */
static inline bool net_link_has_changed(struct net_attention *attention)
{
  return __atomic_load_n(&attention->link_changed, __ATOMIC_RELAXED) != 0 &&
         __atomic_exchange_n(&attention->link_changed, 0, __ATOMIC_SEQ_CST) != 0;
}

/* Tells the user when the link has changed. */
static inline void net_see_to_link(struct net_device *device,
                                   bool (*is_up)(struct net_device *device))
{
  if (!net_link_has_changed(device->attention) || is_up(device) == device->is_up)
    return;
  device->is_up = !device->is_up;
  if (device->user.link_changed != NULL)
    device->user.link_changed(device->user.context, device->is_up);
}

#endif

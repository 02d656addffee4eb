/* An interface of the guest at work: the device, the thread that serves its rings, and the accesses
 * of vCPUs to its registers. */
#ifndef UHYVE_NET_NET_INTERFACE_H
#define UHYVE_NET_NET_INTERFACE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "virtio_net.h"

/* Connects the interrupts; by the thread, once the guest's driver is there: it takes long, and many
 * programs use no network. Returns 0 or a negative errno. */
struct net_connect
{
  int (*connect)(void *context); /* null: nothing is to be done */
  void *context;
};

struct net_interface
{
  struct virtio_net net; /* by the lock, */
  bool is_touched;       /* as is this: the driver is there */
  bool is_connected;     /* the thread's own, */
  bool has_told_loss;    /* as is this: of the way out */
  unsigned int number;   /* of ethN, for messages */
  struct net_connect connect;
  pthread_mutex_t lock;
  pthread_cond_t is_free;
  atomic_uint visitors; /* vCPUs that want the lock: they come before the thread */

  int event_fd;  /* doorbells of the guest, and what else the thread is to look at */
  int ring_fd;   /* interrupt the guest: buffers were used, */
  int change_fd; /* or the configuration has changed */
  bool polls;    /* there is a CPU of the host to spare */
  atomic_bool stopping;
  bool has_thread;
  pthread_t thread;
  sem_t has_begun;
};

/* Makes the interface in front of a way, which it takes over. Returns 0 or a negative errno. */
int net_interface_create(struct net_interface **interface, struct net_way *way,
                         const struct guest_memory *memory, const uint8_t mac[static 6],
                         uint32_t mtu_bytes);

/* Starts the thread; it is shut in when this returns. Returns 0 or a negative errno. */
int net_interface_start(struct net_interface *interface, struct net_connect connect, bool polls);

/* Ends the thread, if there is one, after it has sent what the guest had queued, or has tried so
 * for a second. No vCPU runs. */
void net_interface_stop(struct net_interface *interface);

void net_interface_destroy(struct net_interface *interface);

/* An access to the registers; for any thread of a vCPU. */
uint64_t net_interface_read(struct net_interface *interface, uint64_t offset, uint32_t len_bytes);
void net_interface_write(struct net_interface *interface, uint64_t offset, uint32_t len_bytes,
                         uint64_t value);

#endif

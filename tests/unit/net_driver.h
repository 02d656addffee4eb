/* Plays the driver of a virtio network device over plain memory. */
#ifndef UNIT_NET_DRIVER_H
#define UNIT_NET_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "uhyve/net/net_interface.h"

#define DRIVER_MEMORY_BYTES  (16ull << 20)
#define DRIVER_BUFFERS_GPA   0x100000u /* a place for buffers, up to the end of the memory */
#define DRIVER_MOST_QUEUES   5
#define DRIVER_FORBIDDEN_GPA 0xf00000u /* protected, to the end of the memory */

/* virtio 1.2, 4.2.2 */
enum
{
  REG_MAGIC = 0x00,
  REG_VERSION = 0x04,
  REG_DEVICE = 0x08,
  REG_OFFERED = 0x10,
  REG_OFFERED_SELECT = 0x14,
  REG_ACCEPTED = 0x20,
  REG_ACCEPTED_SELECT = 0x24,
  REG_QUEUE = 0x30,
  REG_QUEUE_MOST = 0x34,
  REG_QUEUE_SIZE = 0x38,
  REG_QUEUE_READY = 0x44,
  REG_NOTIFY = 0x50,
  REG_INTERRUPT = 0x60,
  REG_INTERRUPT_ACK = 0x64,
  REG_STATUS = 0x70,
  REG_DESCRIPTORS = 0x80,
  REG_DRIVER = 0x90,
  REG_DEVICE_RING = 0xa0,
  REG_GENERATION = 0xfc,
  REG_CONFIG = 0x100,
};

struct driver_queue
{
  uint16_t size;
  uint64_t descriptors_gpa, driver_gpa, device_gpa, tables_gpa;
  uint16_t next;          /* the descriptor to be used next */
  uint16_t published;     /* split: the driver's index */
  uint16_t seen;          /* of what the device gave back */
  bool wrap, seen_wrap;   /* packed */
  uint16_t entries[1024]; /* packed: of a chain, by id */
};

struct driver
{
  struct guest_memory memory;
  struct net_interface *interface;
  bool is_packed;
  uint64_t features;
  unsigned int queue_count; /* that driver_start() brings up: 2, or as many as this says */
  struct driver_queue queues[DRIVER_MOST_QUEUES];
};

struct driver_piece
{
  uint64_t gpa;
  uint32_t len_bytes;
  bool is_writable;
};

void driver_make_memory(struct driver *driver);
void driver_free_memory(struct driver *driver);
void *driver_hva(const struct driver *driver, uint64_t gpa);

uint32_t driver_read(const struct driver *driver, uint64_t offset);
void driver_write(const struct driver *driver, uint64_t offset, uint32_t value);

/* What the device offers. */
uint64_t driver_offered(const struct driver *driver);

/* Resets the device and brings it up with features and queues of that size. */
void driver_start(struct driver *driver, uint64_t features, uint16_t queue_size);

/* Up to where features are agreed on. Returns whether they are. */
bool driver_negotiate(struct driver *driver, uint64_t features);
void driver_set_queue(struct driver *driver, unsigned int queue, uint16_t size);

/* Makes a chain available, as an indirect table if asked for. Returns its id. */
uint16_t driver_add(struct driver *driver, unsigned int queue, const struct driver_piece *pieces,
                    unsigned int count, bool is_indirect);

/* Whether the device wants to know of what was added. */
bool driver_must_notify(const struct driver *driver, unsigned int queue, uint16_t added);
void driver_notify(const struct driver *driver);

/* The next chain that came back, or false. */
bool driver_next_used(struct driver *driver, unsigned int queue, uint16_t *id, uint32_t *len_bytes);

/* Waits for it, at most ten seconds. */
void driver_wait_used(struct driver *driver, unsigned int queue, uint16_t *id, uint32_t *len_bytes);

/* Whether an interrupt came within that time. */
bool driver_wait_interrupt(const struct driver *driver, int most_ms);

#endif

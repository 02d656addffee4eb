/* Files of the host as the guest has them open: one node for each (device, inode), whichever names
 * and descriptors it is open by. Small reads that go on where the last one ended are served from
 * what was read ahead; small writes that do so are gathered and written behind. Large ones go
 * straight from and to the program's memory.
 *
 * Calls hold handlers of signals back (signal/hold.h). The program itself cannot tell: all that
 * looks at a file has it written first, and what other processes write is seen some milliseconds
 * later at most, or once they have been heard of through a stream. Errors of late writes are told
 * once to each open file, by its next write, sync or close.
 */
#ifndef GUEST_FS_HOST_NODE_H
#define GUEST_FS_HOST_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sched/mutex.h"

/* Longer pieces do not go through a buffer: to copy them costs more than a hypercall. */
#define HOST_SMALL_BYTES  65536ul

#define HOST_BUFFER_BYTES (256ul << 10)

/* Most buffers at a time, and the part of memory that they may take; further files do without. */
#define HOST_BUFFERS      32
#define HOST_BUFFERS_PART 16

/* What is written behind or read ahead is older at no time. */
#define HOST_LATE_NS 10000000ul

struct host_buffer
{
  unsigned char bytes[HOST_BUFFER_BYTES];
};

enum host_content
{
  HOST_NOTHING,
  HOST_AHEAD,  /* what the file has */
  HOST_BEHIND, /* what it is to have */
};

struct host_node
{
  struct host_node *next; /* the table's lock guards these */
  uint64_t device, inode;
  uint32_t references;
  uint32_t pass;

  struct mutex mutex; /* guards the rest */
  struct host_buffer *buffer;
  enum host_content content;
  off_t begin; /* where the buffer's first byte is in the file */
  size_t len_bytes;
  bool is_end;        /* of AHEAD: the file ends behind it */
  int32_t handle;     /* of BEHIND: what to write it by */
  uint64_t since_tsc; /* it was read; the first byte of it was written */
  uint32_t look;      /* of AHEAD: host_look_again() has counted so far */
  size_t window_bytes;
  off_t read_next; /* where the last read ended; the last write, and when */
  off_t write_next;
  uint64_t written_tsc;
  int error; /* of the last late write that failed, and how many have */
  uint32_t errors;
};

/* A reference to the node; null: no memory. */
struct host_node *host_node_get(uint64_t device, uint64_t inode);

/* The one there is, with a reference, or null. */
struct host_node *host_node_find(uint64_t device, uint64_t inode);
void host_node_put(struct host_node *node);

/* As the read and write of struct file_operations. -EFAULT for buffers that the program may not
 * access. */
long host_node_read(struct host_node *node, int32_t handle, void *buffer, size_t len_bytes,
                    off_t offset);

enum host_write_mode
{
  HOST_WRITE_LATE, /* may stay behind */
  HOST_WRITE_NOW,
  HOST_WRITE_APPEND,
};

/* *errors_seen is the open file's, for errors of earlier writes. */
long host_node_write(struct host_node *node, int32_t handle, enum host_write_mode mode,
                     const void *buffer, size_t len_bytes, off_t offset, off_t *end,
                     uint32_t *errors_seen);

/* Writes what is behind. */
void host_node_write_out(struct host_node *node);

/* The same, and forgets what is ahead. */
void host_node_settle(struct host_node *node);

/* Writes what is behind, if it is at least that old, and gives the buffer back. */
void host_node_write_old(struct host_node *node, uint64_t age_cycles);

/* The error of a late write that the open file has not been told yet, else 0. */
int host_node_take_error(struct host_node *node, uint32_t *errors_seen);

/* How many nodes have something behind. */
extern uint32_t host_behind;

/* Counts late writes that are done, each before its node has nothing behind any more. */
extern uint32_t host_late_writes;

/* Not 0: the program ends, and nothing stays behind any more. Guarded by each node's mutex. */
extern uint32_t host_is_ending;

/* Writes what all files have behind, if it is at least that old. Blocks. */
void host_nodes_write(uint64_t age_cycles);

/* ---- host_buffers.c ---- */

/* Null: there are enough. May make a hypercall, as kernel_allocate(). */
struct host_buffer *host_buffer_take(void);
void host_buffer_give(struct host_buffer *buffer); /* null is ignored */

/* ---- host_late.c ---- */

/* Before anything may stay behind. -EAGAIN: there is no memory for it. */
int host_late_prepare(void);

/* Something is behind, and is to be written in time. */
void host_late_tell(void);

#endif

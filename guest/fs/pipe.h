/* Pipes: a ring of bytes between files that write and files that read. */
#ifndef GUEST_FS_PIPE_H
#define GUEST_FS_PIPE_H

#include "fs/file.h"

#define PIPE_SIZE_BYTES     65536u
#define PIPE_SIZE_MAX_BYTES 1048576u

/* Both ends of a new pipe; flags: O_NONBLOCK or none. 0, -ENOMEM. */
int pipe_create(uint32_t flags, struct file *ends[static 2]);

/* Requests of file_operations.control() beside FIONREAD, for fcntl(): the argument is the size, the
 * result the one it has then. -EBUSY: more bytes are in it; -EPERM: too large. */
#define PIPE_SET_SIZE 1031 /* F_SETPIPE_SZ */
#define PIPE_GET_SIZE 1032

/* A named pipe: what its node in a file system keeps. All zero is one that nobody has open. */
struct pipe;
struct fifo
{
  struct pipe *pipe;
};

/* Opens it with O_RDONLY, O_WRONLY or O_RDWR: waits for who opens the other end, but for O_RDWR and
 * with O_NONBLOCK. stat: what the file's fstat() says, called with `node`. The fifo lives as long
 * as the file: `release` is called with `node` when the file is closed. 0, -ENXIO (O_NONBLOCK to
 * write, and nobody reads), -EINTR, -ENOMEM. */
struct fifo_node
{
  void *node;
  int (*stat)(void *node, struct stat *status);
  void (*release)(void *node);
};
typedef int fifo_opener(struct fifo *fifo, uint32_t flags, const struct fifo_node *node,
                        struct file **file);
fifo_opener fifo_open;

#endif

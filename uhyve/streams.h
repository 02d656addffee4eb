/* The guest's standard streams on the host. */
#ifndef UHYVE_STREAMS_H
#define UHYVE_STREAMS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "options.h"

struct streams
{
  int fds[3];      /* host descriptors behind the guest's 0, 1 and 2; -1: closed */
  mode_t modes[3]; /* their kinds */
  int output_fd;   /* opened for --output, or -1 */
};

/* The first thing a process does: takes the places of closed standard streams with /dev/null, so
 * that no file opened later gets a standard stream's number, and notes that they were closed. */
void streams_keep_places(struct streams *streams);

/* After streams_keep_places. program_fd: what no output may go to. Returns 0 or a negative errno
 * with one line in message. */
int streams_open(struct streams *streams, const struct options *options, int program_fd,
                 char message[static 256]);
void streams_close(struct streams *streams);

/* Both move what they can without waiting for the stream; with none of it ready they wait for at
 * most wait_us, and writing goes on for that long until all has moved. HC_WAIT_FOREVER: as the
 * host's stream does, also if it is set to non-blocking. Return the number of bytes moved or a
 * negative errno: -EAGAIN if there were none in that time, or a signal came; -EBADF for a stream
 * the guest has not. pieces, of at most HC_MAX_SEGMENTS, are used up.
 *
 * The streams' own flags, which other processes share, stay as they are. So these may wait for
 * longer: a write of more than a terminal has room for; and where the kernel cannot be told not to
 * wait (but for pipes and sockets of Linux 6.4 or later, which no named pipe is), a call before
 * which another process was quicker to take what was there. */
ssize_t streams_write(const struct streams *streams, int fd, struct iovec *pieces, int count,
                      uint32_t wait_us);
ssize_t streams_read(const struct streams *streams, int fd, const struct iovec *pieces, int count,
                     uint32_t wait_us);

/* Between these no CPU has found a stream ready and not read it yet. */
void streams_hold_input(void);
void streams_release_input(void);

/* The host's descriptor, or -1 for a stream the guest has not. */
int streams_host_fd(const struct streams *streams, int fd);

#endif

/* The guest's standard streams on the host. */
#ifndef UHYVE_STREAMS_H
#define UHYVE_STREAMS_H

#include <stddef.h>
#include <sys/uio.h>

#include "options.h"

struct streams
{
  int fds[3];    /* host descriptors behind the guest's 0, 1 and 2; -1: closed */
  int output_fd; /* opened for --output, or -1 */
};

/* The first thing a process does: takes the places of closed standard streams with /dev/null, so
 * that no file opened later gets a standard stream's number, and notes that they were closed. */
void streams_keep_places(struct streams *streams);

/* After streams_keep_places. program_fd: what no output may go to. Returns 0 or a negative errno
 * with one line in message. */
int streams_open(struct streams *streams, const struct options *options, int program_fd,
                 char message[static 256]);
void streams_close(struct streams *streams);

/* Both block as the host's stream does, also when it is set to non-blocking. Return the number of
 * bytes moved or a negative errno; -EBADF for a stream the guest has not. */
ssize_t streams_write(const struct streams *streams, int fd, const struct iovec *pieces, int count);
ssize_t streams_read(const struct streams *streams, int fd, const struct iovec *pieces, int count);

#endif

/* Ports of the host that lead to the guest, from their opening to their end. */
#ifndef UHYVE_NET_USER_PORTS_H
#define UHYVE_NET_USER_PORTS_H

#include <slirp/libslirp.h>

#include "arguments.h"

struct ports
{
  struct published list[ARGUMENTS_MOST_PUBLISHED];
  unsigned int count;
  int listening_fds[ARGUMENTS_MOST_PUBLISHED]; /* those of TCP */
  unsigned int listening_count;
  int spare_fd; /* with any of TCP; else -1 */
};

void ports_begin(struct ports *ports);

/* Opens one more. Returns 0 or a negative errno. */
int ports_open(struct ports *ports, Slirp *slirp, const struct published *published);

/* Whether libslirp may accept a connection here, where one waits: any other descriptor, or one that
 * leaves room for another. Else the connection is closed: libslirp would leave it, and be told of
 * it for ever. */
bool ports_may_accept(struct ports *ports, int fd);

/* Closes all; connections go on. */
void ports_close(struct ports *ports, Slirp *slirp);

#endif

/* The barrier around uhyve-net-user: what it may still do once it carries frames. */
#ifndef UHYVE_NET_USER_SHUT_IN_H
#define UHYVE_NET_USER_SHUT_IN_H

#include "uhyve/sandbox/sandbox.h"

/* First of all: closes what this process has inherited but two descriptors; standard streams lead
 * nowhere. Bounds what it may take. Returns null, or what failed. */
const char *shut_in_begin(int first_kept_fd, int second_kept_fd);

/* Once all ports are open. Returns null, or what the host lacks or has refused. */
const char *shut_in_finish(enum isolation isolation);

#endif

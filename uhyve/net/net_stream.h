/* The way out by a stream socket, with what the kinds of it need at its end. */
#ifndef UHYVE_NET_NET_STREAM_H
#define UHYVE_NET_NET_STREAM_H

#include "net_program.h"
#include "way.h"

/* As net_stream_open(), of a program's socket; the program is ended with the way. If this fails the
 * program stays the caller's. */
int net_stream_open_program(struct net_way **way, const struct net_program *program,
                            char message[static 256]);

#endif

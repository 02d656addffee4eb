/* The cases of net_user.c, and what they have on the host's side. */
#ifndef TESTS_NET_USER_CASES_H
#define TESTS_NET_USER_CASES_H

#include "guest.h"

/* A socket of the host: one that is bound, and listens, or one that is connected. */
int host_socket(int type, const char *address, uint16_t port, bool is_bound);

/* Reads what comes within five seconds. */
size_t host_read(int fd, void *data, size_t most);

/* cases_protocols.c: what libslirp answers, and sockets of the guest's. */
void case_dhcp(void);
void case_echo(void);
void case_ipv6(void);
void case_connect(void);
void case_datagram(void);
void case_names(void);
void case_other_network(void);

/* cases_published.c: ports of the host. */
void case_publish(void);
void case_publish_udp(void);
void case_publish_ipv6(void);
void case_taken(void);
void case_many(void);

void case_full(void);

/* cases_end.c: the end of the program and of the guest. */
void case_ends(void);
void case_signals(void);
void case_delivers(void);
void case_stuck(void);
void case_inherits(void);

/* cases_life.c: the program itself. */
void case_barrier(void);
void case_deaf(void);
void case_garbage(void);

/* cases_passt.c: passt, and sockets that somebody listens at. */
void case_stream(void);
void case_passt(void);

#define SKIPPED 77

#endif

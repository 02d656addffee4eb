/* Waiting for events on several descriptors. */
#ifndef _POLL_H
#define _POLL_H

#include <sys/_sigset.h>
#include <sys/_timespec.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define POLLIN     0x0001
#define POLLPRI    0x0002
#define POLLOUT    0x0004
#define POLLERR    0x0008
#define POLLHUP    0x0010
#define POLLNVAL   0x0020
#define POLLRDNORM 0x0040
#define POLLRDBAND 0x0080
#define POLLWRNORM 0x0100
#define POLLWRBAND 0x0200
#if __GNU_VISIBLE
#define POLLMSG   0x0400
#define POLLRDHUP 0x2000
#endif

typedef unsigned long nfds_t;

struct pollfd
{
  int fd;
  short events;
  short revents;
};

int poll(struct pollfd *, nfds_t, int);
#if __GNU_VISIBLE || __POSIX_VISIBLE >= 202405
int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
#endif

__END_DECLS

#endif

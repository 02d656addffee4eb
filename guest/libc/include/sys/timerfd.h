/* Timers to wait for as files, with the numbers of Linux x86-64. */
#ifndef _SYS_TIMERFD_H
#define _SYS_TIMERFD_H

#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>

__BEGIN_DECLS

#define TFD_NONBLOCK            04000
#define TFD_CLOEXEC             02000000
#define TFD_TIMER_ABSTIME       1
#define TFD_TIMER_CANCEL_ON_SET 2
#define TFD_IOC_SET_TICKS       _IOW('T', 0, unsigned long)

int timerfd_create(clockid_t, int);
int timerfd_settime(int, int, const struct itimerspec *, struct itimerspec *);
int timerfd_gettime(int, struct itimerspec *);

__END_DECLS

#endif

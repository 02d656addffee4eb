/* ioctl: requests to terminals, files and sockets, with the numbers of Linux x86-64. */
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

#include <sys/_winsize.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

/* A request number is made of a direction, the size of the argument, a letter and a count. */
#define _IOC(dir, type, nr, size) (((dir) << 30) | ((size) << 16) | ((type) << 8) | (nr))
#define _IOC_NONE                 0U
#define _IOC_WRITE                1U
#define _IOC_READ                 2U
#define _IO(type, nr)             _IOC(_IOC_NONE, (type), (nr), 0)
#define _IOR(type, nr, arg)       _IOC(_IOC_READ, (type), (nr), sizeof(arg))
#define _IOW(type, nr, arg)       _IOC(_IOC_WRITE, (type), (nr), sizeof(arg))
#define _IOWR(type, nr, arg)      _IOC(_IOC_READ | _IOC_WRITE, (type), (nr), sizeof(arg))

#define TCGETS                    0x5401
#define TCSETS                    0x5402
#define TCSETSW                   0x5403
#define TCSETSF                   0x5404
#define TCSBRK                    0x5409
#define TCXONC                    0x540a
#define TCFLSH                    0x540b
#define TIOCSCTTY                 0x540e
#define TIOCGPGRP                 0x540f
#define TIOCSPGRP                 0x5410
#define TIOCOUTQ                  0x5411
#define TIOCGWINSZ                0x5413
#define TIOCSWINSZ                0x5414
#define TIOCINQ                   0x541b
#define FIONREAD                  0x541b
#define FIONBIO                   0x5421
#define TIOCNOTTY                 0x5422
#define TCSBRKP                   0x5425
#define TIOCGSID                  0x5429
#define FIONCLEX                  0x5450
#define FIOCLEX                   0x5451
#define FIOASYNC                  0x5452

#define FIOSETOWN                 0x8901
#define SIOCSPGRP                 0x8902
#define FIOGETOWN                 0x8903
#define SIOCGPGRP                 0x8904
#define SIOCATMARK                0x8905
#define SIOCINQ                   FIONREAD
#define SIOCOUTQ                  TIOCOUTQ
#define SIOCGIFNAME               0x8910
#define SIOCGIFCONF               0x8912
#define SIOCGIFFLAGS              0x8913
#define SIOCSIFFLAGS              0x8914
#define SIOCGIFADDR               0x8915
#define SIOCSIFADDR               0x8916
#define SIOCGIFDSTADDR            0x8917
#define SIOCGIFBRDADDR            0x8919
#define SIOCGIFNETMASK            0x891b
#define SIOCSIFNETMASK            0x891c
#define SIOCGIFMETRIC             0x891d
#define SIOCGIFMTU                0x8921
#define SIOCSIFMTU                0x8922
#define SIOCSIFHWADDR             0x8924
#define SIOCGIFHWADDR             0x8927
#define SIOCGIFINDEX              0x8933
#define SIOGIFINDEX               SIOCGIFINDEX
#define SIOCGIFTXQLEN             0x8942

int ioctl(int, unsigned long, ...);

__END_DECLS

#endif

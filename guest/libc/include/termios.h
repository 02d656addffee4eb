/* Terminal settings: the user-space layout and flags of Linux x86-64. */
#ifndef _TERMIOS_H_
#define _TERMIOS_H_

#include <sys/_winsize.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

typedef unsigned char cc_t;
typedef unsigned int speed_t;
typedef unsigned int tcflag_t;

#define NCCS 32

struct termios
{
  tcflag_t c_iflag;
  tcflag_t c_oflag;
  tcflag_t c_cflag;
  tcflag_t c_lflag;
  cc_t c_line;
  cc_t c_cc[NCCS];
  speed_t c_ispeed;
  speed_t c_ospeed;
};

#define VINTR     0
#define VQUIT     1
#define VERASE    2
#define VKILL     3
#define VEOF      4
#define VTIME     5
#define VMIN      6
#define VSWTC     7
#define VSTART    8
#define VSTOP     9
#define VSUSP     10
#define VEOL      11
#define VREPRINT  12
#define VDISCARD  13
#define VWERASE   14
#define VLNEXT    15
#define VEOL2     16

#define IGNBRK    00000001
#define BRKINT    00000002
#define IGNPAR    00000004
#define PARMRK    00000010
#define INPCK     00000020
#define ISTRIP    00000040
#define INLCR     00000100
#define IGNCR     00000200
#define ICRNL     00000400
#define IUCLC     00001000
#define IXON      00002000
#define IXANY     00004000
#define IXOFF     00010000
#define IMAXBEL   00020000
#define IUTF8     00040000

#define OPOST     00000001
#define OLCUC     00000002
#define ONLCR     00000004
#define OCRNL     00000010
#define ONOCR     00000020
#define ONLRET    00000040
#define OFILL     00000100
#define OFDEL     00000200

#define NLDLY     0000400
#define NL0       0000000
#define NL1       0000400
#define CRDLY     0003000
#define CR0       0000000
#define CR1       0001000
#define CR2       0002000
#define CR3       0003000
#define TABDLY    0014000
#define TAB0      0000000
#define TAB1      0004000
#define TAB2      0010000
#define TAB3      0014000
#define XTABS     0014000
#define BSDLY     0020000
#define BS0       0000000
#define BS1       0020000
#define VTDLY     0040000
#define VT0       0000000
#define VT1       0040000
#define FFDLY     0100000
#define FF0       0000000
#define FF1       0100000

#define CBAUD     0010017
#define B0        00000000
#define B50       00000001
#define B75       00000002
#define B110      00000003
#define B134      00000004
#define B150      00000005
#define B200      00000006
#define B300      00000007
#define B600      00000010
#define B1200     00000011
#define B1800     00000012
#define B2400     00000013
#define B4800     00000014
#define B9600     00000015
#define B19200    00000016
#define B38400    00000017
#define B57600    00010001
#define B115200   00010002
#define B230400   00010003
#define B460800   00010004
#define B500000   00010005
#define B576000   00010006
#define B921600   00010007
#define B1000000  00010010
#define B1152000  00010011
#define B1500000  00010012
#define B2000000  00010013
#define B2500000  00010014
#define B3000000  00010015
#define B3500000  00010016
#define B4000000  00010017
#define EXTA      B19200
#define EXTB      B38400

#define CSIZE     0000060
#define CS5       0000000
#define CS6       0000020
#define CS7       0000040
#define CS8       0000060
#define CSTOPB    0000100
#define CREAD     0000200
#define PARENB    0000400
#define PARODD    0001000
#define HUPCL     0002000
#define CLOCAL    0004000
#define CRTSCTS   020000000000

#define ISIG      00000001
#define ICANON    00000002
#define XCASE     00000004
#define ECHO      00000010
#define ECHOE     00000020
#define ECHOK     00000040
#define ECHONL    00000100
#define NOFLSH    00000200
#define TOSTOP    00000400
#define ECHOCTL   00001000
#define ECHOPRT   00002000
#define ECHOKE    00004000
#define FLUSHO    00010000
#define PENDIN    00040000
#define IEXTEN    00100000
#define EXTPROC   00200000

#define TCOOFF    0
#define TCOON     1
#define TCIOFF    2
#define TCION     3

#define TCIFLUSH  0
#define TCOFLUSH  1
#define TCIOFLUSH 2

#define TCSANOW   0
#define TCSADRAIN 1
#define TCSAFLUSH 2

int tcgetattr(int, struct termios *);
int tcsetattr(int, int, const struct termios *);
int tcsendbreak(int, int);
int tcdrain(int);
int tcflush(int, int);
int tcflow(int, int);
pid_t tcgetsid(int);
int tcgetwinsize(int, struct winsize *);
int tcsetwinsize(int, const struct winsize *);
speed_t cfgetispeed(const struct termios *);
speed_t cfgetospeed(const struct termios *);
int cfsetispeed(struct termios *, speed_t);
int cfsetospeed(struct termios *, speed_t);
#if __MISC_VISIBLE
int cfsetspeed(struct termios *, speed_t);
void cfmakeraw(struct termios *);
#endif

__END_DECLS

#endif

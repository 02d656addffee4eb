/* The size of a terminal's window, for <sys/ioctl.h> and <termios.h>. */
#ifndef _SYS__WINSIZE_H
#define _SYS__WINSIZE_H

struct winsize
{
  unsigned short ws_row;
  unsigned short ws_col;
  unsigned short ws_xpixel;
  unsigned short ws_ypixel;
};

#endif

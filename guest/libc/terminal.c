/* Terminals: POSIX names over ioctl(). */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

/* As ioctl() has it: the first 36 bytes of struct termios, with fewer characters. */
#define KERNEL_CHARACTERS 19

struct kernel_termios
{
  tcflag_t flags[4];
  cc_t line;
  cc_t characters[KERNEL_CHARACTERS];
};

int ioctl(int fd, unsigned long request, ...)
{
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  return (int) libc_result(sys_ioctl(fd, request, argument));
}

static int control_by_number(int fd, unsigned long request, long argument)
{
  void *word = (void *) argument; /* NOLINT(performance-no-int-to-ptr) */
  return (int) libc_result(sys_ioctl(fd, request, word));
}

/* ---- Settings ---- */

int tcgetattr(int fd, struct termios *settings)
{
  struct kernel_termios kernel;
  int error = sys_ioctl(fd, TCGETS, &kernel);
  if (error != 0)
    return (int) libc_result(error);
  memset(settings, 0, sizeof(*settings));
  memcpy(settings, kernel.flags, sizeof(kernel.flags));
  settings->c_line = kernel.line;
  memcpy(settings->c_cc, kernel.characters, sizeof(kernel.characters));
  settings->c_ispeed = settings->c_cflag & CBAUD;
  settings->c_ospeed = settings->c_ispeed;
  return 0;
}

int tcsetattr(int fd, int when, const struct termios *settings)
{
  struct kernel_termios kernel = {.line = settings->c_line};
  if (when < TCSANOW || when > TCSAFLUSH)
    return (int) libc_result(-EINVAL);
  memcpy(kernel.flags, settings, sizeof(kernel.flags));
  memcpy(kernel.characters, settings->c_cc, sizeof(kernel.characters));
  return (int) libc_result(sys_ioctl(fd, TCSETS + (unsigned long) when, &kernel));
}

speed_t cfgetospeed(const struct termios *settings)
{
  return settings->c_cflag & CBAUD;
}

speed_t cfgetispeed(const struct termios *settings)
{
  return cfgetospeed(settings);
}

int cfsetospeed(struct termios *settings, speed_t speed)
{
  if ((speed & ~(speed_t) CBAUD) != 0 || (speed > B38400 && (speed < B57600 || speed > B4000000)))
    return (int) libc_result(-EINVAL);
  settings->c_cflag = (settings->c_cflag & ~(tcflag_t) CBAUD) | speed;
  settings->c_ispeed = speed;
  settings->c_ospeed = speed;
  return 0;
}

/* 0: as the output. */
int cfsetispeed(struct termios *settings, speed_t speed)
{
  return speed != 0 ? cfsetospeed(settings, speed) : 0;
}

int cfsetspeed(struct termios *settings, speed_t speed)
{
  return cfsetospeed(settings, speed);
}

void cfmakeraw(struct termios *settings)
{
  settings->c_iflag &=
      ~(tcflag_t) (IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  settings->c_oflag &= ~(tcflag_t) OPOST;
  settings->c_lflag &= ~(tcflag_t) (ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  settings->c_cflag &= ~(tcflag_t) (CSIZE | PARENB);
  settings->c_cflag |= CS8;
  settings->c_cc[VMIN] = 1;
  settings->c_cc[VTIME] = 0;
}

int tcgetwinsize(int fd, struct winsize *size)
{
  return (int) libc_result(sys_ioctl(fd, TIOCGWINSZ, size));
}

int tcsetwinsize(int fd, const struct winsize *size)
{
  struct winsize copy = *size;
  return (int) libc_result(sys_ioctl(fd, TIOCSWINSZ, &copy));
}

/* ---- What is on its way ---- */

int tcflush(int fd, int queue)
{
  return control_by_number(fd, TCFLSH, queue);
}

int tcflow(int fd, int action)
{
  return control_by_number(fd, TCXONC, action);
}

int tcsendbreak(int fd, int duration)
{
  (void) duration; /* what it means is the system's, and here it is nothing */
  return control_by_number(fd, TCSBRK, 0);
}

int tcdrain(int fd)
{
  thread_point_begin();
  int result = sys_ioctl(fd, TCSBRK, (void *) 1);
  thread_point_end(result);
  return (int) libc_result(result);
}

/* ---- Who has the terminal ---- */

pid_t tcgetpgrp(int fd)
{
  pid_t group = 0;
  int error = sys_ioctl(fd, TIOCGPGRP, &group);
  return (pid_t) libc_result(error != 0 ? error : group);
}

int tcsetpgrp(int fd, pid_t group)
{
  return (int) libc_result(sys_ioctl(fd, TIOCSPGRP, &group));
}

pid_t tcgetsid(int fd)
{
  pid_t session = 0;
  int error = sys_ioctl(fd, TIOCGSID, &session);
  return (pid_t) libc_result(error != 0 ? error : session);
}

/* ---- Names ---- */

static const char terminal_name[] = "/dev/tty";

char *ctermid(char *buffer)
{
  static char own[L_ctermid];
  return strcpy(buffer != NULL ? buffer : own, terminal_name);
}

/* Returns the error, as POSIX has it for this one. */
int ttyname_r(int fd, char *buffer, size_t len_bytes)
{
  int error = sys_isatty(fd);
  if (error < 0)
    return -error;
  if (len_bytes < sizeof(terminal_name))
    return ERANGE;
  memcpy(buffer, terminal_name, sizeof(terminal_name));
  return 0;
}

char *ttyname(int fd)
{
  static char own[sizeof(terminal_name)];
  int error = ttyname_r(fd, own, sizeof(own));
  libc_result(-error);
  return error == 0 ? own : NULL;
}

/* Each call for terminals: on one, or with `errors` and standard streams that are none. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../guest/check.h"

#define FAILS(call, error) CHECK((errno = 0, (call) == -1) && errno == (error))

/* ---- Without a terminal ---- */

static void check_no_terminal(int fd, int error)
{
  struct termios settings = {0};
  struct winsize size = {0};
  char name[32];
  pid_t group = getpgrp();
  FAILS(tcgetattr(fd, &settings), error);
  FAILS(tcsetattr(fd, TCSANOW, &settings), error);
  FAILS(tcsetattr(fd, TCSADRAIN, &settings), error);
  FAILS(tcsetattr(fd, TCSAFLUSH, &settings), error);
  FAILS(tcflush(fd, TCIFLUSH), error);
  FAILS(tcflow(fd, TCOON), error);
  FAILS(tcdrain(fd), error);
  FAILS(tcsendbreak(fd, 0), error);
  FAILS(tcgetpgrp(fd), error);
  FAILS(tcsetpgrp(fd, group), error);
  FAILS(tcgetsid(fd), error);
  FAILS(ioctl(fd, TIOCGWINSZ, &size), error);
  FAILS(ioctl(fd, TIOCSWINSZ, &size), error);
  FAILS(ioctl(fd, 0x54ff, &size), error);
  CHECK((errno = 0, isatty(fd) == 0) && errno == error);
  CHECK(ttyname_r(fd, name, sizeof(name)) == error);
  CHECK((errno = 0, ttyname(fd) == NULL) && errno == error);
}

static void check_speeds(void)
{
  static const speed_t good[] = {B0, B50, B9600, B38400, B57600, B115200, B4000000};
  static const speed_t wrong[] = {B38400 + 1, B4000000 + 1, 0x12345678, ~0u};
  struct termios settings = {.c_cflag = CS8 | CREAD | B9600};
  for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
  {
    CHECK(cfsetospeed(&settings, good[i]) == 0 && cfgetospeed(&settings) == good[i]);
    if (good[i] != B0)
      CHECK(cfsetispeed(&settings, good[i]) == 0 && cfgetispeed(&settings) == good[i]);
  }
  CHECK(cfsetispeed(&settings, B0) == 0 && cfgetospeed(&settings) == B4000000);
  CHECK(cfsetspeed(&settings, B19200) == 0 && cfgetospeed(&settings) == B19200 &&
        cfgetispeed(&settings) == B19200);
  CHECK((settings.c_cflag & (CSIZE | CREAD)) == (CS8 | CREAD));
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
  {
    FAILS(cfsetospeed(&settings, wrong[i]), EINVAL);
    FAILS(cfsetispeed(&settings, wrong[i]), EINVAL);
  }
}

static void check_raw(void)
{
  struct termios settings;
  memset(&settings, 0xff, sizeof(settings));
  cfmakeraw(&settings);
  CHECK((settings.c_iflag & (ICRNL | IXON | BRKINT | ISTRIP)) == 0);
  CHECK((settings.c_oflag & OPOST) == 0);
  CHECK((settings.c_lflag & (ECHO | ICANON | ISIG | IEXTEN)) == 0);
  CHECK((settings.c_cflag & (CSIZE | PARENB)) == CS8);
  CHECK(settings.c_cc[VMIN] == 1 && settings.c_cc[VTIME] == 0);
}

static int check_errors(void)
{
  char name[L_ctermid];
  check_no_terminal(STDIN_FILENO, ENOTTY);
  check_no_terminal(STDOUT_FILENO, ENOTTY);
  check_no_terminal(-1, EBADF);
  check_no_terminal(1000, EBADF);
  FAILS(tcsetattr(STDIN_FILENO, 77, &(struct termios){0}), EINVAL);
  close(STDIN_FILENO);
  check_no_terminal(STDIN_FILENO, EBADF);
  CHECK(strcmp(ctermid(name), "/dev/tty") == 0 && strcmp(ctermid(NULL), "/dev/tty") == 0);
  check_speeds();
  check_raw();
  return check_finish();
}

/* ---- With one ---- */

static struct termios now(int fd)
{
  struct termios settings;
  CHECK(tcgetattr(fd, &settings) == 0);
  return settings;
}

static void check_settings(int fd)
{
  static const int actions[] = {TCSANOW, TCSADRAIN, TCSAFLUSH};
  const struct termios before = now(fd);
  CHECK((before.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
  CHECK((before.c_oflag & OPOST) != 0 && (before.c_iflag & ICRNL) != 0);
  CHECK(before.c_cc[VINTR] == 3 && before.c_cc[VEOF] == 4 && before.c_cc[VSUSP] == 26);
  for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
  {
    struct termios changed = before;
    changed.c_lflag &= ~(tcflag_t) (ECHO | ICANON);
    changed.c_iflag &= ~(tcflag_t) ICRNL;
    changed.c_iflag |= IGNCR;
    changed.c_cc[VINTR] = 7;
    changed.c_cc[VMIN] = 9;
    changed.c_cc[VTIME] = 11;
    CHECK(tcsetattr(fd, actions[i], &changed) == 0);
    struct termios found = now(fd);
    CHECK(found.c_lflag == changed.c_lflag && found.c_iflag == changed.c_iflag &&
          found.c_oflag == changed.c_oflag && found.c_cflag == changed.c_cflag);
    CHECK(memcmp(found.c_cc, changed.c_cc, 17) == 0);
    /* All three streams are the same terminal. */
    CHECK(now(STDERR_FILENO).c_cc[VINTR] == 7);
    CHECK(tcsetattr(fd, actions[i], &before) == 0);
  }
  struct termios slow = before;
  CHECK(cfsetspeed(&slow, B1200) == 0 && tcsetattr(fd, TCSANOW, &slow) == 0);
  CHECK(cfgetospeed(&(struct termios){.c_cflag = now(fd).c_cflag}) == B1200);
  CHECK(tcsetattr(fd, TCSANOW, &before) == 0);
  FAILS(tcsetattr(fd, 3, &before), EINVAL);
  FAILS(tcsetattr(fd, -1, &before), EINVAL);
}

static void check_size(int fd)
{
  struct winsize size = {.ws_row = 33, .ws_col = 111, .ws_xpixel = 640, .ws_ypixel = 480};
  struct winsize found = {0};
  CHECK(ioctl(fd, TIOCSWINSZ, &size) == 0);
  CHECK(ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) == 0);
  CHECK(memcmp(&size, &found, sizeof(size)) == 0);
}

/* Requests by number, with the kernel's own struct. */
static void check_requests(int fd)
{
  unsigned char image[36 + 8];
  struct termios settings = now(fd);
  memset(image, 0xa5, sizeof(image));
  CHECK(ioctl(fd, TCGETS, image) == 0);
  CHECK(memcmp(image, &settings, 17 + 17) == 0 && image[36] == 0xa5);
  CHECK(ioctl(fd, TCSETS, image) == 0 && ioctl(fd, TCSETSW, image) == 0 &&
        ioctl(fd, TCSETSF, image) == 0);
  pid_t group = -1;
  CHECK(ioctl(fd, TIOCGPGRP, &group) == 0 && group == getpgrp());
  CHECK(ioctl(fd, TIOCSPGRP, &group) == 0);
  CHECK(ioctl(fd, TIOCGSID, &group) == 0 && group == getsid(0));
  FAILS(ioctl(fd, 0x54ff, image), ENOTTY);
  FAILS(ioctl(fd, TCGETS, (void *) 8), EFAULT);
  FAILS(ioctl(fd, TIOCGWINSZ, NULL), EFAULT);
  FAILS(ioctl(fd, TIOCSWINSZ, NULL), EFAULT);
}

static void check_queues(int fd)
{
  int waiting = -1;
  CHECK(tcflush(fd, TCIFLUSH) == 0 && tcflush(fd, TCOFLUSH) == 0 && tcflush(fd, TCIOFLUSH) == 0);
  FAILS(tcflush(fd, 3), EINVAL);
  CHECK(tcflow(fd, TCOOFF) == 0 && tcflow(fd, TCOON) == 0);
  FAILS(tcflow(fd, 4), EINVAL);
  CHECK(tcdrain(fd) == 0 && tcsendbreak(fd, 0) == 0);
  CHECK(ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 0);
}

static void check_groups(int fd)
{
  CHECK(tcgetpgrp(fd) == getpgrp() && tcgetsid(fd) == getsid(0));
  CHECK(tcsetpgrp(fd, getpgrp()) == 0);
  FAILS(tcsetpgrp(fd, -5), EINVAL);
}

static void check_names(int fd)
{
  char name[64];
  CHECK(isatty(fd) == 1 && ttyname(fd) != NULL);
  CHECK(ttyname_r(fd, name, sizeof(name)) == 0 && name[0] == '/');
  CHECK(ttyname_r(fd, name, 3) == ERANGE);
}

int main(int argc, char **argv)
{
  if (argc > 1 && strcmp(argv[1], "errors") == 0)
    return check_errors();
  for (int fd = 0; fd < 3; fd++)
  {
    check_settings(fd);
    check_size(fd);
    check_requests(fd);
    check_queues(fd);
    check_groups(fd);
    check_names(fd);
  }
  return check_finish();
}

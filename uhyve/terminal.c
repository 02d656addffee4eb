/* Terminals among the guest's standard streams: the host's own terminal does the work. */
#include "terminal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"

_Static_assert(NCCS <= sizeof(((struct hc_terminal *) NULL)->characters), "ABI");

/* ---- What the guest has changed ---- */

static struct
{
  pthread_mutex_t lock;
  atomic_bool is_kept; /* the rest is valid, and does not change any more */
  int fds[3];          /* -1: no terminal */
  struct termios settings[3];
} former = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Two streams may be the same terminal: all are kept before the first change. */
static void keep_settings(const struct streams *streams)
{
  pthread_mutex_lock(&former.lock);
  if (!atomic_load(&former.is_kept))
    signals_catch_rest();
  for (int i = 0; i < 3 && !atomic_load(&former.is_kept); i++)
  {
    bool is_terminal = streams->fds[i] >= 0 && tcgetattr(streams->fds[i], &former.settings[i]) == 0;
    former.fds[i] = is_terminal ? streams->fds[i] : -1;
  }
  atomic_store(&former.is_kept, true);
  pthread_mutex_unlock(&former.lock);
}

/* Changes under way, those of this thread, and whether they come to an end. */
static atomic_int changes;
static _Thread_local volatile sig_atomic_t own_changes;
static atomic_bool is_over;

#define CHANGE_PAUSE_NS 100000
#define CHANGE_PAUSES   50000

/* Other threads still run while this process is ended by a signal: none of them changes anything
 * after what is put right. No change takes long, but on a busy host the thread may have to wait for
 * a CPU in the middle of it. */
static void end_changes(void)
{
  atomic_store(&is_over, true);
  for (int i = 0; i < CHANGE_PAUSES && atomic_load(&changes) > own_changes; i++)
    nanosleep(&(struct timespec){.tv_nsec = CHANGE_PAUSE_NS}, NULL);
}

/* What is to be waited for is so before: nobody who reads or changes a terminal waits for that. */
static int change_settings(int fd, int when, const struct termios *settings)
{
  int result = -EINTR;
  if (when != TCSANOW && tcdrain(fd) != 0)
    return -errno;
  /* Input that is ready for a read on another CPU is so no more by other settings. */
  streams_hold_input();
  atomic_fetch_add(&changes, 1);
  own_changes = 1;
  if (!atomic_load(&is_over))
  {
    if (when == TCSAFLUSH)
      tcflush(fd, TCIFLUSH);
    result = tcsetattr(fd, TCSANOW, settings) == 0 ? 0 : -errno;
  }
  own_changes = 0;
  atomic_fetch_sub(&changes, 1);
  streams_release_input();
  return result;
}

void terminal_restore(void)
{
  if (!atomic_load(&former.is_kept))
    return;
  end_changes();
  for (int i = 0; i < 3; i++)
  {
    pid_t foreground = former.fds[i] >= 0 ? tcgetpgrp(former.fds[i]) : 0;
    /* What a shell has set for another job stays. */
    if (former.fds[i] >= 0 && (foreground < 0 || foreground == getpgrp()))
      tcsetattr(former.fds[i], TCSANOW, &former.settings[i]);
  }
}

/* ---- Settings ---- */

static int get_settings(int fd, struct hc_terminal *block)
{
  struct termios settings;
  if (tcgetattr(fd, &settings) != 0)
    return -errno;
  block->input_flags = settings.c_iflag;
  block->output_flags = settings.c_oflag;
  block->control_flags = settings.c_cflag;
  block->local_flags = settings.c_lflag;
  block->line = settings.c_line;
  memset(block->characters, 0, sizeof(block->characters));
  memcpy(block->characters, settings.c_cc, sizeof(settings.c_cc));
  block->input_speed = cfgetispeed(&settings);
  block->output_speed = cfgetospeed(&settings);
  return 0;
}

/* The guest waits for output itself: nothing here does for long. */
static bool is_draining(int fd)
{
  int waiting = 0;
  return ioctl(fd, TIOCOUTQ, &waiting) == 0 && waiting > 0;
}

static int set_settings(const struct streams *streams, int fd, const struct hc_terminal *block)
{
  struct termios settings;
  if (tcgetattr(fd, &settings) != 0)
    return -errno;
  if (block->argument != TCSANOW && block->argument != TCSADRAIN && block->argument != TCSAFLUSH)
    return -EINVAL;
  if (block->argument != TCSANOW && is_draining(fd))
    return -EAGAIN;
  settings.c_iflag = block->input_flags;
  settings.c_oflag = block->output_flags;
  settings.c_cflag = block->control_flags;
  settings.c_lflag = block->local_flags;
  settings.c_line = block->line;
  memcpy(settings.c_cc, block->characters, sizeof(settings.c_cc));
  keep_settings(streams);
  return change_settings(fd, block->argument, &settings);
}

static int get_size(int fd, struct hc_terminal *block)
{
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0)
    return -errno;
  block->rows = size.ws_row;
  block->columns = size.ws_col;
  block->x_pixels = size.ws_xpixel;
  block->y_pixels = size.ws_ypixel;
  return 0;
}

static int set_size(int fd, const struct hc_terminal *block)
{
  const struct winsize size = {.ws_row = block->rows,
                               .ws_col = block->columns,
                               .ws_xpixel = block->x_pixels,
                               .ws_ypixel = block->y_pixels};
  return ioctl(fd, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}

/* ---- All the rest ---- */

static int count_waiting(int fd)
{
  int waiting = 0;
  return ioctl(fd, FIONREAD, &waiting) == 0 ? waiting : -errno;
}

static int drain(int fd)
{
  if (isatty(fd) == 0)
    return -errno;
  return is_draining(fd) ? -EAGAIN : 0;
}

static int is_foreground(int fd)
{
  pid_t foreground = tcgetpgrp(fd);
  if (foreground < 0)
    return -errno;
  return foreground == getpgrp() ? 1 : 0;
}

static int or_error(int result)
{
  return result == 0 ? 0 : -errno;
}

bool terminal_serve(const struct streams *streams, struct hc_terminal *block,
                    char message[static 256])
{
  int fd = streams_host_fd(streams, block->fd);
  if (block->operation >= HC_TERMINAL_OPERATIONS)
  {
    snprintf(message, 256, "hypercall terminal: there is no operation %u", block->operation);
    return false;
  }
  if (fd < 0)
  {
    block->result = -EBADF;
    return true;
  }
  switch ((enum hc_terminal_operation) block->operation)
  {
  case HC_TERMINAL_GET:
    block->result = get_settings(fd, block);
    break;
  case HC_TERMINAL_SET:
    block->result = set_settings(streams, fd, block);
    break;
  case HC_TERMINAL_SIZE:
    block->result = get_size(fd, block);
    break;
  case HC_TERMINAL_SET_SIZE:
    block->result = set_size(fd, block);
    break;
  case HC_TERMINAL_FLUSH:
    streams_hold_input();
    block->result = or_error(tcflush(fd, block->argument));
    streams_release_input();
    break;
  case HC_TERMINAL_DRAIN:
    block->result = drain(fd);
    break;
  case HC_TERMINAL_FLOW:
    block->result = or_error(tcflow(fd, block->argument));
    break;
  case HC_TERMINAL_BREAK:
    block->result = or_error(tcsendbreak(fd, 0));
    break;
  case HC_TERMINAL_WAITING:
    block->result = count_waiting(fd);
    break;
  case HC_TERMINAL_FOREGROUND:
    block->result = is_foreground(fd);
    break;
  case HC_TERMINAL_OPERATIONS:
    break;
  }
  return true;
}

/* Terminals among the standard streams: the host's own does the work, and has the settings. */
#include "posix/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "hypercall.h"
#include "posix/held.h"
#include "posix/sys.h"
#include "sched/sched.h"
#include "time/clock.h"

/* The process is alone in its group and session. What else has a terminal is another group. */
#define OWN_GROUP   1
#define OTHER_GROUP 2

/* How long output that is on its way is left alone. */
#define DRAIN_NS 2000000

/* What the ioctl() requests have: struct termios of Linux itself. */
struct kernel_termios
{
  tcflag_t input_flags, output_flags, control_flags, local_flags;
  cc_t line;
  cc_t characters[19];
};

_Static_assert(sizeof(struct kernel_termios) == 36, "as Linux has it");

/* ---- Asking the monitor ---- */

static bool is_interrupted_while_output_goes(void)
{
  static uint32_t nothing;
  return signal_hold_wait(&nothing, 0, clock_monotonic_ns() + DRAIN_NS) == -EINTR;
}

/* Again while output is on its way. Handlers are held back: after -EINTR they run, and then the
 * whole call begins again, or does not. */
static int ask(int fd, enum hc_terminal_operation operation, struct hc_terminal *block)
{
  block->fd = fd;
  block->operation = operation;
  for (;;)
  {
    block->result = 0;
    uint32_t was_masked = sched_go_away();
    hypercall(HC_terminal, block);
    sched_come_back(was_masked);
    int result = (int) block->result;
    if (result != -EAGAIN)
      return result;
    if (is_interrupted_while_output_goes())
      return -EINTR;
  }
}

static int ask_with(int fd, enum hc_terminal_operation operation, int argument)
{
  HC_BLOCK(struct hc_terminal) block;
  block.argument = argument;
  return ask(fd, operation, &block);
}

/* ---- Requests ---- */

static bool may_access(const void *memory, size_t len_bytes, enum address_access access)
{
  struct hc_segment segments[2];
  uint32_t count;
  return hypercall_segments(segments, 2, &count, memory, len_bytes, access) == len_bytes;
}

static int get_settings(int fd, struct kernel_termios *settings)
{
  HC_BLOCK(struct hc_terminal) block;
  int error = ask(fd, HC_TERMINAL_GET, &block);
  if (error != 0)
    return error;
  settings->input_flags = block.input_flags;
  settings->output_flags = block.output_flags;
  settings->control_flags = block.control_flags;
  settings->local_flags = block.local_flags;
  settings->line = block.line;
  memcpy(settings->characters, block.characters, sizeof(settings->characters));
  return 0;
}

static int set_settings(int fd, int when, const struct kernel_termios *settings)
{
  HC_BLOCK(struct hc_terminal) block;
  block.argument = when;
  block.input_flags = settings->input_flags;
  block.output_flags = settings->output_flags;
  block.control_flags = settings->control_flags;
  block.local_flags = settings->local_flags;
  block.line = settings->line;
  memset(block.characters, 0, sizeof(block.characters));
  memcpy(block.characters, settings->characters, sizeof(settings->characters));
  block.input_speed = settings->control_flags & CBAUD;
  block.output_speed = block.input_speed;
  return ask(fd, HC_TERMINAL_SET, &block);
}

static int get_size(int fd, struct winsize *size)
{
  HC_BLOCK(struct hc_terminal) block;
  int error = ask(fd, HC_TERMINAL_SIZE, &block);
  if (error == 0)
    *size = (struct winsize){.ws_row = block.rows,
                             .ws_col = block.columns,
                             .ws_xpixel = block.x_pixels,
                             .ws_ypixel = block.y_pixels};
  return error;
}

static int set_size(int fd, const struct winsize *size)
{
  HC_BLOCK(struct hc_terminal) block;
  block.rows = size->ws_row;
  block.columns = size->ws_col;
  block.x_pixels = size->ws_xpixel;
  block.y_pixels = size->ws_ypixel;
  return ask(fd, HC_TERMINAL_SET_SIZE, &block);
}

static int count_waiting(int fd, int *count)
{
  int result = ask_with(fd, HC_TERMINAL_WAITING, 0);
  if (result >= 0)
    *count = result;
  return result < 0 ? result : 0;
}

static int get_group(int fd, pid_t *group)
{
  int result = ask_with(fd, HC_TERMINAL_FOREGROUND, 0);
  if (result >= 0)
    *group = result != 0 ? OWN_GROUP : OTHER_GROUP;
  return result < 0 ? result : 0;
}

static int set_group(int fd, pid_t group)
{
  int result = ask_with(fd, HC_TERMINAL_FOREGROUND, 0);
  if (result < 0)
    return result;
  if (group < 0)
    return -EINVAL;
  return group == OWN_GROUP && result != 0 ? 0 : -EPERM;
}

static int get_session(int fd, pid_t *session)
{
  int result = ask_with(fd, HC_TERMINAL_FOREGROUND, 0);
  if (result >= 0)
    *session = OWN_GROUP;
  return result < 0 ? result : 0;
}

/* Those whose argument is a number. */
static int control_by_number(int fd, unsigned long request, int argument)
{
  switch (request)
  {
  case TCFLSH:
    return ask_with(fd, HC_TERMINAL_FLUSH, argument);
  case TCXONC:
    return ask_with(fd, HC_TERMINAL_FLOW, argument);
  case TCSBRK:
    return ask_with(fd, argument != 0 ? HC_TERMINAL_DRAIN : HC_TERMINAL_BREAK, 0);
  case TCSBRKP:
    return ask_with(fd, HC_TERMINAL_BREAK, 0);
  default:
    return -ENOTTY;
  }
}

/* What the argument points to is written, or read. */
static int control_by_answer(int fd, unsigned long request, void *argument)
{
  size_t len_bytes = sizeof(int);
  if (request == TCGETS)
    len_bytes = sizeof(struct kernel_termios);
  else if (request == TIOCGWINSZ)
    len_bytes = sizeof(struct winsize);
  if (!may_access(argument, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  switch (request)
  {
  case TCGETS:
    return get_settings(fd, argument);
  case TIOCGWINSZ:
    return get_size(fd, argument);
  case FIONREAD:
    return count_waiting(fd, argument);
  case TIOCGPGRP:
    return get_group(fd, argument);
  default:
    return get_session(fd, argument);
  }
}

static int control_by_value(int fd, unsigned long request, const void *argument)
{
  size_t len_bytes = sizeof(struct kernel_termios);
  if (request == TIOCSWINSZ)
    len_bytes = sizeof(struct winsize);
  else if (request == TIOCSPGRP)
    len_bytes = sizeof(pid_t);
  if (!may_access(argument, len_bytes, ADDRESS_READ))
    return -EFAULT;
  switch (request)
  {
  case TIOCSWINSZ:
    return set_size(fd, argument);
  case TIOCSPGRP:
    return set_group(fd, *(const pid_t *) argument);
  default:
    return set_settings(fd, (int) (request - TCSETS), argument);
  }
}

int stream_control(int fd, unsigned long request, void *argument)
{
  switch (request)
  {
  case TCGETS:
  case TIOCGWINSZ:
  case FIONREAD:
  case TIOCGPGRP:
  case TIOCGSID:
    return control_by_answer(fd, request, argument);
  case TCSETS:
  case TCSETSW:
  case TCSETSF:
  case TIOCSWINSZ:
  case TIOCSPGRP:
    return control_by_value(fd, request, argument);
  default:
    return control_by_number(fd, request, (int) (long) argument);
  }
}

static int set_nonblocking(struct file *file, const int *wanted)
{
  if (*wanted != 0)
    __atomic_or_fetch(&file->flags, O_NONBLOCK, __ATOMIC_RELAXED);
  else
    __atomic_and_fetch(&file->flags, ~(uint32_t) O_NONBLOCK, __ATOMIC_RELAXED);
  return 0;
}

static int control(struct file *file, unsigned long request, void *argument)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  if (request == FIONBIO)
    return may_access(argument, sizeof(int), ADDRESS_READ) ? set_nonblocking(file, argument)
                                                           : -EFAULT;
  return file->operations->control != NULL ? file->operations->control(file, request, argument)
                                           : -ENOTTY;
}

/* Here, so that what uses it has the control of streams linked. */
int sys_ioctl(int fd, unsigned long request, void *argument)
{
  int result = 0;
  HELD_FILE(result, fd, control(file, request, argument));
  return result;
}

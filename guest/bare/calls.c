/* Hypercalls where there is no monitor. */
#include "bare/calls.h"

#include <errno.h>
#include <stddef.h>

#include "bare/crash_words.h"
#include "bare/line_input.h"
#include "bare/machine_end.h"
#include "bare/serial_terminal.h"
#include "mm/address.h"

/* A serial line is slow, and no interrupt is taken meanwhile: one call moves no more than the
 * terminal takes at once. */
static void write_line(struct hc_io *io)
{
  io->result = 0;
  for (uint32_t i = 0; i < io->segments && io->result < TERMINAL_WRITE_BYTES; i++)
  {
    size_t len_bytes = io->segment[i].len_bytes;
    if (len_bytes > TERMINAL_WRITE_BYTES - (size_t) io->result)
      len_bytes = TERMINAL_WRITE_BYTES - (size_t) io->result;
    if (!terminal_write(address_of_gpa(io->segment[i].gpa), len_bytes))
      break;
    io->result += (int64_t) len_bytes;
  }
  if (io->result == 0 && io->segments > 0)
    io->result = -EAGAIN;
}

static _Noreturn void end(const struct hc_exit *call)
{
  machine_end(call->signal != 0 ? 128 + (int) call->signal : call->status & 0xff);
}

static _Noreturn void crash(const struct hc_crash *call)
{
  machine_begin_end();
  machine_end(crash_words_print(call));
}

/* There is no host: no files of its own, no memory that it keeps, no clock to follow. */
static void answer_of_host(enum hc_port port, void *block)
{
  switch (port)
  {
  case HC_memory:
    ((struct hc_memory *) block)->result = -ENOMEM;
    break;
  case HC_discard:
    ((struct hc_discard *) block)->result = -ENOSYS;
    break;
  case HC_yield:
    ((struct hc_yield *) block)->result = 0;
    break;
  case HC_clock:
    ((struct hc_clock *) block)->result = -ENOSYS;
    break;
  case HC_file_open:
    ((struct hc_file_open *) block)->result = -ENOENT;
    break;
  case HC_file_read:
  case HC_file_write:
    ((struct hc_file_io *) block)->result = -EBADF;
    break;
  case HC_file_control:
    ((struct hc_file_control *) block)->result = -EBADF;
    break;
  case HC_file_list:
    ((struct hc_file_list *) block)->result = -EBADF;
    break;
  case HC_path:
    ((struct hc_path *) block)->result = -ENOENT;
    break;
  case HC_time_zone:
    ((struct hc_time_zone *) block)->result = -ENOENT;
    break;
  default:
    break;
  }
}

void bare_call(enum hc_port port, void *block)
{
  switch (port)
  {
  case HC_exit:
    end(block);
  case HC_crash:
    crash(block);
  case HC_write:
    write_line(block);
    break;
  case HC_read:
    line_input_read(block);
    break;
  case HC_watch:
    line_input_watch(block);
    break;
  case HC_terminal:
    terminal_control(block);
    break;
  case HC_signals:
    terminal_signals(block);
    break;
  default:
    answer_of_host(port, block);
    break;
  }
}
